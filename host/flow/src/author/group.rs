//! A group without a host: its file, values for its credentials from the author's environment, and an egress of its own.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use lockgate_domain::{
    CallId, Caller, Ceilings, ConnectionChoice, GroupDefinition, GroupId, Limits, LimitsPatch, OrganizationId, Owner,
    Role, Scope, TokenId, TokenRestrictions,
};
use lockgate_egress::{Account, Egress, EgressSettings};
use lockgate_engine::Engine;
use lockgate_script::Scripts;
use lockgate_store::{StoredGroup, StoredScope};
use serde_json::{Value, json};

use crate::author::environment::{LocalEnvironment, LocalFunction};
use crate::author::run::LocalRun;
use crate::call::resolve::ResolvedCall;
use crate::call::test::test;
use crate::catalog::definition::unsaved;
use crate::change::connectors::checked_list;
use crate::change::groups;
use crate::clock::now;
use crate::given_values::LocalValues;
use crate::{Call, Catalog, Connector, FlowError, Group};

/// A group of a file. The author is the admin of a scope of their own, which holds it alone.
#[derive(Debug)]
pub struct LocalGroup {
    /// The scope, the group, and its connection.
    catalog: Arc<Catalog>,
    group: Arc<Group>,
    /// Over those of the file.
    limits: LimitsPatch,
    caller: Caller,
    egress: Egress,
    scripts: OnceLock<Scripts>,
    /// None when the author gave no value: what needs a credential says so.
    account: Option<Arc<Account>>,
}

/// A host derives the schemas that a connector of a method leaves out. Here the message itself is the check: whatever its
/// descriptors lack is refused when it is made.
fn leave_open(connector: &mut Value) {
    if let Some(members) =
        connector.as_object_mut().filter(|members| members.get("type").is_some_and(|own| own == "grpc"))
    {
        for key in ["input_schema", "output_schema"] {
            members.entry(key).or_insert(Value::Bool(true));
        }
    }
}

/// The name of the scope and of its one connection.
const LOCAL: &str = "local";

impl LocalGroup {
    /// Reads a group.
    ///
    /// # Errors
    /// [`FlowError::Definition`], [`FlowError::Values`].
    pub fn new(written: Value, limits: LimitsPatch, values: &LocalValues, egress: Egress) -> Result<Self, FlowError> {
        let mut definition = GroupDefinition::read(written).map_err(FlowError::Definition)?;
        groups::check(&definition)?;
        let mut listed = definition.connectors.take().unwrap_or_default();
        listed.iter_mut().for_each(leave_open);
        let connectors = checked_list(&listed).map_err(FlowError::Definition)?;
        definition.egress().map_err(FlowError::Definition)?;

        let (id, scope, at) = (GroupId::new(), Scope::Organization(OrganizationId::new()), now());
        let connectors = connectors.into_iter().map(|definition| unsaved(id, definition)).collect();
        let stored =
            StoredGroup { id, scope, definition, version: 0, created_at: at, updated_at: at, descriptors: None };
        let group = Group::new(stored, Vec::new(), connectors, None, &Ceilings::default());
        let connection = values.connection(&group.egress, &Owner::Scope(scope))?;

        let mut catalog = Catalog::default();
        let slug = LOCAL.parse().map_err(|_| FlowError::NotFound("the scope".to_owned()))?;
        catalog.put_scopes(vec![StoredScope::new(scope, slug)]);
        catalog.put(Arc::clone(&group));
        if let Some(connection) = &connection {
            catalog.put_connections(&id, vec![connection.stored(id, LOCAL, &group.egress)]);
        }
        let caller =
            Caller { token: TokenId::new(), scope, role: Role::Admin, restrictions: TokenRestrictions::default() };
        let account = connection.map(|connection| Arc::new(connection.account));
        Ok(Self { catalog: Arc::new(catalog), group, limits, caller, egress, scripts: OnceLock::new(), account })
    }

    /// The group of what is run without one: it grants nothing and goes nowhere.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn empty() -> Result<Self, FlowError> {
        let written = json!({"slug": LOCAL, "name": LOCAL, "resource_type": "EXTERNAL"});
        let egress = Egress::new(EgressSettings::default())?;
        Self::new(written, LimitsPatch::default(), &LocalValues::default(), egress)
    }

    pub(super) fn id(&self) -> GroupId {
        self.group.stored.id
    }

    /// That of the author, who is alone in it.
    pub(super) fn scope(&self) -> Scope {
        self.caller.scope
    }

    pub(super) fn definition(&self) -> &GroupDefinition {
        &self.group.stored.definition
    }

    /// What compiles and runs scripts, loaded once.
    pub(super) fn scripts(&self, engine: &Engine) -> Scripts {
        self.scripts.get_or_init(|| Scripts::new(engine.clone())).clone()
    }

    /// Runs one of its declarative connectors.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] when there is no such connector; what else goes wrong is the result of the run.
    pub async fn run(&self, engine: &Engine, connector: &str, input: String) -> Result<LocalRun, FlowError> {
        let connector = self.group.connectors.get(connector).cloned().ok_or_else(|| {
            let names = self.group.connectors.keys().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
            FlowError::NotFound(format!("connector `{connector}` (the declarative ones of the file: {names})"))
        })?;
        let connector = match connector.definition() {
            Some(entry) if entry.stored.definition.action.script().is_some() => {
                self.typed(engine, &entry.stored.definition.written.value()).await?
            }
            Some(_) | None => connector,
        };
        let limits = self.limits_of(&connector);
        Ok(self.call(engine, None, connector, limits, input).await)
    }

    /// The limits in force for a connector of the group.
    pub(super) fn limits_of(&self, connector: &Connector) -> Limits {
        self.limits.installed(connector.limits, &connector.name)
    }

    /// Runs a connector of the group or of a component.
    pub(super) async fn call(
        &self,
        engine: &Engine,
        function: Option<LocalFunction>,
        connector: Arc<Connector>,
        limits: Limits,
        input: String,
    ) -> LocalRun {
        let (catalog, group) = (Arc::clone(&self.catalog), Arc::clone(&self.group));
        let resolved = ResolvedCall::new(catalog, self.caller.scope, group, connector);
        let needs_connection = self.account.is_some();
        let choice = if needs_connection { ConnectionChoice::Fixed(LOCAL.to_owned()) } else { ConnectionChoice::None };
        let call = Call {
            id: CallId::new(),
            caller: self.caller.clone(),
            resolved: ResolvedCall { limits, needs_connection, ..resolved },
            input,
            choice,
            tenant: None,
            wait: None,
            attempt: 1,
            arrived: Instant::now(),
            exchanges: None,
            inner: None,
            trace: None,
            ancestors: None,
        };
        let account = self.account.as_ref();
        let scripts = self.scripts(engine);
        let environment = LocalEnvironment { engine, scripts, egress: &self.egress, function, account };
        test(&environment, call).await.into()
    }
}
