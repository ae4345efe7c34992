//! `lockgate new`.

use lockgate_toolchain::Template;

use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Name of the project's folder and of its plugin or script
    name: String,
    /// What it starts with: a plugin in Rust, a script, or a plugin in another language
    #[arg(long, visible_alias = "language", value_enum, default_value_t = Kind::Rust)]
    template: Kind,
}

/// The aliases are what `--language` took before there was more than one of a language.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Kind {
    /// A plugin in Rust
    Rust,
    /// A script in TypeScript
    #[value(alias = "typescript")]
    Ts,
    /// A script in JavaScript
    Js,
    /// A plugin in JavaScript
    #[value(alias = "javascript")]
    ComponentizeJs,
    /// A plugin in Python
    #[value(alias = "python")]
    ComponentizePy,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let template = match arguments.template {
        Kind::Rust => Template::Rust,
        Kind::Ts => Template::Typescript,
        Kind::Js => Template::Javascript,
        Kind::ComponentizeJs => Template::ComponentizeJs,
        Kind::ComponentizePy => Template::ComponentizePy,
    };
    let project = lockgate_toolchain::create(&std::env::current_dir()?, &arguments.name, template)?;
    if format == Output::Json {
        let shown = serde_json::json!({"folder": project.folder, "name": project.name, "connector": project.connector});
        output::json(&shown);
    } else {
        output::line(format!("made {}", arguments.name));
        output::note(format!("next: cd {} && {}", arguments.name, project.build));
    }
    Ok(())
}
