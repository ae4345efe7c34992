//! Every way in which making a plugin ends badly.

use crate::{TARGET, foreign::Foreign};
use std::{io, path::PathBuf, process::ExitStatus};

/// What was expected, what was found, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `new` got an invalid name.
    #[error("`{name}` can't name a plugin: {rule}")]
    Name {
        /// The name that was given.
        name: String,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// `new` never writes into something that exists.
    #[error("{} exists already: choose another name, or remove it first", path.display())]
    Exists {
        /// The path that exists already.
        path: PathBuf,
    },
    /// A file could not be read or written.
    #[error("can't {action} {}", path.display())]
    File {
        /// The action that failed, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: io::Error,
    },
    /// `build` outside of a project.
    #[error("no Cargo.toml in {}: go to a plugin's folder, or start one with `lockgate new NAME`", folder.display())]
    NoProject {
        /// The folder without a project.
        folder: PathBuf,
    },
    /// `build` in a project that is not Rust.
    #[error("{} is no project in Rust: build it with `{command}`, as its README says", folder.display())]
    OtherLanguage {
        /// The project's folder.
        folder: PathBuf,
        /// The command that builds it.
        command: &'static str,
    },
    /// `build` of a script, without what bundles it.
    #[error("no esbuild in {}: run `npm install --save-dev esbuild` there", folder.display())]
    NoBundler {
        /// The project's folder.
        folder: PathBuf,
    },
    /// A script can't be bundled.
    #[error("esbuild can't bundle the script:\n{message}")]
    Bundle {
        /// Its own messages.
        message: String,
    },
    /// The folder is a crate that can't become a component.
    #[error("the crate `{name}` is no plugin: {rule}")]
    NotAPlugin {
        /// Its name.
        name: String,
        /// What is missing, and what to write.
        rule: &'static str,
    },
    /// No toolchain of this machine can compile plugins.
    #[error("no Rust compiler for {TARGET} found\n{}\n\nrun this, then build again:\n  {remedy}", list(looked_at))]
    NoCompiler {
        /// The toolchains that were found, each with the reason why it can't be used.
        looked_at: Vec<String>,
        /// The command to run.
        remedy: String,
    },
    /// A program could not be started.
    #[error("can't start {}", program.display())]
    Start {
        /// Its path.
        program: PathBuf,
        /// The error of the operating system.
        #[source]
        source: io::Error,
    },
    /// cargo could not read the project.
    #[error("cargo can't read the project:\n{message}")]
    Metadata {
        /// Its own message.
        message: String,
    },
    /// The crate does not compile. The compiler's messages were reported as events.
    #[error("the plugin does not compile ({status}){}", list(advice))]
    Compile {
        /// The exit status of cargo.
        status: ExitStatus,
        /// What to change, for errors that belong to this target.
        advice: Vec<String>,
    },
    /// A dependency imports functions that Lockgate's contract does not have.
    #[error("the plugin needs functions that no Lockgate host has{}", list(imports))]
    Foreign {
        /// The imports, each with advice.
        imports: Vec<Foreign>,
    },
    /// The module can't become a component.
    #[error("can't make a component of the compiled module: {message}")]
    Encode {
        /// The encoder's message and its causes.
        message: String,
    },
    /// The file to inspect is not a component.
    #[error("not a WebAssembly component: {found}")]
    NotAComponent {
        /// What it is, and what to do.
        found: String,
    },
}

/// One line each, below the sentence.
fn list(lines: &[impl ToString]) -> String {
    lines.iter().map(|line| format!("\n  - {}", line.to_string())).collect()
}

impl Error {
    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }

    pub(crate) fn start(program: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let program = program.into();
        move |source| Self::Start { program, source }
    }
}
