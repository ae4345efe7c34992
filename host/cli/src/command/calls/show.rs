//! `lockgate calls show`.

use lockgate_domain::{Code, LogLine};
use serde_json::Value;

use crate::command::cell;
use crate::output::{self, Output};

/// Prints everything that is kept of a call, and the calls that its code made, the latest first.
pub(super) fn print(call: &Value, made: &[Value], format: Output) -> anyhow::Result<()> {
    if format == Output::Json {
        output::json(call);
        return Ok(());
    }
    let outcome = cell(call, "/outcome");
    let title = Code::ALL.iter().find(|code| code.as_str() == outcome).map(|code| format!(": {}", code.title()));
    let version = if cell(call, "/plugin").is_empty() { "/version" } else { "/plugin" };
    let group = cell(call, "/group");
    let group = if group.is_empty() { format!("deleted group {}", cell(call, "/group_id")) } else { group };
    let rows = [
        ("call", cell(call, "/id")),
        ("connector", format!("{group}/{}@{}", cell(call, "/connector"), cell(call, version))),
        ("outcome", format!("{outcome}{}", title.unwrap_or_default())),
        ("failure", cell(call, "/failure")),
        ("ended", cell(call, "/ended_at")),
        ("duration", format!("{} us", cell(call, "/duration_us"))),
        ("made by", cell(call, "/parent")),
        ("token", cell(call, "/token")),
        ("tenant", cell(call, "/tenant")),
        ("connection", cell(call, "/connection")),
        ("attempts", cell(call, "/attempts")),
        ("cpu", format!("{} us", cell(call, "/usage/cpu_us"))),
        ("memory", format!("{} bytes", cell(call, "/usage/peak_memory_bytes"))),
        ("host calls", cell(call, "/usage/host_calls")),
    ];
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        output::line(format!("{name:<11} {value}"));
    }
    for inner in made.iter().rev() {
        let [id, connector, outcome, us] = ["/id", "/connector", "/outcome", "/duration_us"].map(|at| cell(inner, at));
        output::line(format!("{:<11} {id} {}/{connector} {outcome} {us} us", "called", cell(inner, "/group")));
    }
    let lines: Vec<LogLine> = call.get("logs").cloned().map(serde_json::from_value).transpose()?.unwrap_or_default();
    for line in lines {
        let fields = line.fields.as_ref().map(|fields| format!(" {}", fields.text())).unwrap_or_default();
        output::line(format!("{:<11} {} {}{fields}", "log", line.level.as_str(), line.message));
    }
    Ok(())
}
