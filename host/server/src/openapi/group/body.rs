//! What an invoke takes and answers around the connector's own input and output.

use serde_json::{Map, Value, json};

use crate::openapi::operation::Operation;
use crate::openapi::schemas::Schemas;

/// Where the parts of the envelopes are, among the schemas of the host's own types.
pub(super) struct Envelope {
    /// JSON pointer of what is answered beside the output.
    pub(super) call: String,
    /// JSON pointer of the connection in what is sent.
    connection: String,
}

impl Envelope {
    /// Those of the operation of the invoke route, whose types are added to `schemas`.
    pub(super) fn of(operation: &Operation, schemas: &mut Schemas) -> Self {
        let sent = operation.body.as_ref().map(|body| (body.schema)(&mut schemas.sent));
        let shown = operation.answer.content.as_ref().map(|(_, schema)| schema(&mut schemas.shown));
        let pointer = |schema: Option<schemars::Schema>, member: &str| {
            let place = schema.as_ref().and_then(|schema| schema.get("$ref")?.as_str()?.strip_prefix('#'));
            format!("{}/properties/{member}", place.unwrap_or_default())
        };
        Self { call: pointer(shown, "call"), connection: pointer(sent, "connection") }
    }
}

/// The schema of the connection of a call, in a group whose calls need one: the forms that name one.
pub(super) fn connection(own: &Value, envelope: &Envelope) -> Value {
    let mut schema = own.pointer(&envelope.connection);
    while let Some(place) = schema.and_then(|schema| schema.get("$ref")?.as_str()?.strip_prefix('#')) {
        schema = own.pointer(place);
    }
    let forms = schema.and_then(|schema| schema.get("oneOf")?.as_array()).into_iter().flatten();
    let forms = forms.filter(|form| form.get("type").is_some_and(|own| own == "object"));
    // Each object gets a name: generators make up names of their own for those without, and some make one up twice.
    let (mut named, mut choices) = (Map::new(), Vec::new());
    for form in forms {
        let mut form = form.clone();
        let members = form.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten();
        let mut word = String::new();
        for (name, value) in members {
            word.clone_from(name);
            if value.get("type").is_some_and(|own| own == "object") {
                let inner = format!("{name}_choice");
                let reference = json!({"$ref": format!("#/$defs/{inner}")});
                named.insert(inner, std::mem::replace(value, reference));
            }
        }
        choices.push(json!({"$ref": format!("#/$defs/{word}")}));
        named.insert(word, form);
    }
    let description = "The connection that the call runs with: one of the scope, or one of a tenant.";
    json!({"description": description, "oneOf": choices, "$defs": named})
}

/// The body of a call.
pub(super) fn sent(input: Value, needs_connection: bool) -> Value {
    let mut properties = json!({"input": input});
    let mut required = vec!["input"];
    if let (true, Some(members)) = (needs_connection, properties.as_object_mut()) {
        members.insert("connection".to_owned(), json!({"$ref": "#/components/schemas/Connection"}));
        required.push("connection");
    }
    json!({"type": "object", "required": required, "additionalProperties": false, "properties": properties})
}

/// The answer to a call.
pub(super) fn answered(output: Value) -> Value {
    let properties = json!({"output": output, "call": {"$ref": "#/components/schemas/Call"}});
    json!({"type": "object", "required": ["output", "call"], "properties": properties})
}
