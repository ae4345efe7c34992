//! The `grpc` type: one method, called with one message that is made from the input. Its messages are JSON here; the
//! descriptors of the group say what they may have.

use serde_json::{Value, json};

use super::fill::{Unfit, json};
use super::headers::Headers;
use super::http::Becomes;
use super::template::Tree;
use crate::reader::Node;
use crate::schema::DocumentValue;
use crate::{DestinationName, Violation};

/// Messages of a stream that are read where the definition says nothing.
const MESSAGES: u64 = 1_000;
/// Upper bound of `max_messages`; the limit `rows` of the group applies beside it.
pub(crate) const MESSAGES_MAX: u64 = 10_000_000;
/// Bytes of the name of a service or method.
const NAME_MAX: usize = 256;

/// A connector that is one call of a method.
#[derive(Debug, Clone, PartialEq)]
pub struct GrpcDefinition {
    /// The service with its package, such as `shop.v1.Orders`.
    pub service: String,
    /// The method's name.
    pub method: String,
    /// The request's message; the input itself without it.
    request: Option<Tree>,
    metadata: Headers,
    /// How many messages of a stream are read.
    pub max_messages: u64,
    /// The server, by the name of its destination; needed where the group has several.
    pub destination: Option<DestinationName>,
}

/// A call that is ready but for what credentials add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilledCall {
    /// The message as JSON; none where it is the input itself.
    pub message: Option<Vec<u8>>,
    /// Names in lower case.
    pub metadata: Vec<(String, String)>,
}

impl GrpcDefinition {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut object = node.object()?;
        let service = object.required("service").and_then(|node| name(&node, true));
        let method = object.required("method").and_then(|node| name(&node, false));
        let request = object.optional("request");
        let metadata = object.optional("metadata").map(|node| metadata(&node)).unwrap_or_default();
        let max_messages = object.optional("max_messages").map_or(Some(MESSAGES), |node| node.number(1, MESSAGES_MAX));
        let destination = object.optional("destination").map(|node| node.parse("name"));
        object.end();
        let request = match request {
            Some(node) => Some(Tree::read(&node)?),
            None => None,
        };
        Some(Self {
            service: service?,
            method: method?,
            request,
            metadata,
            max_messages: max_messages?,
            destination: match destination {
                Some(name) => Some(name?),
                None => None,
            },
        })
    }

    /// The method as descriptors name it: `shop.v1.Orders/Create`.
    pub fn path(&self) -> String {
        format!("{}/{}", self.service, self.method)
    }

    /// Whether the message is made from a template, and not the input itself.
    pub fn has_template(&self) -> bool {
        self.request.is_some()
    }

    /// The call for an input, with a message of at most `max` bytes of JSON.
    ///
    /// # Errors
    /// A value does not fit its place, or the message is too large.
    pub fn fill(&self, input: DocumentValue<'_>, max: usize) -> Result<FilledCall, Unfit> {
        let message = match &self.request {
            None => None,
            Some(tree) => {
                let mut out = Vec::new();
                // A template that is one field without a value says nothing, and so does a message without fields.
                Some(if json(tree, input, max, &mut out)? { out } else { b"{}".to_vec() })
            }
        };
        let metadata = self.metadata.fill(input)?.into_iter().map(|(name, value)| (name.to_owned(), value));
        Ok(FilledCall { message, metadata: metadata.collect() })
    }

    /// Calls `see` with each placeholder's pointer in the definition, its field, and what it becomes.
    pub(super) fn each_field(&self, see: &mut dyn FnMut(&str, &super::Field, Becomes)) {
        if let Some(tree) = &self.request {
            tree.each_field(&mut |field, whole| {
                see("/grpc/request", field, if whole { Becomes::Json } else { Becomes::Text });
            });
        }
        for (name, text) in self.metadata.texts() {
            text.fields().for_each(|field| see(&format!("/grpc/metadata/{name}"), field, Becomes::Text));
        }
    }

    /// The part of a definition that has none of its schemas, for who derives them.
    pub fn of_definition(definition: &Value) -> Option<Result<Self, Vec<Violation>>> {
        let own = definition.get("grpc").filter(|_| definition.get("type").is_some_and(|own| own == "grpc"))?;
        let violations = crate::reader::Violations::default();
        Some(match Self::read(&violations.node("/grpc", own)) {
            Some(read) => violations.result(read),
            None => Err(violations.into_violations()),
        })
    }
}

/// A name of a service, which has dots, or of a method.
fn name(node: &Node<'_>, dotted: bool) -> Option<String> {
    let text = node.text()?;
    let part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let valid = text.len() <= NAME_MAX && if dotted { text.split('.').all(part) } else { part(text) };
    if !valid {
        let expected = if dotted { "a service with its package, such as `shop.v1.Orders`" } else { "a method's name" };
        node.wrong("name", format!("expected {expected}"));
    }
    valid.then(|| text.to_owned())
}

/// Metadata are headers, but for those that gRPC has for itself.
fn metadata(node: &Node<'_>) -> Headers {
    let read = Headers::read(node);
    for (name, _) in read.texts() {
        let own = name.starts_with("grpc-") || matches!(name, "content-type" | "user-agent" | "accept");
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte);
        if own {
            node.wrong_below(&format!("/{name}"), "name", format!("`{name}` is set by the host"));
        } else if !name.bytes().all(allowed) {
            node.wrong_below(&format!("/{name}"), "name", "expected letters, digits, `_`, `-` and `.`");
        }
    }
    read
}

