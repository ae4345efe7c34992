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
    TokenId, authorize,
};
use lockgate_engine::{CallFacts, CompileCommand, Engine, EngineParts, Invocation, Plugin, PoolSize};
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
    let folder = tempfile::tempdir()?;
    let key = MasterKey::load_or_create(&folder.path().join("master.key"))?.0;
    let engine = Engine::start(EngineParts {
        pool: PoolSize::fitting(1000),
        compile: CompileCommand::this_program(COMPILE),
        cache_folder: folder.path().join("cache"),
        cache_key: key.derive("bench"),
    })?;
    let component = fs::read(&setup.plugin).with_context(|| format!("reading {}", setup.plugin.display()))?;
    let plugin = Runtime::new()?.block_on(engine.load(&component, &limits))?;
    let permit = permit()?;
    Ok(Box::new(move || {
        let (engine, plugin, permit) = (engine.clone(), plugin.clone(), permit.clone());
        Ok(Box::new(Calls { engine, plugin, permit, limits }))
    }))
}

/// An admin calls a group of their own.
fn permit() -> Result<Permit> {
    let scope = Scope::Organization(OrganizationId::new());
    let token = Token { token: TokenId::new(), scope, role: Role::Admin };
    let group = GroupFacts { id: GroupId::new(), scope, enabled: true, capabilities: &BTreeSet::new() };
    Ok(authorize(&token, group, &ConnectionChoice::None, None)?)
}

struct Calls {
    engine: Engine,
    plugin: Plugin,
    permit: Permit,
    limits: Limits,
}

impl Caller for Calls {
    fn call<'a>(&'a mut self, input: &'a str) -> LocalBoxFuture<'a, Result<String>> {
        let facts = CallFacts {
            id: CallId::new(),
            permit: self.permit.clone(),
            attempt: 1,
            deadline: Instant::now() + Duration::from_millis(self.limits.deadline_ms),
            settings: Arc::default(),
            limits: self.limits,
        };
        let invocation =
            Invocation { plugin: self.plugin.clone(), connector: CONNECTOR.into(), input: input.into(), facts };
        Box::pin(async { self.engine.invoke(invocation).await.result.map_err(|ended| anyhow!("{ended:?}")) })
    }
}
