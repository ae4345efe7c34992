//! `lockgate schema`.

use lockgate_domain::{MANIFEST_SCHEMA, definition_schema};

use crate::output;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// What it describes
    #[arg(value_enum)]
    what: What,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    /// The definition of a group, `group.yaml`
    Group,
    /// What a plugin answers to `describe`
    Manifest,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.what {
        What::Group => output::json(&definition_schema::group()),
        What::Manifest => output::line(MANIFEST_SCHEMA.trim_end()),
    }
    Ok(())
}
