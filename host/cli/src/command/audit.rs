//! `lockgate audit`.

use reqwest::Method;
use serde_json::Value;

use crate::client::Target;
use crate::command::{block_on, cell};
use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only this action, such as token.create
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// Only since this time, such as 2030-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// How many, the latest first
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
    limit: u16,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let client = arguments.target.client()?;
    let mut query = vec![("limit", arguments.limit.to_string())];
    query.extend(arguments.target.named_scope());
    query.extend(arguments.action.map(|action| ("action", action)));
    query.extend(arguments.since.map(|since| ("since", since)));
    let mut page = block_on(client.json(client.request(Method::GET, "/v1/audit").query(&query)))?;
    let found = page.get_mut("items").map(Value::take).unwrap_or_default();
    if format == Output::Json {
        output::json(&found);
        return Ok(());
    }
    let rows = found.as_array().into_iter().flatten().map(|entry| {
        let [at, action, subject, token] = ["/at", "/action", "/subject", "/token"].map(|part| cell(entry, part));
        let scope = [("workspace", "/workspace"), ("organization", "/organization")];
        let scope = scope.map(|(kind, part)| (kind, cell(entry, part)));
        let scope = scope.into_iter().find(|(_, slug)| !slug.is_empty());
        vec![at, action, subject, scope.map(|(kind, slug)| format!("{kind} {slug}")).unwrap_or_default(), token]
    });
    output::table(&["TIME", "ACTION", "SUBJECT", "SCOPE", "TOKEN"], rows.collect());
    Ok(())
}
