//! `lockgate apply`.

use std::path::PathBuf;

use reqwest::Method;

use super::folder;
use super::plan::{self, Change};
use crate::client::Target;
use crate::confirm::Consent;
use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder: `NAME.yaml`, and `NAME/group.yaml` with its files, for each group
    #[arg(long = "folder", short = 'f', value_name = "DIR")]
    dir: PathBuf,
    /// Print what would change, and exit with code 3 if anything would
    #[arg(long)]
    dry_run: bool,
    /// Delete the groups that the folder has not, and take back the installations that it has not
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let Arguments { dir, dry_run, prune, consent, target } = arguments;
    let files = folder::Files::read(&dir)?;
    files.left_out().iter().for_each(|path| output::note(format!("left out {path}")));
    let body = files.archive()?;
    let client = target.client()?;
    let request = |query: &[(&str, &str)]| {
        let prune = if prune { "true" } else { "false" };
        let request = client.scoped(Method::POST, "/apply").query(&[("prune", prune)]).query(query);
        request.header("content-type", "application/zip").body(body.clone())
    };
    let change = Change { client: &client, verb: "applying", dry_run, consent: &consent };
    plan::carry_out(&change, request, format)
}
