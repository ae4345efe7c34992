//! One connector as an operation.

use lockgate_domain::{Example, Hints, JsonText, Usage};
use lockgate_flow::{Connector, Source};
use serde_json::{Map, Value, json};

use super::body::{answered, sent};
use super::components::Components;
use super::literal::plain;
use super::names::pascal;
use crate::openapi::JSON;

/// Bytes of the examples of one connector that are shown; each may be as large as an input.
const EXAMPLES_MAX: usize = 64 * 1024;

/// What is shown of a connector.
pub(super) struct Shown<'c> {
    name: &'c str,
    title: Option<&'c str>,
    description: Option<&'c str>,
    input: &'c JsonText,
    output: &'c JsonText,
    examples: &'c [Example],
    pub(super) tags: &'c [String],
    hints: Hints,
    deadline_ms: u64,
}

impl<'c> Shown<'c> {
    /// As its definition or its plugin's manifest has it; none for one that its plugin lacks.
    pub(super) fn of(connector: &'c Connector) -> Option<Self> {
        let (name, deadline_ms) = (connector.name.as_str(), connector.limits.deadline_ms);
        Some(match &connector.source {
            Source::Plugin { .. } => {
                let own = connector.manifest()?;
                Self {
                    name,
                    title: own.title.as_deref(),
                    description: own.description.as_deref(),
                    input: &own.input_schema,
                    output: &own.output_schema,
                    examples: &own.examples,
                    tags: &own.tags,
                    hints: own.hints,
                    deadline_ms,
                }
            }
            Source::Definition(entry) => {
                let own = &entry.stored.definition;
                Self {
                    name,
                    title: own.title.as_deref(),
                    description: own.description.as_deref(),
                    input: &own.input_schema,
                    output: &own.output_schema,
                    examples: &own.examples,
                    tags: &own.tags,
                    hints: own.hints,
                    deadline_ms,
                }
            }
        })
    }

    /// What it does, what a caller may assume, and how long it takes at most.
    fn text(&self) -> String {
        let hints = [
            (self.hints.read_only, "It changes nothing outside of the host."),
            (self.hints.idempotent, "A repeated call has no further effect."),
            (self.hints.destructive, "It may remove or overwrite something."),
        ];
        let hints = hints.into_iter().filter(|(hint, _)| *hint == Some(true)).map(|(_, text)| text);
        let last = format!("A call ends after {} ms at the latest.", self.deadline_ms);
        let facts: Vec<_> = hints.chain([last.as_str()]).collect();
        [self.description.unwrap_or_default(), &facts.join(" ")].join("\n\n").trim().to_owned()
    }

    /// Calls to try, and what they answer.
    fn examples(&self, needs_connection: bool) -> (Map<String, Value>, Map<String, Value>) {
        let (mut calls, mut answers) = (Map::new(), Map::new());
        let mut bytes = 0_usize;
        for (index, example) in self.examples.iter().enumerate() {
            bytes = bytes.saturating_add(example.input.text().len());
            bytes = bytes.saturating_add(example.output.as_ref().map_or(0, |output| output.text().len()));
            if bytes > EXAMPLES_MAX {
                break;
            }
            let name = format!("example_{}", index.saturating_add(1));
            let titled = |value: Value| match &example.title {
                Some(title) => json!({"summary": title, "value": value}),
                None => json!({"value": value}),
            };
            if let Some(input) = plain(&example.input.value()) {
                let mut call = json!({"input": input});
                if let (true, Some(members)) = (needs_connection, call.as_object_mut()) {
                    members.insert("connection".to_owned(), json!({"fixed": "main"}));
                }
                calls.insert(name.clone(), titled(call));
            }
            let output = example.output.as_ref().map(JsonText::value);
            if let Some(output) = output.as_ref().and_then(plain) {
                answers.insert(name, titled(json!({"output": output, "call": call()})));
            }
        }
        (calls, answers)
    }
}

/// What an answer says of its call, in examples.
fn call() -> Value {
    let usage = Usage { cpu_us: 300, peak_memory_bytes: 524_288, host_calls: 1 };
    json!({"id": "00000000-0000-7000-8000-000000000000", "duration_us": 1500, "usage": usage})
}

/// What all operations of a document share.
pub(super) struct Shared<'d> {
    /// Answers that are no success, by status.
    pub(super) responses: &'d Map<String, Value>,
    /// Parameters by name.
    pub(super) parameters: &'d Map<String, Value>,
    pub(super) needs_connection: bool,
}

/// The name of a shared answer among the components.
pub(super) fn named((status, answer): (String, Value)) -> (String, Value) {
    (response_name(&status), answer)
}

fn response_name(status: &str) -> String {
    format!("Problem{status}")
}

/// The operation of a connector, whose schemas are added to the components.
pub(super) fn render(shown: &Shown<'_>, components: &mut Components, shared: &Shared<'_>) -> Value {
    let name = pascal(shown.name);
    let input = components.add_text(&format!("{name}Input"), shown.input);
    let output = components.add_text(&format!("{name}Output"), shown.output);
    let takes = components.add_object(&format!("{name}Request"), sent(input, shared.needs_connection));
    let gives = components.add_object(&format!("{name}Response"), answered(output));
    let (calls, answers) = shown.examples(shared.needs_connection);
    let mut responses: Map<_, _> = shared
        .responses
        .keys()
        .map(|status| (status.clone(), json!({"$ref": format!("#/components/responses/{}", response_name(status))})))
        .collect();
    responses.insert("200".to_owned(), json!({"description": "Done.", "content": {JSON: content(gives, answers)}}));
    let parameters = shared.parameters.keys().map(|name| json!({"$ref": format!("#/components/parameters/{name}")}));
    let mut operation = json!({
        "operationId": shown.name,
        "summary": shown.title.unwrap_or(shown.name),
        "description": shown.text(),
        "parameters": parameters.collect::<Vec<_>>(),
        "requestBody": {"required": true, "content": {JSON: content(takes, calls)}},
        "responses": responses,
    });
    if let (false, Some(members)) = (shown.tags.is_empty(), operation.as_object_mut()) {
        members.insert("tags".to_owned(), shown.tags.to_vec().into());
    }
    operation
}

fn content(schema: Value, examples: Map<String, Value>) -> Value {
    if examples.is_empty() { json!({"schema": schema}) } else { json!({"schema": schema, "examples": examples}) }
}
