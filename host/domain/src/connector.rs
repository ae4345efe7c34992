//! Declarative connectors as data. A definition has no expressions: placeholders
//! take values of the input, and pointers select parts of the answer.

mod database;
mod errors;
mod escape;
mod field;
mod fill;
mod grpc;
mod headers;
mod http;
mod input;
mod keys;
mod pagination;
mod parameters;
mod path;
mod pointer;
mod put;
mod response;
mod retry;
mod script;
mod status;
mod template;
pub(crate) mod words;

use std::sync::Arc;

use serde_json::Value;

pub use database::{Columns, DatabaseDefinition, DerivedSchemas, Mode, derived, unfit_parameter};
pub use errors::ErrorRule;
pub use field::Field;
pub use fill::Unfit;
pub use grpc::{FilledCall, GrpcDefinition, derived as derived_of_method};
pub use http::{Filled, HttpDefinition};
pub use pagination::{Next, PagePlace, Pagination};
pub use path::Address;
pub use pointer::Pointer;
pub use response::{Format, ResponseRule};
pub use retry::RetryRule;
pub use script::{ScriptDefinition, ScriptLanguage};
pub use status::Statuses;

use crate::objects_only::ObjectsOnly;
use crate::reader::{Node, Object, Violations};
use crate::schema::{Document, Schema};
use crate::{ConnectorName, Digest, Example, Hints, JsonText, Limit, LimitsPatch, Violation};
use http::Becomes;

/// A definition as JSON; each of its schemas has a bound of its own.
const DEFINITION_MAX_BYTES: usize = 640 * 1024;
/// Upper bound of the examples of one connector.
pub(crate) const EXAMPLES_MAX: usize = 32;
/// Upper bound of the tags of one connector.
pub(crate) const TAGS_MAX: usize = 32;

/// The limits that apply to a declarative connector.
pub(crate) const LIMITS: [Limit; 5] = [Limit::Deadline, Limit::Cpu, Limit::Input, Limit::Output, Limit::HostCalls];

/// The limits that apply to a script: all that a guest has, but those of loading one.
pub(crate) const SCRIPT_LIMITS: [Limit; 11] = [
    Limit::Deadline,
    Limit::Cpu,
    Limit::Memory,
    Limit::Input,
    Limit::Output,
    Limit::HostCalls,
    Limit::Handles,
    Limit::UpstreamBody,
    Limit::Rows,
    Limit::LogLines,
    Limit::LogLineBytes,
];

/// A connector with a definition of its own: a request template and rules for the answer, a statement, or a script.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectorDefinition {
    /// The definition as it was sent: this text is stored and shown.
    pub written: JsonText,
    /// Unique in the group, also among the connectors of plugins.
    pub name: ConnectorName,
    /// A short name for people.
    pub title: Option<String>,
    /// What the connector does.
    pub description: Option<String>,
    /// JSON Schema of the input.
    pub input_schema: JsonText,
    /// JSON Schema of the output.
    pub output_schema: JsonText,
    /// Inputs to try, each checked against the schemas.
    pub examples: Vec<Example>,
    /// Keywords for searches.
    pub tags: Vec<String>,
    /// What a caller may assume about its effects.
    pub hints: Hints,
    /// Limits that differ from the group's.
    pub limits: LimitsPatch,
    /// Whether it can be called.
    pub enabled: bool,
    /// What a call of it does.
    pub action: Action,
}

/// What a connector does. A new type is a case here and a file beside the others. Calls share it with the catalog.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// An HTTP request.
    Http(Arc<HttpDefinition>),
    /// A method of a gRPC server.
    Grpc(Arc<GrpcDefinition>),
    /// A statement of a database.
    Database(Arc<DatabaseDefinition>),
    /// The default export of a script.
    Function(Arc<ScriptDefinition>),
}

impl Action {
    /// The value of `type` in definitions.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Http(_) => "http",
            Self::Grpc(_) => "grpc",
            Self::Database(_) => "database",
            Self::Function(_) => "function",
        }
    }

    /// The script of the definition: what a `function` is, and what an `http` connector may have around its request.
    pub fn script(&self) -> Option<&Arc<ScriptDefinition>> {
        match self {
            Self::Http(http) => http.script.as_ref(),
            Self::Grpc(_) | Self::Database(_) => None,
            Self::Function(script) => Some(script),
        }
    }

    /// The digest of the code that the definition has.
    pub fn code(&self) -> Option<Digest> {
        self.script().map(|script| script.digest)
    }
}

impl ConnectorDefinition {
    /// Reads a definition. Its schemas are checked by [`Self::check`].
    ///
    /// # Errors
    /// Every rule that it breaks, with pointers below `pointer`.
    pub fn read(value: &Value, pointer: &str) -> Result<Self, Vec<Violation>> {
        let violations = Violations::default();
        match read(&violations.node(pointer, value)) {
            Some(definition) => violations.result(definition),
            None => Err(violations.into_violations()),
        }
    }

