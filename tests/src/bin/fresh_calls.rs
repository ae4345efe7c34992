//! Makes so many fresh calls of the pricing sample through the engine, for a test that counts their system calls.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use lockgate_domain::{
    CallId, Caller, ConnectionChoice, GroupFacts, GroupId, Limits, OrganizationId, Permit, Role, Scope, Tenants,
    TokenId, TokenRestrictions, authorize,
};
use lockgate_engine::{CallFacts, CompileCommand, Engine, EngineParts, Invocation, Plugin, PoolSize};
use lockgate_tests::guests::PRICING;
use lockgate_vault::DerivedKey;

/// The subcommand that leads into the compile child.
const COMPILE: &str = "compile-child";
/// Calls in flight at one time, so that several instances and both kinds of threads take part.
const AT_ONCE: usize = 4;
/// Calls before those that count: every slot of the pool that will be used has been used.
const WARM_UP: usize = 400;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((first, rest)) if first == COMPILE => lockgate_engine::compile_child(rest),
        Some((count, [])) => match calls(count) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&format!("{error:?}")),
        },
        _ => fail("usage: fresh-calls COUNT"),
    }
}

#[allow(clippy::print_stderr, reason = "the one place of this program that prints")]
fn fail(text: &str) -> ExitCode {
    eprintln!("{text}");
    ExitCode::from(2)
}

fn calls(count: &str) -> Result<()> {
    let count: usize = count.parse().context("COUNT is a number")?;
    let input = std::fs::read_to_string(PRICING.folder().join("examples/order-20.json"))?;
    let folder = tempfile::tempdir()?;
    let engine = Engine::start(EngineParts {
        pool: PoolSize::fitting(100),
        compile: CompileCommand::this_program(COMPILE),
        cache_folder: folder.path().to_owned(),
        cache_key: DerivedKey::random()?,
    })?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let limits = Limits::default();
        let plugin = engine.load(std::fs::read(PRICING.path())?.into(), &limits, None).await?;
        let calls = Calls { engine, plugin, permit: permit()?, input, limits };
        run(&calls, WARM_UP).await?;
        run(&calls, count).await
    })
}

/// An admin calls a group of their own.
fn permit() -> Result<Permit> {
    let scope = Scope::Organization(OrganizationId::new());
    let caller = Caller { token: TokenId::new(), scope, role: Role::Admin, restrictions: TokenRestrictions::default() };
    let group = GroupFacts {
        id: GroupId::new(),
        scope,
        enabled: true,
        installation_enabled: true,
        capabilities: &Default::default(),
        scope_enabled: true,
        tenants: Tenants::ANY,
        activation: false,
        connections: &[],
        now: 0,
    };
    Ok(authorize(&caller, group, &ConnectionChoice::None, None)?)
}

#[derive(Clone)]
struct Calls {
    engine: Engine,
    plugin: Plugin,
    permit: Permit,
    input: String,
    limits: Limits,
}

async fn run(calls: &Calls, count: usize) -> Result<()> {
    let tasks = (0..AT_ONCE).map(|task| {
        let calls = calls.clone();
        tokio::spawn(async move {
            for _ in 0..count / AT_ONCE + usize::from(task < count % AT_ONCE) {
                calls.one().await?;
            }
            anyhow::Ok(())
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await??;
    }
    Ok(())
}

impl Calls {
    async fn one(&self) -> Result<()> {
        let facts = CallFacts {
            id: CallId::new(),
            permit: self.permit.clone(),
            attempt: 1,
            deadline: Instant::now() + Duration::from_millis(self.limits.deadline_ms),
            settings: Arc::default(),
            limits: self.limits,
            outbound: None,
            callees: None,
            descriptors: None,
            program: None,
        };
        let (plugin, input) = (self.plugin.clone(), self.input.clone());
        let invocation = Invocation { plugin, connector: "price_order".to_owned(), input, facts };
        let output = self.engine.invoke(invocation).await.result.map_err(|ended| anyhow!("{ended:?}"))?;
        ensure!(output.contains("\"total\""), "{output}");
        Ok(())
    }
}
