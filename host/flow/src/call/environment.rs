//! What the pipeline asks of the process that it runs in: of a host, or of an author's own process without a store. All
//! that differs between the two is here.

use std::sync::Arc;
use std::time::Instant;

use lockgate_domain::connector::ScriptDefinition;
use lockgate_domain::{Capability, Limits, Permit, TenantName};
use lockgate_egress::{Account, Egress, TokenSource};
use lockgate_engine::{ConnectorCalls, Ended, Engine, Stop};
use lockgate_protobuf::Descriptors;
use lockgate_telemetry::Stage;

use crate::call::callees::Callees;
use crate::call::request::Call;
use crate::call::resolve::ResolvedCall;
use crate::call::run::Runnable;
use crate::call::run::script::ScriptRun;
use crate::catalog::manifest::ConnectorSchemas;
use crate::host::recorder::Recorder;
use crate::oauth::issue::ConnectionTokens;
use crate::{Connection, FlowError, Host, Source};

/// What a call of a connector needs in memory.
pub(crate) struct Loaded {
    pub(crate) schemas: Arc<ConnectorSchemas>,
    pub(crate) runnable: Runnable,
}

/// Where calls run.
pub(crate) trait Environment: Sync {
    /// What runs guests, and work that takes long.
    fn engine(&self) -> &Engine;

    /// What sends requests.
    fn egress(&self) -> &Egress;

    /// Where records of calls go; none where nothing is recorded.
    fn recorder(&self) -> Option<&Recorder>;

    /// Whether records keep what guests of `INTERNAL` groups logged.
    fn keeps_internal_logs(&self) -> bool;

    /// Refuses a new call, for a reason that has nothing to do with it.
    fn admit(&self) -> Result<(), FlowError>;

    /// The code and schemas of a call's connector, loaded if they are not in memory. The deadline ends only the wait.
    fn load(
        &self,
        resolved: &ResolvedCall,
        deadline: Instant,
    ) -> impl Future<Output = Result<Loaded, FlowError>> + Send;

    /// The descriptors of the gRPC messages of a call's group, as [`Self::load`].
    fn descriptors(
        &self,
        resolved: &ResolvedCall,
        deadline: Instant,
    ) -> impl Future<Output = Result<Arc<Descriptors>, FlowError>> + Send;

    /// A connection with its values. It is the next version of the connection if it has changed just now.
    fn open(
        &self,
        connection: Arc<Connection>,
    ) -> impl Future<Output = Result<(Arc<Connection>, Arc<Account>), FlowError>> + Send;

    /// What the code of a call may call; none where there are no other groups.
    fn callees(
        &self,
        call: &Call,
        tenant: Option<&TenantName>,
        deadline: Instant,
        stage: Option<&Stage>,
    ) -> Option<Arc<dyn ConnectorCalls>>;

    /// Who gives the tokens of a connection, if it has a method whose tokens outlive a session.
    fn issuer(
        &self,
        connection: &Arc<Connection>,
        account: &Arc<Account>,
        permit: &Permit,
    ) -> Option<Arc<dyn TokenSource>>;
}

impl Environment for Host {
    fn callees(
        &self,
        call: &Call,
        tenant: Option<&TenantName>,
        deadline: Instant,
        stage: Option<&Stage>,
    ) -> Option<Arc<dyn ConnectorCalls>> {
        let callees = Callees::new(self.clone(), call, tenant, deadline);
        Some(Arc::new(match stage {
            Some(stage) => callees.traced(stage.here().clone()),
            None => callees,
        }))
    }

    fn issuer(
        &self,
        connection: &Arc<Connection>,
        account: &Arc<Account>,
        permit: &Permit,
    ) -> Option<Arc<dyn TokenSource>> {
        connection.oauth().next()?;
        let (connection, account) = (Arc::clone(connection), Arc::clone(account));
        Some(Arc::new(ConnectionTokens::new(self.clone(), connection, account, permit.clone())))
    }

    fn engine(&self) -> &Engine {
        &self.0.engine
    }

    fn egress(&self) -> &Egress {
        &self.0.egress
    }

    fn recorder(&self) -> Option<&Recorder> {
        Some(&self.0.recorder)
    }

    fn keeps_internal_logs(&self) -> bool {
        self.0.settings.internal_logs
    }

    fn admit(&self) -> Result<(), FlowError> {
        if self.is_draining() { Err(FlowError::Draining) } else { Ok(()) }
    }

