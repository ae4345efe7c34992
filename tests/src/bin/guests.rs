//! Builds the guests of the tests: all of them, or those that are named.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use lockgate_tests::guests::{ALL, Guest, Language};
use lockgate_toolchain::{Event, Options};

fn main() -> Result<()> {
    let names: Vec<_> = std::env::args().skip(1).collect();
    if let Some(unknown) = names.iter().find(|name| ALL.iter().all(|guest| guest.name != *name)) {
        bail!("no guest `{unknown}`: expected some of {}", ALL.map(|guest| guest.name).join(", "));
    }
    for guest in ALL.iter().filter(|guest| names.is_empty() || names.iter().any(|name| name == guest.name)) {
        let began = Instant::now();
        say(&format!("building {}/{}", guest.workspace, guest.name));
        match guest.language {
            Language::Rust => rust(guest)?,
            Language::JavaScript => script(guest)?,
        }
        let path = guest.component();
        let size = path.metadata().with_context(|| format!("the build did not make {}", path.display()))?.len();
        say(&format!("  {} KiB in {:.1} s", size / 1024, began.elapsed().as_secs_f64()));
    }
    Ok(())
}

fn rust(guest: &Guest) -> Result<()> {
    let tell = &mut |event: Event<'_>| match event {
        Event::TargetNotAdded(why) => say(&format!("  rustup could not add the target: {why}")),
        Event::Compiling(compiler) => say(&format!("  with {compiler}")),
        Event::Diagnostic(text) => say(text.trim_end()),
        _ => {}
    };
    lockgate_toolchain::build(&Options::new(guest.folder()), tell)
        .with_context(|| format!("building {}", guest.name))?;
    Ok(())
}

fn script(guest: &Guest) -> Result<()> {
    let script = guest.folder().join("build.sh");
    let status = Command::new(&script).arg(guest.component()).status();
    let status = status.with_context(|| format!("starting {}", script.display()))?;
    ensure!(status.success(), "{} failed: {status}", script.display());
    Ok(())
}

#[allow(clippy::print_stderr, reason = "the one place of this program that prints")]
fn say(text: &str) {
    eprintln!("{text}");
}
