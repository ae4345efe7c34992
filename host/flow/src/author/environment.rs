//! A process of the author's own: it has no store, records nothing, and everything that a call needs is in memory.

use std::sync::Arc;
use std::time::Instant;

use lockgate_domain::connector::ScriptDefinition;
use lockgate_domain::{Permit, TenantName};
use lockgate_egress::{Account, Egress, TokenSource};
use lockgate_engine::{ConnectorCalls, Engine, Plugin};
use lockgate_protobuf::Descriptors;
use lockgate_script::Scripts;
use lockgate_telemetry::Stage;

use crate::call::environment::{Environment, Loaded, of_guests};
use crate::call::request::Call;
use crate::call::resolve::ResolvedCall;
use crate::call::run::Runnable;
use crate::call::run::script::ScriptRun;
use crate::catalog::manifest::ConnectorSchemas;
use crate::host::recorder::Recorder;
use crate::{Connection, FlowError, Source};

/// A function of a component.
pub(super) struct LocalFunction {
    pub(super) plugin: Plugin,
    pub(super) schemas: Arc<ConnectorSchemas>,
}

/// What one call needs beside its group.
pub(super) struct LocalEnvironment<'l> {
    pub(super) engine: &'l Engine,
    pub(super) scripts: Scripts,
    pub(super) egress: &'l Egress,
    /// What the call runs, if it is not a connector of the group itself.
    pub(super) function: Option<LocalFunction>,
    /// The values of the group's one connection.
    pub(super) account: Option<&'l Arc<Account>>,
}

impl Environment for LocalEnvironment<'_> {
    fn engine(&self) -> &Engine {
        self.engine
    }

    fn egress(&self) -> &Egress {
        self.egress
    }

    fn recorder(&self) -> Option<&Recorder> {
        None
    }

    fn keeps_internal_logs(&self) -> bool {
        false
    }

    fn admit(&self) -> Result<(), FlowError> {
        Ok(())
    }

    async fn load(&self, resolved: &ResolvedCall, deadline: Instant) -> Result<Loaded, FlowError> {
        let connector = &resolved.connector;
        match &connector.source {
            Source::Plugin { .. } => {
                let missing = || FlowError::NotFound(format!("connector `{}`", connector.name));
                let LocalFunction { plugin, schemas } = self.function.as_ref().ok_or_else(missing)?;
                let descriptors = of_guests(self, resolved, deadline).await?;
                let runnable = Runnable::Function { plugin: plugin.clone(), descriptors };
                Ok(Loaded { schemas: Arc::clone(schemas), runnable })
            }
            Source::Definition(entry) => {
                let schemas = Arc::new(entry.compile(self.engine).await?);
                let definition = &entry.stored.definition;
                let script = |script: Arc<ScriptDefinition>| async move {
                    let program =
                        self.scripts.unsaved(&script, definition.name.as_str(), resolved.scope).await?.program;
                    let descriptors = of_guests(self, resolved, deadline).await?;
                    Ok(ScriptRun { scripts: self.scripts.clone(), program: Arc::new(program), descriptors })
                };
                let descriptors = || self.descriptors(resolved, deadline);
                Ok(Loaded { schemas, runnable: Runnable::of(definition, descriptors, script).await? })
            }
        }
    }

    async fn descriptors(&self, resolved: &ResolvedCall, _: Instant) -> Result<Arc<Descriptors>, FlowError> {
        resolved.group.descriptors.load(self.engine, None, None).await
    }

    fn callees(
        &self,
        _: &Call,
        _: Option<&TenantName>,
        _: Instant,
        _: Option<&Stage>,
    ) -> Option<Arc<dyn ConnectorCalls>> {
        None
    }

    fn issuer(&self, _: &Arc<Connection>, _: &Arc<Account>, _: &Permit) -> Option<Arc<dyn TokenSource>> {
        None
    }

    async fn open(&self, connection: Arc<Connection>) -> Result<(Arc<Connection>, Arc<Account>), FlowError> {
        let account = self.account.cloned();
        let account = account.ok_or_else(|| FlowError::NotFound("the values of the connection".to_owned()))?;
        Ok((connection, account))
    }
}
