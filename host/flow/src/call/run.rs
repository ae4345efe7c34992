//! What a call runs between its two checks, by the type of its connector. A new type is a file beside these, a case of
//! [`Runnable`], and the lines that the compiler asks for.

mod database;
pub(crate) mod function;
pub(crate) mod grpc;
pub(crate) mod http;
pub(crate) mod script;

use std::sync::Arc;
use std::time::Instant;

use lockgate_domain::connector::{Action, DatabaseDefinition, ScriptDefinition};
use lockgate_domain::{CallId, ConnectorDefinition, ConnectorName, Limits, LogLine, Permit, Usage};
use lockgate_egress::{Attempts, OutboundClient};
use lockgate_engine::{ConnectorCalls, Ended, Engine, Plugin};
use lockgate_protobuf::Descriptors;
use serde_json::{Map, Value};

use self::grpc::GrpcRun;
use self::http::HttpRun;
use self::script::ScriptRun;
use crate::FlowError;
use crate::call::effect::Effect;

/// What runs.
pub(crate) enum Runnable {
    /// A function of a plugin.
    Function {
        /// Its code.
        plugin: Plugin,
        /// What the group knows of gRPC messages, for a plugin that may call.
        descriptors: Option<Arc<Descriptors>>,
    },
    /// An HTTP request, or one for each page.
    Http(Box<HttpRun>),
    /// A method of a gRPC server.
    Grpc(Box<GrpcRun>),
    /// A statement of a database.
    Database(Arc<DatabaseDefinition>),
    /// A script.
    Script(ScriptRun),
}

/// What every type gets of its call.
pub(crate) struct RunContext<'c> {
    pub(crate) engine: &'c Engine,
    pub(crate) id: CallId,
    /// Which attempt of its caller it is, from 1.
    pub(crate) attempt: u32,
    pub(crate) connector: &'c ConnectorName,
    /// What it may do, with which connection, on behalf of which tenant.
    pub(crate) permit: Permit,
    /// When it is ended.
    pub(crate) deadline: Instant,
    /// The visible values that it can read.
    pub(crate) settings: Arc<Map<String, Value>>,
    pub(crate) limits: Limits,
    /// What it may send. It adds to the call's trace and to its recorded exchanges.
    pub(crate) client: OutboundClient,
    /// What its code may call.
    pub(crate) callees: Option<Arc<dyn ConnectorCalls>>,
}

/// What a run used and logged: right in any case, also if it failed.
#[derive(Debug, Default)]
pub(crate) struct RunReport {
    pub(crate) usage: Usage,
    pub(crate) logs: Vec<LogLine>,
    pub(crate) attempts: Attempts,
    /// Whether anything of the connector ran.
    pub(crate) began: bool,
    /// What it has changed, where the host can tell.
    pub(crate) effect: Effect,
}

impl Runnable {
    /// What a definition says. `descriptors` gives those of the group, and `script` what runs its script, which only some
    /// types need.
    ///
    /// # Errors
    /// There are no descriptors, or not of the method that is called, or the script has no program.
    pub(crate) async fn of<D, S>(
        definition: &ConnectorDefinition,
        descriptors: impl FnOnce() -> D,
        script: impl FnOnce(Arc<ScriptDefinition>) -> S,
    ) -> Result<Self, FlowError>
    where
        D: Future<Output = Result<Arc<Descriptors>, FlowError>>,
        S: Future<Output = Result<ScriptRun, FlowError>>,
    {
        let idempotent = definition.hints.idempotent == Some(true);
        Ok(match &definition.action {
            Action::Http(http) => {
                let script = match &http.script {
                    Some(own) => Some(script(Arc::clone(own)).await?),
                    None => None,
                };
                Self::Http(Box::new(HttpRun { definition: Arc::clone(http), idempotent, script }))
            }
            Action::Grpc(grpc) => {
                let path = grpc.path();
                let method = descriptors().await?.method(&path);
                let missing = || FlowError::NoDescriptors(format!("they have no method `{path}`"));
                let method = method.filter(|method| !method.is_client_streaming()).ok_or_else(missing)?;
                let idempotent = idempotent || definition.hints.read_only == Some(true);
                Self::Grpc(Box::new(GrpcRun { definition: Arc::clone(grpc), method, idempotent }))
            }
            Action::Database(database) => Self::Database(Arc::clone(database)),
            Action::Function(own) => Self::Script(script(Arc::clone(own)).await?),
        })
    }

    /// Whether an output that is not JSON is the text of an upstream, and not of a plugin.
    pub(crate) fn blames_upstream(&self) -> bool {
        match self {
            Self::Function { .. } | Self::Script(_) => false,
            Self::Http(own) => own.gives_what_came(),
            Self::Grpc(_) | Self::Database(_) => true,
        }
    }

    /// Gives the output as JSON text, which is not validated yet.
    ///
    /// # Errors
    /// [`FlowError::Ended`], [`FlowError::Egress`], or the input does not fit the definition.
    pub(crate) async fn run(
        self,
        context: RunContext<'_>,
        input: String,
        report: &mut RunReport,
    ) -> Result<String, FlowError> {
        match self {
            Self::Function { plugin, descriptors } => {
                function::run(plugin, descriptors.as_deref(), context, input, report).await
            }
            Self::Http(own) => http::run(&own, &context, &input, report).await,
            Self::Grpc(own) => grpc::run(&own, &context, &input, report).await,
            Self::Database(database) => database::run(&database, &context, &input, report).await,
            Self::Script(own) => script::run(&own, &context, input, report).await,
        }
    }
}

impl RunContext<'_> {
    /// The error of a call that ended without an output.
    fn ended(&self, ended: Ended) -> FlowError {
        FlowError::Ended { ended, limits: Box::new(self.limits) }
    }
}
