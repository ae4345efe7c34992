//! An engine of this process's own, for the commands that need no host.

use std::path::{Path, PathBuf};

use anyhow::Context;
use lockgate_domain::{Limit, Limits, LimitsPatch, ObjectsOnly};
use lockgate_engine::{CompileCommand, Engine, EngineParts, PoolSize};
use lockgate_flow::LocalPlugin;
use lockgate_vault::MasterKey;

use crate::exit::Usage;
use crate::output::Reported;
use crate::progress::Progress;
use crate::{command, environment, input};

/// Instances that one local run needs: its call and its `describe`.
const INSTANCES: u32 = 4;

/// `--limit KEY=VALUE`, as in a group's `limits`.
pub(crate) fn limits(assignments: &[String]) -> anyhow::Result<Limits> {
    Ok(limits_of(&patch(assignments)?))
}

/// The limits of a run by these settings. Compiling may take as long as any group can set: on an author's own machine it
/// keeps nobody else waiting.
pub(crate) fn limits_of(patch: &LimitsPatch) -> Limits {
    let compile_ms = patch.compile_ms.unwrap_or(Limit::CompileTime.range().1);
    Limits { compile_ms, ..Limits::of_group(patch) }
}

/// The limits that `--limit` arguments set, without the defaults.
pub(crate) fn patch(assignments: &[String]) -> anyhow::Result<LimitsPatch> {
    let patch: LimitsPatch =
        ObjectsOnly::of_value(input::patch(assignments)?).map_err(|error| Usage(format!("`--limit`: {error}")))?;
    match patch.violations("").first() {
        None => Ok(patch),
        Some(first) => Err(Usage(format!("`--limit`: {}: {}", first.pointer, first.detail)).into()),
    }
}

/// Compiles, describes and checks a component file.
pub(crate) async fn load(path: &Path, limits: Limits) -> anyhow::Result<LocalPlugin> {
    let bytes = std::fs::read(path).with_context(|| format!("can't read the component `{}`", path.display()))?;
    let _progress = Progress::start(format!("compiling {}", path.display()));
    let plugin = LocalPlugin::load(engine()?, bytes.into(), limits).await;
    plugin.map_err(|error| Reported::from(error.problem()).into())
}

pub(crate) fn engine() -> anyhow::Result<Engine> {
    let folder = cache_folder()?;
    let mut builder = std::fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(&folder).with_context(|| format!("can't make `{}`", folder.display()))?;
    let (key, _) = MasterKey::load_or_create(&folder.join("cache.key"))?;
    Ok(Engine::start(EngineParts {
        pool: PoolSize::fitting(INSTANCES),
        compile: CompileCommand::this_program(command::COMPILE_CHILD),
        cache_folder: folder.join("code"),
        cache_key: key.derive("compiled code"),
    })?)
}

/// Compiled code of the author's own components, so that a second run starts at once.
fn cache_folder() -> anyhow::Result<PathBuf> {
    let base = environment::get(environment::CACHE_HOME).map(PathBuf::from);
    let home = environment::get(environment::HOME).map(|home| PathBuf::from(home).join(".cache"));
    let base = base.or(home).ok_or_else(|| Usage("neither XDG_CACHE_HOME nor HOME is set".to_owned()))?;
    Ok(base.join("lockgate"))
}
