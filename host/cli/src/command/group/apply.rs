//! `lockgate group apply`: a definition from a file, with the difference before it is saved.

use lockgate_domain::Code;
use reqwest::Method;
use serde_json::Value;

use super::{path, said, under_review};
use crate::client::{Client, Target};
use crate::command::connector::grants;
use crate::command::{block_on, cell};
use crate::confirm::{Consent, counted};
use crate::exit::Usage;
use crate::input;
use crate::output::{self, Output, Reported};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// `group.yaml`, or - for standard input
    #[arg(long, short, value_name = "FILE")]
    file: String,
    /// Allow that connectors are removed or take less than before
    #[arg(long)]
    allow_removal: bool,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let Arguments { file, allow_removal, consent, target } = arguments;
    let definition = input::definition(&file)?;
    let slug = definition.get("slug").and_then(Value::as_str);
    let slug = slug.ok_or_else(|| Usage(format!("`{file}`: expected a `slug`")))?.to_owned();
    let client = target.client()?;
    let Some(before) = found(&client, &slug)? else {
        let made = block_on(client.json(client.scoped(Method::POST, "/groups").json(&definition)))?;
        said(&made, "made", format);
        grants::note_listed(&slug, &definition);
        return Ok(());
    };
    let request = client.scoped(Method::POST, &format!("{}/diff", path(&slug))).json(&definition);
    let diff = block_on(client.json(request))?;
    if !print(&diff) {
        output::note(format!("group {slug} is as the file says"));
        return Ok(());
    }
    consent.ask(&format!("applying this to group {slug}"), &losses(&diff))?;
    // Exactly what was shown.
    let request = client.scoped(Method::PUT, &path(&slug)).query(&[("allow_removal", allow_removal)]);
    let request = request.header("if-match", format!("\"{}\"", cell(&before, "/version"))).json(&definition);
    said(&block_on(client.json(request))?, "changed", format);
    grants::note_listed(&slug, &definition);
    under_review(&client, &slug)
}

/// The group as it is, if it is there.
fn found(client: &Client, slug: &str) -> anyhow::Result<Option<Value>> {
    match block_on(client.json(client.scoped(Method::GET, &path(slug)))) {
        Ok(group) => Ok(Some(group)),
        Err(error) if error.downcast_ref().is_some_and(|one: &Reported| one.code == Code::NotFound.as_str()) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn list<'d>(diff: &'d Value, pointer: &str) -> impl Iterator<Item = &'d Value> {
    diff.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// Prints the difference, and says whether there is one.
fn print(diff: &Value) -> bool {
    let side = |change: &Value, name: &str| match change.get(name) {
        None | Some(Value::Null) => "nothing".to_owned(),
        Some(value) => value.to_string(),
    };
    let changes = list(diff, "/changes").map(|change| {
        format!("  {}: {} becomes {}", cell(change, "/pointer"), side(change, "from"), side(change, "to"))
    });
    let name = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let saved = list(diff, "/saved").map(|one| format!("  connector {} gets a new version", name(one)));
    let removed = list(diff, "/removed").map(|one| format!("  connector {} is deleted", name(one)));
    let breaks = list(diff, "/breaks").map(|one| {
        let [connector, pointer, detail] = ["/connector", "/pointer", "/detail"].map(|part| cell(one, part));
        format!("! callers of {connector} may fail at {pointer}: {detail}")
    });
    let review = list(diff, "/review/texts").map(|text| format!("! {}", name(text)));
    let lines: Vec<_> = changes.chain(saved).chain(removed).chain(breaks).chain(review).collect();
    lines.iter().for_each(output::note);
    !lines.is_empty()
}

/// What stops working.
fn losses(diff: &Value) -> Vec<String> {
    let removed = list(diff, "/removed").map(|name| format!("connector {}", name.as_str().unwrap_or_default()));
    let count = diff.pointer("/review/connections").and_then(Value::as_u64).unwrap_or_default();
    let connections =
        (count > 0).then(|| format!("{}, until an admin accepts the change", counted(count, "connection")));
    removed.chain(connections).collect()
}
