//! `lockgate new`.

use lockgate_toolchain::Language;

use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Name of the project's folder and of its plugin
    name: String,
    /// What its connectors are written in
    #[arg(long, value_enum, default_value_t = Written::Rust)]
    language: Written,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Written {
    Rust,
    Javascript,
    Python,
    Typescript,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let language = match arguments.language {
        Written::Rust => Language::Rust,
        Written::Javascript => Language::Javascript,
        Written::Python => Language::Python,
        Written::Typescript => Language::Typescript,
    };
    let project = lockgate_toolchain::create(&std::env::current_dir()?, &arguments.name, language)?;
    if format == Output::Json {
        let shown = serde_json::json!({"folder": project.folder, "name": project.name, "connector": project.connector});
        output::json(&shown);
    } else {
        output::line(format!("made {}", arguments.name));
        output::note(format!("next: cd {} && {}", arguments.name, project.build));
    }
    Ok(())
}