    /// Checks what takes time: whether the schemas can be used, have what the placeholders name, and fit the examples.
    ///
    /// # Errors
    /// Every rule that is broken, with pointers below `pointer`.
    pub fn check(&self, pointer: &str) -> Result<(), Vec<Violation>> {
        let violations = Violations::default();
        let input = self.input_schema.value();
        let compiled = |key: &str, schema: &Value| {
            let refused = |refused| violations.add(format!("{pointer}/{key}"), "schema", format!("{refused}"));
            Schema::compile(schema).map_err(refused).ok()
        };
        let schemas = (compiled("input_schema", &input), compiled("output_schema", &self.output_schema.value()));
        keys::check(&self.written.value(), pointer, &violations);
        match &self.action {
            Action::Http(http) => http.check(pointer, &violations),
            Action::Grpc(_) | Action::Database(_) | Action::Function(_) => {}
        }
        if schemas.0.is_some() {
            match &self.action {
                Action::Http(http) => http.each_field(&mut |place, field, becomes| {
                    check_field(&input, field, becomes, &format!("{pointer}{place}"), &violations);
                }),
                Action::Grpc(grpc) => grpc.each_field(&mut |place, field, becomes| {
                    check_field(&input, field, becomes, &format!("{pointer}{place}"), &violations);
                }),
                Action::Database(database) => database.each_field(&mut |place, field| {
                    check_parameter(&input, field, &format!("{pointer}{place}"), &violations);
                }),
                Action::Function(_) => {}
            }
        }
        for (index, example) in self.examples.iter().enumerate() {
            let sides = [("input", Some(&example.input), &schemas.0), ("output", example.output.as_ref(), &schemas.1)];
            for (side, text, schema) in sides {
                let (Some(text), Some(schema)) = (text, schema) else { continue };
                let Ok(document) = Document::parse(text.text()) else { continue };
                for wrong in schema.validate(&document).err().into_iter().flatten() {
                    let pointer = format!("{pointer}/examples/{index}/{side}{}", wrong.pointer);
                    violations.add(pointer, &wrong.rule, wrong.detail);
                }
            }
        }
        violations.result(())
    }
}

/// The input schema must have the field of a placeholder, with a type that is allowed at its location.
fn check_field(schema: &Value, field: &Field, becomes: Becomes, pointer: &str, violations: &Violations) {
    let Some(known) = input::look_up(schema, field) else {
        let detail = format!("`{{{{{field}}}}}`: the input schema has no such property");
        return violations.add(pointer, "field", detail);
    };
    let one_of = |types: &[&str]| known.types.is_empty() || known.types.iter().any(|own| types.contains(&own.as_str()));
    let text = ["string", "number", "integer", "boolean"];
    let fits = match becomes {
        Becomes::Path | Becomes::Text => one_of(&text),
        Becomes::Texts => one_of(&[text.as_slice(), &["array"]].concat()),
        Becomes::Json => true,
    };
    if !fits {
        let detail =
            format!("`{{{{{field}}}}}` becomes a text here: the schema must allow a string, number or boolean");
        violations.add(pointer, "type", detail);
    }
    if becomes == Becomes::Path && !known.required {
        let detail = format!("`{{{{{field}}}}}` stands in the path: the input schema must require it");
        violations.add(pointer, "required", detail);
    }
}

/// The input schema must have the member of a parameter.
fn check_parameter(schema: &Value, field: &Field, pointer: &str, violations: &Violations) {
    if input::look_up(schema, field).is_none() && *schema != Value::Bool(true) {
        violations.add(pointer, "field", format!("`:{field}`: the input schema has no such property"));
    }
}

fn read(node: &Node<'_>) -> Option<ConnectorDefinition> {
    let mut object = node.object()?;
    let text = serde_json::to_string(node.value).unwrap_or_default();
    if text.len() > DEFINITION_MAX_BYTES {
        node.wrong("size", format!("expected at most {DEFINITION_MAX_BYTES} bytes of JSON"));
    }
    let name = object.required("name").and_then(|node| node.parse("name"));
    let title = object.optional("title").and_then(|node| node.prose(200));
    let description = object.optional("description").and_then(|node| node.prose(8192));
    let action = action(&mut object);
    let is_function = matches!(action, Some(Action::Function(_)));
    let mut side = |key| match is_function {
        // A script takes and gives what it likes until somebody says more.
        true => object.optional(key).map_or_else(|| JsonText::of("true".to_owned()), |node| schema(&node)),
        false => object.required(key).and_then(|node| schema(&node)),
    };
    let (input_schema, output_schema) = (side("input_schema"), side("output_schema"));
    let examples = object.optional("examples").map(|node| node.items(EXAMPLES_MAX)).unwrap_or_default();
    let examples = examples.iter().filter_map(example).collect();
    let tags = object.optional("tags").map(|node| node.items(TAGS_MAX)).unwrap_or_default();
    let tags = tags.iter().filter_map(|node| node.prose(64)).collect();
    let hints = object.optional("hints").and_then(|node| hints(&node)).unwrap_or_default();
    let limits = object
        .optional("limits")
        .and_then(|node| limits(&node, action.as_ref().is_some_and(|action| action.script().is_some())))
        .unwrap_or_default();
    let enabled = object.optional("enabled").is_none_or(|node| node.flag().unwrap_or_default());
    if let Some(Action::Http(http)) = &action
        && http.retry.is_some()
        && !(http.is_idempotent() || hints.idempotent == Some(true))
    {
        let detail = "a request with this method may not be sent twice, unless `hints.idempotent` is true";
        object.node.wrong("retry", detail);
    }
    object.end();
    Some(ConnectorDefinition {
        written: JsonText::of(text)?,
        name: name?,
        title,
        description,
        input_schema: input_schema?,
        output_schema: output_schema?,
        examples,
        tags,
        hints,
        limits,
        enabled,
        action: action?,
    })
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Http,
    Function,
    Grpc,
    Database,
}