/// The schemas that follow from the messages of a method: of an input that is the message, and of the answer.
pub fn derived(definition: &GrpcDefinition, message: Value, answer: Value) -> super::DerivedSchemas {
    let input = if definition.has_template() { template_input(definition) } else { message };
    super::DerivedSchemas { input, output: answer }
}

/// Of a template it is known which members it uses, and nothing else.
fn template_input(definition: &GrpcDefinition) -> Value {
    let mut members = serde_json::Map::new();
    definition.each_field(&mut |_, field, _| {
        let name = field.to_string();
        let first = name.split('.').next().unwrap_or_default().to_owned();
        members.insert(first, json!({}));
    });
    json!({"type": "object", "properties": members})
}

#[cfg(test)]
mod tests {
    use super::super::{Action, ConnectorDefinition};
    use super::*;
    use crate::schema::Document;

    fn read(grpc: &Value) -> Result<GrpcDefinition, Vec<Violation>> {
        let definition = json!({
            "name": "orders", "type": "grpc", "input_schema": true, "output_schema": true, "grpc": grpc,
        });
        match ConnectorDefinition::read(&definition, "")?.action {
            Action::Grpc(grpc) => Ok(GrpcDefinition::clone(&grpc)),
            Action::Http(_) | Action::Database(_) | Action::Function(_) => panic!("another type"),
        }
    }

    #[test]
    fn a_call_is_filled_from_the_input() {
        let own = read(&json!({
            "service": "shop.v1.Orders", "method": "Create",
            "request": {"order": {"id": "{{id}}", "note": "for {{name}}", "tags": ["{{tag}}"]}, "dry": true},
            "metadata": {"X-Trace": "t-{{id}}", "x-none": "{{none}}"},
        }))
        .unwrap();
        assert!(own.path() == "shop.v1.Orders/Create" && own.max_messages == 1_000 && own.has_template());
        let input = Document::parse(r#"{"id": 9007199254740993, "name": "Ada"}"#).unwrap();
        let filled = own.fill(input.root(), 1_000).unwrap();
        let message = String::from_utf8(filled.message.unwrap()).unwrap();
        assert_eq!(message, r#"{"dry":true,"order":{"id":9007199254740993,"note":"for Ada","tags":[]}}"#);
        assert_eq!(filled.metadata, [("x-trace".to_owned(), "t-9007199254740993".to_owned())]);
        assert!(matches!(own.fill(input.root(), 10), Err(Unfit::TooLarge(10))));
        let plain = read(&json!({"service": "a.B", "method": "C"})).unwrap();
        assert_eq!(plain.fill(input.root(), 10).unwrap(), FilledCall { message: None, metadata: Vec::new() });
        assert_eq!(
            derived(&own, json!(1), json!(2)).input["properties"],
            json!({"id": {}, "name": {}, "none": {}, "tag": {}})
        );
        assert_eq!(derived(&plain, json!(1), json!(2)).input, json!(1));
    }

    #[test]
    fn what_is_no_call_is_refused_with_its_place() {
        for (grpc, pointer, rule) in [
            (json!({"method": "C"}), "/grpc", "required"),
            (json!({"service": "a/B", "method": "C"}), "/grpc/service", "name"),
            (json!({"service": "a..B", "method": "C"}), "/grpc/service", "name"),
            (json!({"service": "a.B", "method": "B.C"}), "/grpc/method", "name"),
            (json!({"service": "a.B", "method": "C", "max_messages": 0}), "/grpc/max_messages", "type"),
            (json!({"service": "a.B", "method": "C", "request": "{{"}), "/grpc/request", "template"),
            (json!({"service": "a.B", "method": "C", "request": {"{{a}}": 1}}), "/grpc/request/{{a}}", "template"),
            (
                json!({"service": "a.B", "method": "C", "metadata": {"grpc-timeout": "1S"}}),
                "/grpc/metadata/grpc-timeout",
                "name",
            ),
            (
                json!({"service": "a.B", "method": "C", "metadata": {"authorization": "x"}}),
                "/grpc/metadata/authorization",
                "name",
            ),
            (json!({"service": "a.B", "method": "C", "metadata": {"te": "x"}}), "/grpc/metadata/te", "name"),
            (json!({"service": "a.B", "method": "C", "metadata": {"a!b": "x"}}), "/grpc/metadata/a!b", "name"),
            (json!({"service": "a.B", "method": "C", "stream": 1}), "/grpc/stream", "unknown"),
        ] {
            let definition = json!({
                "name": "orders", "type": "grpc", "input_schema": true, "output_schema": true, "grpc": grpc,
            });
            let read = ConnectorDefinition::read(&definition, "").and_then(|read| read.check(""));
            let found: Vec<_> = read.unwrap_err().into_iter().map(|wrong| (wrong.pointer, wrong.rule)).collect();
            assert!(found.contains(&(pointer.to_owned(), rule.to_owned())), "{definition}: {found:?}");
        }
    }

    #[test]
    fn the_input_schema_has_what_the_template_names() {
        let definition = json!({
            "name": "orders", "type": "grpc", "output_schema": true,
            "input_schema": {"type": "object", "properties": {"a": {"type": "object"}}},
            "grpc": {"service": "a.B", "method": "C", "request": {"a": "{{a}}", "b": "{{b}}", "c": "x{{a}}"}},
        });
        let wrong = ConnectorDefinition::read(&definition, "").unwrap().check("").unwrap_err();
        let found: Vec<_> = wrong.iter().map(|wrong| wrong.rule.as_str()).collect();
        assert_eq!(found, ["field", "type"], "{wrong:?}");
    }
}
