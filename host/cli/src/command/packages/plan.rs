//! Plans: shown to a person, who may have to agree, and then carried out.

use reqwest::RequestBuilder;
use serde_json::Value;

use crate::client::Client;
use crate::command::{block_on, cell};
use crate::confirm::{Consent, counted};
use crate::exit::WouldChange;
use crate::output::{self, Output};
use crate::progress::Progress;

/// A change that is planned before it is made.
pub(super) struct Change<'c> {
    pub(super) client: &'c Client,
    /// Such as `importing`.
    pub(super) verb: &'c str,
    pub(super) dry_run: bool,
    pub(super) consent: &'c Consent,
}

/// What is added to the query of a request.
type Query<'q> = &'q [(&'q str, &'q str)];

/// Asks for the plan, shows it, asks the person about losses, and makes the change. `request` gets what is added to the
/// query.
pub(super) fn carry_out(
    change: &Change<'_>,
    request: impl Fn(Query<'_>) -> RequestBuilder,
    format: Output,
) -> anyhow::Result<()> {
    let ask = |query: Query<'_>| {
        block_on(async {
            let _progress = Progress::start(change.verb);
            change.client.json(request(query)).await
        })
    };
    let plan = ask(&[("dry_run", "true")])?;
    let changes = plan.get("changes") == Some(&Value::Bool(true));
    if format == Output::Text {
        lines(&plan).iter().for_each(output::line);
    }
    if change.dry_run || !changes {
        if format == Output::Json {
            output::json(&plan);
        }
        return if changes { Err(WouldChange.into()) } else { Ok(()) };
    }
    let losses = losses(&plan);
    change.consent.ask(change.verb, &losses)?;
    let allow = if losses.is_empty() { "false" } else { "true" };
    let done = ask(&[("allow_removal", allow)])?;
    if format == Output::Json {
        output::json(&done);
    } else {
        output::note("done");
    }
    Ok(())
}

fn list<'p>(plan: &'p Value, pointer: &str) -> impl Iterator<Item = &'p Value> {
    plan.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn texts<'p>(plan: &'p Value, pointer: &str) -> impl Iterator<Item = &'p str> {
    list(plan, pointer).filter_map(Value::as_str)
}

fn number(plan: &Value, pointer: &str) -> u64 {
    plan.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
}

/// What happens, a line for each thing: `+` comes, `-` goes, `~` changes, `!` stops working or has to be done.
fn lines(plan: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    let mut unchanged = 0;
    for group in list(plan, "/groups") {
        let (action, slug) = (cell(group, "/action"), cell(group, "/slug"));
        if action == "none" {
            unchanged += 1;
            continue;
        }
        lines.push(format!("{action} group {slug}{}", written_in(group)));
        lines.extend(of_group(group).into_iter().map(|line| format!("  {line}")));
    }
    for installation in list(plan, "/installations") {
        let (action, group) = (cell(installation, "/action"), cell(installation, "/group"));
        if action != "none" {
            lines.push(format!("{action} installation of {group}{}", written_in(installation)));
            lines.extend(changes(installation).map(|line| format!("  {line}")));
            let removed = texts(installation, "/removed_clients");
            lines.extend(removed.map(|name| format!("  - OAuth client of credential {name}, with its secret")));
        }
        let missing = texts(installation, "/missing_clients");
        lines.extend(missing.map(|name| {
            format!("  ! installation of {group} has no OAuth client: lockgate installation set {group} --secret {name}.client_id")
        }));
    }
    if unchanged > 0 {
        lines.push(format!("{} unchanged", counted(unchanged, "group")));
    }
    lines
}

/// Where an object is written, in parentheses; nothing for one that is written nowhere.
fn written_in(object: &Value) -> String {
    let file = cell(object, "/file");
    if file.is_empty() { file } else { format!(" ({file})") }
}