const KINDS: [(&str, Kind); 4] =
    [("http", Kind::Http), ("function", Kind::Function), ("grpc", Kind::Grpc), ("database", Kind::Database)];

fn action(object: &mut Object<'_>) -> Option<Action> {
    let node = object.required("type")?;
    let parts = [
        ("http", object.optional("http")),
        ("grpc", object.optional("grpc")),
        ("database", object.optional("database")),
        ("script", object.optional("script")),
    ];
    let kind = node.choice(&KINDS)?;
    let own = match kind {
        Kind::Http => "http",
        Kind::Grpc => "grpc",
        Kind::Database => "database",
        Kind::Function => "script",
    };
    // An `http` connector may have functions around its request.
    let is_known = |key: &str| key == own || (key == "script" && matches!(kind, Kind::Http));
    for other in parts.iter().filter(|(key, _)| !is_known(key)).filter_map(|(_, other)| other.as_ref()) {
        other.wrong("unknown", format!("a connector of this type has `{own}` in its place"));
    }
    let script = parts.iter().find(|(key, _)| *key == "script").and_then(|(_, node)| node.as_ref());
    let Some(node) = parts.iter().find(|(key, _)| *key == own).and_then(|(_, node)| node.as_ref()) else {
        object.node.wrong("required", format!("expected the key `{own}`"));
        return None;
    };
    match kind {
        Kind::Http => HttpDefinition::read(node, script).map(|http| Action::Http(Arc::new(http))),
        Kind::Grpc => GrpcDefinition::read(node).map(|grpc| Action::Grpc(Arc::new(grpc))),
        Kind::Database => DatabaseDefinition::read(node).map(|database| Action::Database(Arc::new(database))),
        Kind::Function => ScriptDefinition::read(node).map(|script| Action::Function(Arc::new(script))),
    }
}

fn schema(node: &Node<'_>) -> Option<JsonText> {
    if !(node.value.is_object() || node.value.is_boolean()) {
        node.wrong("type", "expected a JSON Schema: an object, true or false");
    }
    JsonText::of(node.value.to_string())
}

fn example(node: &Node<'_>) -> Option<Example> {
    let mut object = node.object()?;
    let title = object.optional("title").and_then(|node| node.prose(200));
    let input = object.required("input").and_then(|node| JsonText::of(node.value.to_string()));
    let output = object.optional("output").and_then(|node| JsonText::of(node.value.to_string()));
    object.end();
    Some(Example { title, input: input?, output })
}

fn hints(node: &Node<'_>) -> Option<Hints> {
    let mut object = node.object()?;
    let mut flag = |key| object.optional(key).and_then(|node| node.flag());
    let hints =
        Hints { read_only: flag("read_only"), idempotent: flag("idempotent"), destructive: flag("destructive") };
    object.end();
    Some(hints)
}

fn limits(node: &Node<'_>, is_script: bool) -> Option<LimitsPatch> {
    let own: &[Limit] = if is_script { &SCRIPT_LIMITS } else { &LIMITS };
    let names: Vec<&str> = own.iter().map(|limit| limit.name()).collect();
    node.object()?;
    for key in node.value.as_object()?.keys().filter(|key| !names.contains(&key.as_str())) {
        let detail = format!("a connector of this type has only the limits {}", names.join(", "));
        node.wrong_below(&format!("/{key}"), "unknown", detail);
    }
    let patch: Result<LimitsPatch, _> = ObjectsOnly::of_value(node.value.clone());
    let patch = patch.map_err(|error| node.wrong("limits", error.to_string())).ok()?;
    patch.violations("").into_iter().for_each(|wrong| node.wrong_below(&wrong.pointer, &wrong.rule, wrong.detail));
    Some(patch)
}

#[cfg(test)]
mod tests;
