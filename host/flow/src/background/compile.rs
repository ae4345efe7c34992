//! Compiled code fits one version of the engine and one kind of processor. After a change, the code of all current
//! plugins is made again in the background, most used first, one at a time; a call that comes before its plugin is
//! compiled does it itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use lockgate_domain::{ConnectorDefinition, Digest, Limits};

use crate::catalog::PluginEntry;
use crate::{FlowError, Group, Host};

impl Host {
    /// Compiles what is missing, until all is there or the host ends.
    pub(crate) async fn compile_missing(self) {
        let host = self.clone();
        let Ok(mut missing) = tokio::task::spawn_blocking(move || host.missing()).await else { return };
        if !missing.is_empty() && !self.compile_all(&mut missing).await {
            return;
        }
        // A load that was refused, or cut off by the end of the host, leaves code behind that nobody will ask for. What is
        // being loaded right now is mapped already, and can be made again.
        let _ = tokio::task::spawn_blocking(move || {
            let catalog = self.catalog();
            let plugins = catalog.all_groups().flat_map(|group| &group.plugins);
            let own = lockgate_script::digests();
            self.0.engine.keep_only(&plugins.map(|entry| entry.stored.digest).chain(own).collect());
            // Programs of versions that are not current are made again when one is called.
            let definitions = catalog.all_groups().flat_map(|group| group.definitions());
            let key = |definition: &ConnectorDefinition| {
                definition.action.script().map(|script| lockgate_script::key(script, definition.name.as_str()))
            };
            let keys = definitions.filter_map(|entry| key(&entry.stored.definition)).collect();
            self.0.engine.keep_only_made(&keys);
        })
        .await;
    }

    /// Says whether it came to its end.
    async fn compile_all(&self, missing: &mut [(Arc<PluginEntry>, Limits)]) -> bool {
        match self.0.store.calls_by_plugin().await {
            Ok(calls) => {
                let calls: HashMap<Digest, i64> = calls.into_iter().collect();
                let of = |entry: &PluginEntry| calls.get(&entry.stored.digest).copied().unwrap_or(0);
                missing.sort_by_key(|(entry, _)| std::cmp::Reverse(of(entry)));
            }
            Err(error) => tracing::warn!(%error, "plugins are compiled in no special order"),
        }
        tracing::info!(plugins = missing.len(), "compiling plugins for this engine");
        for (count, (entry, limits)) in missing.iter().enumerate() {
            self.0.to_compile.store(missing.len() - count, Relaxed);
            if self.is_draining() {
                return false;
            }
            let plugin = &entry.stored.digest;
            match self.compile(entry, limits).await {
                Ok(()) => tracing::info!(%plugin, "plugin compiled"),
                Err(error) => tracing::warn!(%plugin, %error, "a plugin was not compiled"),
            }
        }
        self.0.to_compile.store(0, Relaxed);
        tracing::info!("all plugins are compiled");
        true
    }

    /// Compiles what another host has loaded into a group, before its first call here.
    pub(crate) async fn compile_group(self, group: Arc<Group>) {
        for entry in group.plugins.iter().filter(|entry| entry.stored.current) {
            if !self.0.engine.is_compiled(&entry.stored.digest)
                && let Err(error) = self.compile(entry, &group.limits).await
            {
                tracing::warn!(plugin = %entry.stored.digest, %error, "a plugin was not compiled");
            }
        }
    }

    fn missing(&self) -> Vec<(Arc<PluginEntry>, Limits)> {
        let mut found = HashMap::new();
        for group in self.catalog().all_groups() {
            for entry in group.plugins.iter().filter(|entry| entry.stored.current) {
                let digest = entry.stored.digest;
                if !found.contains_key(&digest) && !self.0.engine.is_compiled(&digest) {
                    found.insert(digest, (Arc::clone(entry), group.limits));
                }
            }
        }
        found.into_values().collect()
    }

    async fn compile(&self, entry: &PluginEntry, limits: &Limits) -> Result<(), FlowError> {
        let bytes = self.0.store.component(&entry.stored.digest).await?;
        Ok(self.0.engine.load(bytes.into(), limits, None).await.map(drop)?)
    }
}
