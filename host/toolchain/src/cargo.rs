//! Runs cargo, and finds the module that it made.

use crate::{Compiler, Error, Event, Std, TARGET, foreign, package::Package, unfit};
use serde::Deserialize;
use std::{
    env,
    io::{BufRead, BufReader, IsTerminal},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Flags that every plugin is compiled with.
///
/// The stack is 128 KiB in place of 1 MiB: all of it belongs to a fresh instance, and what a host must prepare and
/// clean per call decides the price of a call. `getrandom` asks the SDK, which asks the host.
const FLAGS: [&str; 3] = ["-Clink-arg=-zstack-size=131072", "--cfg", "getrandom_backend=\"custom\""];

/// Builds the crate in release mode; the path is that of the core module.
pub(crate) fn compile(
    package: &Package,
    compiler: &Compiler,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<PathBuf, Error> {
    let mut command = command(package, compiler);
    let mut cargo = command.stdout(Stdio::piped()).spawn().map_err(Error::start(&compiler.cargo))?;
    let (mut module, mut advice) = (None, Vec::new());
    for line in cargo.stdout.take().into_iter().flat_map(|output| BufReader::new(output).lines()) {
        let line = line.map_err(Error::file("read the output of", &compiler.cargo))?;
        match serde_json::from_str(&line) {
            Ok(Message::Diagnostic { message }) => {
                tell(Event::Diagnostic(&message.rendered));
                advice.extend(foreign::advice(&message.rendered));
            }
            Ok(Message::Artifact { manifest_path, filenames }) if manifest_path == package.manifest => {
                module =
                    filenames.into_iter().find(|file| file.extension().is_some_and(|kind| kind == "wasm")).or(module);
            }
            _ => {}
        }
    }
    let status = cargo.wait().map_err(Error::start(&compiler.cargo))?;
    match module {
        Some(module) if status.success() => Ok(module),
        _ => {
            advice.extend(unfit::hints(&package.crates).into_iter().map(|hint| hint.advice));
            let mut said = std::collections::BTreeSet::new();
            advice.retain(|one| said.insert(one.clone()));
            Err(Error::Compile { status, advice })
        }
    }
}

fn command(package: &Package, compiler: &Compiler) -> Command {
    let mut command = Command::new(&compiler.cargo);
    // Cargo's own lines go where ours go; what it renders for us has colour only if these do.
    let (rendered, color) = if colored() {
        ("--message-format=json-diagnostic-rendered-ansi", "always")
    } else {
        ("--message-format=json", "never")
    };
    command.args(["build", "--release", "--lib", "--target", TARGET, rendered, "--color", color]);
    command.arg("--manifest-path").arg(&package.manifest);
    command.current_dir(package.manifest.parent().unwrap_or(Path::new(".")));
    command.env("RUSTC", &compiler.rustc);
    let features = random_features(package);
    if !features.is_empty() {
        command.arg("--features").arg(features.join(","));
    }
    match compiler.std {
        Std::Installed => {}
        Std::Source => {
            // Without its default features the library has no backtraces, which this target can't make anyway.
            command.args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features="]);
            command.env("RUSTC_BOOTSTRAP", "1");
        }
    }
    if let Some(linker) = &compiler.linker {
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    }
    // An outer cargo sets it for its own build; the author's flags are in RUSTFLAGS or in cargo's configuration.
    command.env_remove("CARGO_ENCODED_RUSTFLAGS");
    match env::var("RUSTFLAGS") {
        // The variable hides every flag of a configuration, so ours go there too.
        Ok(theirs) if !theirs.trim().is_empty() => {
            let flags: Vec<&str> = theirs.split_whitespace().chain(FLAGS).collect();
            command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
        }
        // Lists of several configurations are joined.
        _ => {
            command.arg("--config").arg(format!("target.{TARGET}.rustflags={FLAGS:?}"));
        }
    }
    command
}

/// Whether messages may have colour: on a terminal, and not with `NO_COLOR` (no-color.org).
fn colored() -> bool {
    let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !refused && std::io::stderr().is_terminal()
}

/// A back end for `getrandom` is exported by name, which keeps the import of randomness: only who needs it gets it.
fn random_features(package: &Package) -> Vec<&'static str> {
    let back_ends = [("lockgate-sdk/getrandom", &["0.3.", "0.4."][..]), ("lockgate-sdk/getrandom-02", &["0.2."])];
    let needed = back_ends.iter().filter(|(_, versions)| package.names_sdk && package.uses("getrandom", versions));
    needed.map(|(feature, _)| *feature).collect()
}

#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-message")]
    Diagnostic { message: Diagnostic },
    #[serde(rename = "compiler-artifact")]
    Artifact { manifest_path: PathBuf, filenames: Vec<PathBuf> },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Diagnostic {
    rendered: String,
}
