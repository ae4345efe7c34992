//! `lockgate build`.

use std::path::{Path, PathBuf};

use lockgate_toolchain::{Built, Bundle, Event, Options};

use crate::exit::Usage;
use crate::output::{self, Output};
use crate::script_project;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Folder of the plugin, or of a script with a package.json
    #[arg(default_value = ".")]
    folder: PathBuf,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    if let Some(script) = script_project::only_script(&arguments.folder)? {
        return bundle(&arguments.folder, &script, format);
    }
    let built = build(&arguments.folder)?;
    let path = from_here(&built.path);
    if format == Output::Json {
        output::json(&serde_json::json!({
            "path": path, "name": built.name, "size": built.size, "digest": format!("sha256:{}", built.digest),
            "duration_ms": u64::try_from(built.took.as_millis())?,
        }));
    } else {
        output::line(path.display().to_string());
        let seconds = built.took.as_secs_f64();
        output::note(format!("built in {seconds:.1} s: {} KiB, sha256:{}", built.size / 1024, built.digest));
    }
    Ok(())
}

/// Makes one file of a script and of the packages that it imports.
fn bundle(folder: &Path, script: &Path, format: Output) -> anyhow::Result<()> {
    if !folder.join("package.json").is_file() {
        let text = format!("`{}` needs no build: `lockgate run {0}` runs it as it is", script.display());
        return Err(Usage(text).into());
    }
    let Bundle { path, size } = lockgate_toolchain::bundle(folder, script)?;
    let path = from_here(&path);
    if format == Output::Json {
        output::json(&serde_json::json!({"path": path, "size": size}));
    } else {
        output::line(path.display().to_string());
        output::note(format!("bundled: {} KiB", size.div_ceil(1024)));
    }
    Ok(())
}

/// Builds, and tells the person who waits what happens.
pub(crate) fn build(folder: &Path) -> anyhow::Result<Built> {
    let tell = &mut |event: Event<'_>| match event {
        Event::AddingTarget => output::note("adding the target wasm32-unknown-unknown with rustup"),
        Event::TargetNotAdded(why) => {
            output::note(format!("rustup could not add the target, trying the next way: {why}"))
        }
        Event::Compiling(compiler) => output::note(format!("compiling with {compiler}")),
        Event::Hint(hint) => output::note(format!("hint: {hint}")),
        Event::Diagnostic(text) => output::note(text.trim_end()),
        Event::Encoding => output::note("making the component"),
        _ => {}
    };
    Ok(lockgate_toolchain::build(&Options::new(folder), tell)?)
}

/// The path relative to the working directory, if it lies below it.
fn from_here(path: &Path) -> PathBuf {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    here.ok().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path).to_owned()
}