fn of_group(group: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    let renamed = Some(cell(group, "/renamed_from")).filter(|from| !from.is_empty());
    lines.extend(renamed.map(|from| format!("~ it is `{from}` in the package")));
    for conflict in list(group, "/conflicts") {
        let [member, value, other] = ["/member", "/value", "/group"].map(|part| cell(conflict, part));
        let choices: Vec<_> = texts(conflict, "/choices").map(|choice| format!("--on-conflict {choice}")).collect();
        lines.push(format!("! the {member} `{value}` belongs to group {other}: {}", choices.join(", or ")));
    }
    lines.extend(changes(group));
    let signed = |pointer: &str, sign: &str, noun: &str| -> Vec<String> {
        texts(group, pointer).map(|name| format!("{sign} {noun} {name}")).collect()
    };
    lines.extend(signed("/connectors/added", "+", "connector"));
    lines.extend(signed("/connectors/changed", "~", "connector"));
    lines.extend(signed("/connectors/removed", "-", "connector"));
    for plugin in list(group, "/plugins/current") {
        let digest = cell(plugin, "/digest");
        lines.push(format!("+ plugin {} {} {digest}", cell(plugin, "/name"), cell(plugin, "/version")));
    }
    lines.extend(signed("/plugins/removed", "-", "plugin"));
    lines.extend(signed("/capabilities/added", "+", "capability"));
    lines.extend(signed("/capabilities/removed", "-", "capability"));
    lines.extend(signed("/destinations/added", "+", "destination"));
    lines.extend(signed("/destinations/removed", "-", "destination"));
    lines.extend(list(group, "/connectors/breaks").map(|one| {
        let [connector, pointer, detail] = ["/connector", "/pointer", "/detail"].map(|part| cell(one, part));
        format!("! callers of {connector} may fail at {pointer}: {detail}")
    }));
    let review = number(group, "/review/connections");
    if review > 0 {
        lines.push(format!("! {} under review, until an admin accepts the change:", counted(review, "connection")));
        lines.extend(texts(group, "/review/texts").map(|text| format!("!   {text}")));
    }
    let (connections, installations) = (number(group, "/loses/connections"), number(group, "/loses/installations"));
    lines.extend((connections > 0).then(|| format!("- {}, with their secrets", counted(connections, "connection"))));
    lines.extend((installations > 0).then(|| format!("- settings of {}", counted(installations, "scope"))));
    if cell(group, "/action") == "create" {
        lines.extend(needs(group).into_iter().map(|line| format!("! {line}")));
    }
    lines
}

/// What somebody has to give before a new group can be used.
fn needs(group: &Value) -> Vec<String> {
    let members = |pointer: &str| group.pointer(pointer).and_then(Value::as_object).into_iter().flatten();
    let mut lines = Vec::new();
    for (credential, methods) in members("/needs/credentials") {
        let methods = methods.as_object().into_iter().flatten().map(|(method, fields)| {
            let names: Vec<_> = fields.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            if names.is_empty() { method.clone() } else { format!("{method} ({})", names.join(", ")) }
        });
        lines.push(format!("a connection needs {credential}: {}", methods.collect::<Vec<_>>().join(" or ")));
    }
    lines.extend(texts(group, "/needs/fields").map(|field| format!("a connection needs the field {field}")));
    lines.extend(
        texts(group, "/needs/oauth_clients").map(|name| format!("the installation needs an OAuth client for {name}")),
    );
    lines
}

fn changes(of: &Value) -> impl Iterator<Item = String> {
    let side = |change: &Value, name: &str| match change.get(name) {
        None | Some(Value::Null) => "nothing".to_owned(),
        Some(value) => value.to_string(),
    };
    list(of, "/changes").map(move |change| {
        format!("~ {}: {} becomes {}", cell(change, "/pointer"), side(change, "from"), side(change, "to"))
    })
}

/// What stops working.
fn losses(plan: &Value) -> Vec<String> {
    let mut losses = Vec::new();
    for group in list(plan, "/groups") {
        let slug = cell(group, "/slug");
        if cell(group, "/action") == "delete" {
            let connections = number(group, "/loses/connections");
            let with =
                if connections > 0 { format!(" with {}", counted(connections, "connection")) } else { String::new() };
            losses.push(format!("group {slug}{with}"));
            continue;
        }
        losses.extend(texts(group, "/connectors/removed").map(|name| format!("connector {slug}/{name}")));
        losses.extend(list(group, "/connectors/breaks").map(|one| {
            let [connector, pointer, detail] = ["/connector", "/pointer", "/detail"].map(|part| cell(one, part));
            format!("something that callers of {slug}/{connector} may use, at {pointer}: {detail}")
        }));
        let review = number(group, "/review/connections");
        let until = "until an admin accepts the change";
        losses.extend((review > 0).then(|| format!("{} of {slug}, {until}", counted(review, "connection"))));
    }
    for installation in list(plan, "/installations") {
        let group = cell(installation, "/group");
        let is_taken_back = cell(installation, "/action") == "delete";
        losses.extend(is_taken_back.then(|| format!("what is set for {group}")));
        let clients = texts(installation, "/removed_clients");
        losses.extend(clients.map(|name| format!("the OAuth client of {group} for {name}, with its secret")));
    }
    losses
}
