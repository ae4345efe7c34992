//! One call in the sandbox without a host: what `lockgate run` and `lockgate check` use. The same engine, the same
//! limits, the same checks.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use lockgate_domain::schema::Document;
use lockgate_domain::{
    CallId, Caller, ConnectionChoice, ConnectorName, GroupFacts, GroupId, Limits, LogLine, Manifest, OrganizationId,
    Reach, Role, Scope, Tenants, TokenId, Usage, Violation, authorize,
};
use lockgate_engine::{CallFacts, Engine, Invocation, Plugin};
use serde_json::Map;

use crate::FlowError;
use crate::manifest::{CheckedManifest, describing};

/// A component that was loaded from a file.
#[derive(Debug)]
pub struct LocalPlugin {
    engine: Engine,
    plugin: Plugin,
    checked: CheckedManifest,
    limits: Limits,
    /// What it logged in `describe`.
    pub logs: Vec<LogLine>,
}

/// What came of one call.
#[derive(Debug)]
pub struct LocalRun {
    /// The output as JSON text, or why there is none.
    pub result: Result<String, FlowError>,
    /// What it used.
    pub usage: Usage,
    /// What it logged.
    pub logs: Vec<LogLine>,
}

impl LocalPlugin {
    /// Compiles, describes and checks a component.
    ///
    /// # Errors
    /// As for loading into a group.
    pub async fn load(engine: Engine, bytes: Bytes, limits: Limits) -> Result<Self, FlowError> {
        let plugin = engine.load(bytes, &limits).await?;
        let (text, logs) = engine.describe(&plugin, describing(limits)).await?;
        let checked = engine.compute(None, move || CheckedManifest::parse(&text)).await??;
        let checked = checked.importing(&plugin.interfaces().imports);
        Ok(Self { engine, plugin, checked, limits, logs })
    }

    /// What it says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.checked.manifest
    }

    /// The component.
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    /// Runs one connector.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] when there is no such connector; what else goes wrong is the result of the run.
    pub async fn run(&self, connector: &str, input: String) -> Result<LocalRun, FlowError> {
        let missing = || {
            let names = self.checked.manifest.connectors.iter().map(|connector| connector.name.as_str());
            let names = names.collect::<Vec<_>>().join(", ");
            FlowError::NotFound(format!("connector `{connector}` (the plugin has: {names})"))
        };
        let name: ConnectorName = connector.parse().map_err(|_| missing())?;
        let schemas = self.checked.schemas.get(&name).ok_or_else(missing)?;
        let refused = |error| Ok(LocalRun { result: Err(error), usage: Usage::default(), logs: Vec::new() });
        if input.len() as u64 > self.limits.input_bytes {
            return refused(FlowError::input_too_large(input.len(), &self.limits));
        }
        let document = match Document::parse(&input) {
            Ok(document) => document,
            Err(error) => {
                return refused(FlowError::InputInvalid(vec![Violation::new("", "json", error.to_string())]));
            }
        };
        if let Err(violations) = schemas.input.validate(&document) {
            return refused(FlowError::InputInvalid(violations));
        }
        drop(document);
        let answer = self.engine.invoke(Invocation {
            plugin: self.plugin.clone(),
            connector: name.to_string(),
            input,
            facts: self.facts()?,
        });
        let answer = answer.await;
        let result = match answer.result {
            Err(ended) => Err(FlowError::Ended { ended, limits: Box::new(self.limits) }),
            Ok(output) => Document::parse(&output)
                .map_err(FlowError::OutputNotJson)
                .and_then(|document| schemas.output.validate(&document).map_err(FlowError::OutputInvalid))
                .map(|()| output),
        };
        Ok(LocalRun { result, usage: answer.usage, logs: answer.logs })
    }

    /// The author is the admin of a scope of their own, which holds one group.
    fn facts(&self) -> Result<CallFacts, FlowError> {
        let scope = Scope::Organization(OrganizationId::new());
        let caller = Caller { token: TokenId::new(), scope, role: Role::Admin, reach: Reach::default() };
        let capabilities = BTreeSet::new();
        let group = GroupFacts {
            id: GroupId::new(),
            scope,
            enabled: true,
            capabilities: &capabilities,
            scope_enabled: true,
            tenants: Tenants::ANY,
            activation: false,
            connections: &[],
            now: 0,
        };
        Ok(CallFacts {
            id: CallId::new(),
            permit: authorize(&caller, group, &ConnectionChoice::None, None)?,
            attempt: 1,
            deadline: Instant::now() + Duration::from_millis(self.limits.deadline_ms),
            settings: Arc::new(Map::new()),
            limits: self.limits,
            outlet: None,
        })
    }
}
