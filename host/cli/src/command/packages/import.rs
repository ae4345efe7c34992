//! `lockgate import`.

use std::io::Read;
use std::path::PathBuf;

use anyhow::Context;
use clap::ValueEnum;
use reqwest::Method;

use super::plan::{self, Change};
use crate::client::Target;
use crate::confirm::Consent;
use crate::output::Output;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A package: a zip archive, or a document in YAML or JSON; or - for standard input
    file: PathBuf,
    /// What to do if a group with the slug or name is there
    #[arg(long, value_enum, default_value_t = OnConflict::Fail)]
    on_conflict: OnConflict,
    /// Print what would change, and exit with code 3 if anything would
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnConflict {
    /// Change nothing
    Fail,
    /// Make the group of that slug what the package says
    Update,
    /// Give the imported group another slug and name
    Rename,
}

/// The first bytes of a zip archive.
const ZIP: &[u8] = b"PK";

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let Arguments { file, on_conflict, dry_run, consent, target } = arguments;
    let body = if file.as_os_str() == "-" {
        let mut body = Vec::new();
        std::io::stdin().lock().read_to_end(&mut body).context("can't read standard input")?;
        body
    } else {
        std::fs::read(&file).with_context(|| format!("can't read the package `{}`", file.display()))?
    };
    let kind = if body.starts_with(ZIP) { "application/zip" } else { "application/yaml" };
    let word = match on_conflict {
        OnConflict::Fail => "fail",
        OnConflict::Update => "update",
        OnConflict::Rename => "rename",
    };
    let client = target.client()?;
    let request = |query: &[(&str, &str)]| {
        let request = client.scoped(Method::POST, "/imports").query(&[("on_conflict", word)]).query(query);
        request.header("content-type", kind).body(body.clone())
    };
    let change = Change { client: &client, verb: "importing", dry_run, consent: &consent };
    plan::carry_out(&change, request, format)
}
