//! Lockgate's engine in process: the sandbox with its limits and its measuring, without what the host adds around it.

use super::{Kind, Rival};
use crate::{
    in_process::{Caller, Callers},
    setup::Setup,
    tool::locked,
    workload::CONNECTOR,
};
use anyhow::{Context, Result, anyhow};
use futures_util::future::LocalBoxFuture;
use lockgate_domain::{
    CallId, Caller as Token, ConnectionChoice, GroupFacts, GroupId, Limits, OrganizationId, Permit, Role, Scope,
    Tenants, TokenId, TokenRestrictions, authorize,
};
use lockgate_engine::{Answer, CallFacts, CompileCommand, Engine, EngineParts, Invocation, Plugin, PoolSize};
use lockgate_vault::MasterKey;
use std::{
    collections::BTreeSet,
    fs,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;

pub(crate) const FRESH: Rival = Rival {
    name: "lockgate-engine",
    title: "Lockgate's engine, fresh instance",
    kind: Kind::InProcess { describe, callers: |setup| callers(setup, Limits::default()) },
};

pub(crate) const REUSE: Rival = Rival {
    name: "lockgate-engine-reuse",
    title: "Lockgate's engine, instance reused",
    kind: Kind::InProcess {
        describe,
        callers: |setup| callers(setup, Limits { calls_per_instance: 1_000_000, ..Limits::default() }),
    },
};

/// The subcommand of this program that compiles components for the engine.
pub(crate) const COMPILE: &str = "compile-component";

fn describe() -> String {
    format!("{}, {}, default limits", locked("lockgate-engine"), locked("wasmtime"))
}

fn callers(setup: &Setup, limits: Limits) -> Result<Callers> {
    let component = fs::read(&setup.plugin).with_context(|| format!("reading {}", setup.plugin.display()))?;
    let loaded = Loaded::new(&Runtime::new()?, component)?;
    Ok(Box::new(move || Ok(Box::new(Calls { loaded: loaded.clone(), limits }))))
}

/// An engine with one plugin.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    engine: Engine,
    plugin: Plugin,
    permit: Permit,
}

impl Loaded {
    pub(crate) fn new(runtime: &Runtime, component: Vec<u8>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let key = MasterKey::load_or_create(&folder.path().join("master.key"))?.0;
        let engine = Engine::start(EngineParts {
            pool: PoolSize::fitting(1000),
            compile: CompileCommand::this_program(COMPILE),
            cache_folder: folder.path().join("cache"),
            cache_key: key.derive("bench"),
        })?;
        let plugin = runtime.block_on(engine.load(component.into(), &Limits::default(), None))?;
        Ok(Self { engine, plugin, permit: permit()? })
    }

    pub(crate) async fn invoke(&self, connector: &str, input: &str, limits: Limits) -> Answer {
        let facts = CallFacts {
            id: CallId::new(),
            permit: self.permit.clone(),
            attempt: 1,
            deadline: Instant::now() + Duration::from_millis(limits.deadline_ms),
            settings: Arc::default(),
            limits,
            outbound: None,
            descriptors: None,
            program: None,
            callees: None,
        };
        let (plugin, connector, input) = (self.plugin.clone(), connector.to_owned(), input.to_owned());
        self.engine.invoke(Invocation { plugin, connector, input, facts }).await
    }
}

/// An admin calls a group of their own.
fn permit() -> Result<Permit> {
    let scope = Scope::Organization(OrganizationId::new());
    let token = Token { token: TokenId::new(), scope, role: Role::Admin, restrictions: TokenRestrictions::default() };
    let group = GroupFacts {
        id: GroupId::new(),
        scope,
        enabled: true,
        installation_enabled: true,
        capabilities: &BTreeSet::new(),
        scope_enabled: true,
        tenants: Tenants::ANY,
        activation: false,
        connections: &[],
        now: 0,
    };
    Ok(authorize(&token, group, &ConnectionChoice::None, None)?)
}

struct Calls {
    loaded: Loaded,
    limits: Limits,
}

impl Caller for Calls {
    fn call<'a>(&'a mut self, input: &'a str) -> LocalBoxFuture<'a, Result<String>> {
        Box::pin(async move {
            self.loaded.invoke(CONNECTOR, input, self.limits).await.result.map_err(|ended| anyhow!("{ended:?}"))
        })
    }
}