    async fn load(&self, resolved: &ResolvedCall, deadline: Instant) -> Result<Loaded, FlowError> {
        let connector = &resolved.connector;
        match &connector.source {
            Source::Plugin { plugin, .. } => {
                let loaded = match self.0.loaded_plugins.get(&plugin.cache) {
                    Some(loaded) => loaded,
                    None => {
                        let (host, plugin, limits) = (Arc::clone(&self.0), Arc::clone(plugin), connector.limits);
                        let scope = resolved.scope;
                        let load = async move {
                            plugin.load(&host.engine, &host.store, &host.loaded_plugins, &limits, scope).await
                        };
                        wait(load, deadline, &resolved.limits).await?
                    }
                };
                let schemas = loaded.schemas.get(&connector.name).cloned();
                let schemas = schemas.ok_or_else(|| FlowError::NotFound(format!("connector `{}`", connector.name)))?;
                let descriptors = of_guests(self, resolved, deadline).await?;
                Ok(Loaded { schemas, runnable: Runnable::Function { plugin: loaded.plugin.clone(), descriptors } })
            }
            Source::Definition(entry) => {
                let schemas = match self.0.loaded_schemas.get(&entry.cache) {
                    Some(schemas) => schemas,
                    None => {
                        let (host, own) = (Arc::clone(&self.0), Arc::clone(entry));
                        let load = async move { own.load(&host.engine, &host.loaded_schemas).await };
                        wait(load, deadline, &resolved.limits).await?
                    }
                };
                let descriptors = || self.descriptors(resolved, deadline);
                let script = |script: Arc<ScriptDefinition>| async move {
                    let program = match self.0.loaded_programs.get(&entry.program) {
                        Some(program) => program,
                        None => {
                            let (host, own, scope) = (Arc::clone(&self.0), Arc::clone(entry), resolved.scope);
                            let load = async move {
                                own.load_program(&script, &host.scripts, &host.loaded_programs, scope).await
                            };
                            wait(load, deadline, &resolved.limits).await?
                        }
                    };
                    let descriptors = of_guests(self, resolved, deadline).await?;
                    Ok(ScriptRun { scripts: self.0.scripts.clone(), program, descriptors })
                };
                let runnable = Runnable::of(&entry.stored.definition, descriptors, script).await?;
                Ok(Loaded { schemas, runnable })
            }
        }
    }

    async fn descriptors(&self, resolved: &ResolvedCall, deadline: Instant) -> Result<Arc<Descriptors>, FlowError> {
        if let Some(ready) = resolved.group.descriptors.ready(&self.0.loaded_descriptors) {
            return Ok(ready);
        }
        let (host, own) = (Arc::clone(&self.0), Arc::clone(&resolved.group.descriptors));
        let load = async move { own.load(&host.engine, Some(&host.store), Some(&host.loaded_descriptors)).await };
        wait(load, deadline, &resolved.limits).await
    }

    async fn open(&self, connection: Arc<Connection>) -> Result<(Arc<Connection>, Arc<Account>), FlowError> {
        self.opened(connection).await
    }
}

/// The descriptors for a plugin whose group lets it call gRPC servers. Without them its messages are bytes.
pub(crate) async fn of_guests(
    environment: &impl Environment,
    resolved: &ResolvedCall,
    deadline: Instant,
) -> Result<Option<Arc<Descriptors>>, FlowError> {
    let group = &resolved.group;
    if !group.stored.definition.capabilities.contains(&Capability::Grpc) || !group.descriptors.are_known() {
        return Ok(None);
    }
    match environment.descriptors(resolved, deadline).await {
        Ok(descriptors) => Ok(Some(descriptors)),
        Err(FlowError::NoDescriptors(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Waits for a load until the deadline. The work goes on for the calls that follow.
async fn wait<T: Send + 'static>(
    load: impl Future<Output = Result<T, FlowError>> + Send + 'static,
    deadline: Instant,
    limits: &Limits,
) -> Result<T, FlowError> {
    match tokio::time::timeout_at(deadline.into(), tokio::spawn(load)).await {
        Ok(Ok(loaded)) => loaded,
        Ok(Err(_)) | Err(_) => {
            Err(FlowError::Ended { ended: Ended::Stopped(Stop::Deadline), limits: Box::new(*limits) })
        }
    }
}
