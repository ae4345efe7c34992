//! `lockgate calls` and `lockgate logs`.

mod show;

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use crate::client::{Client, Target, encoded};
use crate::command::{block_on, cell};
use crate::output::{self, Output};

/// The interval at which `logs -f` polls.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// How far it looks back each time: records are written within a second, and clocks of hosts differ.
const OVERLAP: jiff::SignedDuration = jiff::SignedDuration::from_secs(10);
/// Upper bound of the printed calls that `logs -f` remembers, to print none twice.
const REMEMBERED: usize = 100_000;

/// Filters of records.
#[derive(Debug, clap::Args)]
struct Filter {
    /// Only of this group, such as `shop`
    #[arg(long, value_name = "REF")]
    group: Option<String>,
    /// Only of this connector
    #[arg(long, value_name = "NAME")]
    connector: Option<String>,
    /// Only with this outcome: ok, gone or a code
    #[arg(long, value_name = "OUTCOME")]
    outcome: Option<String>,
    /// Only those that ended with a problem
    #[arg(long, conflicts_with = "outcome")]
    failed: bool,
    /// Only for this tenant
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show everything of one call, and what the plugin logged if it failed
    Show {
        /// Its id
        id: String,
        #[command(flatten)]
        target: Target,
    },
}

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    /// Show this one call
    id: Option<String>,
    #[command(flatten)]
    filter: Filter,
    /// Only what ended since this time, such as 2030-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// How many, the latest first
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
    limit: u16,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Follow {
    #[command(flatten)]
    filter: Filter,
    /// Go on with the calls that end from now on
    #[arg(long, short)]
    follow: bool,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    if let Some(Action::Show { id, target }) = arguments.action {
        let client = target.client()?;
        let call = block_on(client.json(client.scoped(Method::GET, &format!("/calls/{}", encoded(&id)))))?;
        let query = [("parent", id.as_str()), ("limit", "500")];
        let mut made = block_on(client.json(client.scoped(Method::GET, "/calls").query(&query)))?;
        let made = made.get_mut("items").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
        return show::print(&call, &made, format);
    }
    let client = arguments.target.client()?;
    if let Some(id) = arguments.id {
        let request = client.scoped(Method::GET, &format!("/calls/{}", encoded(&id)));
        output::json(&block_on(client.json(request))?);
        return Ok(());
    }
    let mut query = arguments.filter.query();
    query.push(("limit", arguments.limit.to_string()));
    query.extend(arguments.since.map(|since| ("since", since)));
    let mut page = block_on(client.json(client.scoped(Method::GET, "/calls").query(&query)))?;
    let found = page.get_mut("items").map(Value::take).unwrap_or_default();
    if format == Output::Json {
        output::json(&found);
        return Ok(());
    }
    let rows = found.as_array().into_iter().flatten().map(|call| {
        let [ended, id, connector, outcome] = ["/ended_at", "/id", "/connector", "/outcome"].map(|at| cell(call, at));
        let [tenant, duration] = ["/tenant", "/duration_us"].map(|at| cell(call, at));
        vec![ended, id, format!("{}/{connector}", cell(call, "/group")), tenant, outcome, duration]
    });
    output::table(&["ENDED", "CALL", "CONNECTOR", "TENANT", "OUTCOME", "US"], rows.collect());
    Ok(())
}

/// A line for each call, the latest last.
pub(crate) fn follow(arguments: Follow, format: Output) -> anyhow::Result<()> {
    let client = arguments.target.client()?;
    let query = arguments.filter.query();
    block_on(async {
        let mut shown = Shown::default();
        let recent = client.json(client.scoped(Method::GET, "/calls").query(&query)).await?;
        let mut calls: Vec<_> = recent.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        calls.reverse();
        shown.print(&calls, format);
        if !arguments.follow {
            return Ok(());
        }
        loop {
            let since = jiff::Timestamp::now().saturating_sub(OVERLAP).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
            let calls = ended_since(&client, &query, since).await?;
            shown.print(&calls, format);
            tokio::time::sleep(ASK_EVERY).await;
        }
    })
}

/// Records of calls that ended since a time, in the order of their end.
async fn ended_since(client: &Client, query: &[(&str, String)], since: jiff::Timestamp) -> anyhow::Result<Vec<Value>> {
    let mut query = query.to_vec();
    query.push(("since", since.to_string()));
    let mut calls = client.all_with("/calls", &query).await?;
    calls.sort_by_key(|call| cell(call, "/ended_at"));
    Ok(calls)
}

impl Filter {
    fn query(&self) -> Vec<(&'static str, String)> {
        let named = [
            ("group", &self.group),
            ("connector", &self.connector),
            ("outcome", &self.outcome),
            ("tenant", &self.tenant),
        ];
        let named = named.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
        named.chain(self.failed.then(|| ("failed", "true".to_owned()))).collect()
    }
}

/// The ids of printed calls, oldest first.
#[derive(Default)]
struct Shown {
    ids: HashSet<String>,
    order: VecDeque<String>,
}

impl Shown {
    fn print(&mut self, calls: &[Value], format: Output) {
        for call in calls {
            let id = cell(call, "/id");
            if !self.ids.insert(id.clone()) {
                continue;
            }
            self.order.push_back(id);
            if self.order.len() > REMEMBERED
                && let Some(oldest) = self.order.pop_front()
            {
                self.ids.remove(&oldest);
            }
            output::line(if format == Output::Json { call.to_string() } else { line(call) });
        }
    }
}

fn line(call: &Value) -> String {
    let [ended, id, group, connector] = ["/ended_at", "/id", "/group", "/connector"].map(|at| cell(call, at));
    let [outcome, tenant, duration] = ["/outcome", "/tenant", "/duration_us"].map(|at| cell(call, at));
    let tenant = if tenant.is_empty() { tenant } else { format!(" tenant={tenant}") };
    format!("{ended} {outcome:<6} {duration:>8} us  {group}/{connector}{tenant} call={id}")
}
