//! `lockgate new`.

use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Name of the project's folder and of its plugin
    name: String,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let project = lockgate_toolchain::create(&std::env::current_dir()?, &arguments.name)?;
    if format == Output::Json {
        let shown = serde_json::json!({"folder": project.folder, "name": project.name, "connector": project.connector});
        output::json(&shown);
    } else {
        output::line(format!("made {}", arguments.name));
        output::note(format!("next: cd {} && lockgate build", arguments.name));
    }
    Ok(())
}
