//! One call in the sandbox without a host: what `lockgate run` and `lockgate check` use. The same engine, the same
//! limits, the same checks.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bytes::Bytes;
use lockgate_domain::schema::Document;
use lockgate_domain::{
    CallId, Caller, ConnectionChoice, ConnectorName, GroupFacts, GroupId, Limits, LimitsPatch, LogLine, Manifest,
    OrganizationId, Permit, Role, Scope, Tenants, TokenId, TokenRestrictions, Usage, Violation, authorize,
};
use lockgate_egress::RecordedExchange;
use lockgate_engine::{CallFacts, Engine, Invocation, Plugin};

use crate::catalog::manifest::{CheckedManifest, describing};
use crate::{FlowError, LocalGroup};

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
    /// What it sent.
    pub exchanges: Vec<RecordedExchange>,
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

    /// Runs one connector, in a group if there is one.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] when there is no such connector; what else goes wrong is the result of the run.
    pub async fn run(&self, connector: &str, input: String, group: Option<&LocalGroup>) -> Result<LocalRun, FlowError> {
        let missing = || {
            let names = self.checked.manifest.connectors.iter().map(|connector| connector.name.as_str());
            let names = names.collect::<Vec<_>>().join(", ");
            FlowError::NotFound(format!("connector `{connector}` (the plugin has: {names})"))
        };
        let name: ConnectorName = connector.parse().map_err(|_| missing())?;
        let schemas = self.checked.schemas.get(&name).ok_or_else(missing)?;
        let limits = group.map_or(self.limits, |group| group.limits(&name, &LimitsPatch::default()));
        let refused = |error| {
            Ok(LocalRun { result: Err(error), usage: Usage::default(), logs: Vec::new(), exchanges: Vec::new() })
        };
        if input.len() as u64 > limits.input_bytes {
            return refused(FlowError::input_too_large(input.len(), &limits));
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
            facts: facts(limits, group)?,
        });
        let answer = answer.await;
        let result = match answer.result {
            Err(ended) => Err(FlowError::Ended { ended, limits: Box::new(limits) }),
            Ok(output) => Document::parse(&output)
                .map_err(FlowError::OutputNotJson)
                .and_then(|document| schemas.output.validate(&document).map_err(FlowError::OutputInvalid))
                .map(|()| output),
        };
        let exchanges = group.map(LocalGroup::exchanges).unwrap_or_default();
        Ok(LocalRun { result, usage: answer.usage, logs: answer.logs, exchanges })
    }
}

/// The facts of a call in a group, or in one that nobody has described.
fn facts(limits: Limits, group: Option<&LocalGroup>) -> Result<CallFacts, FlowError> {
    let deadline = Instant::now() + Duration::from_millis(limits.deadline_ms);
    let permit = match group {
        Some(group) => group.permit()?,
        None => alone()?,
    };
    Ok(CallFacts {
        id: CallId::new(),
        outlet: group.map(|group| group.outlet(permit.clone(), deadline, &limits)),
        permit,
        attempt: 1,
        deadline,
        settings: group.map(LocalGroup::settings).unwrap_or_default(),
        limits,
    })
}

/// The author is the admin of a scope of their own, which holds one group.
fn alone() -> Result<Permit, FlowError> {
    let scope = Scope::Organization(OrganizationId::new());
    let caller = Caller { token: TokenId::new(), scope, role: Role::Admin, restrictions: TokenRestrictions::default() };
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
    Ok(authorize(&caller, group, &ConnectionChoice::None, None)?)
}
