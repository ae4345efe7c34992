//! One operation of the document, as the file of its noun writes it.

use std::collections::BTreeMap;

use lockgate_domain::Code;
use serde_json::{Value, json};

use super::schema::{page, reference};
use super::{parameter, problem};
use crate::response::status;
use crate::routes::{Needs, ORGANIZATION};

#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) address: &'static str,
    pub(super) id: &'static str,
    summary: &'static str,
    description: &'static str,
    parameters: Vec<Value>,
    body: Option<Value>,
    answer: (u16, Value),
    /// Answers that are no problem documents, beside the one of success.
    further: Vec<(u16, Value)>,
    codes: Vec<Code>,
}

impl Operation {
    /// An operation that answers 204 unless something else is said. Its summary is an order.
    pub(super) fn new(method: &'static str, address: &'static str, id: &'static str, summary: &'static str) -> Self {
        let answer = (204, json!({"description": "Done."}));
        let mut codes = Vec::new();
        if address.contains('{') {
            codes.extend([Code::MalformedRequest, Code::NotFound]);
        }
        Self {
            method,
            address,
            id,
            summary,
            description: "",
            parameters: Vec::new(),
            body: None,
            answer,
            further: Vec::new(),
            codes,
        }
    }

    /// More than the summary says.
    pub(super) fn describe(mut self, text: &'static str) -> Self {
        self.description = text;
        self
    }

    pub(super) fn parameter(mut self, parameter: Value) -> Self {
        self.parameters.push(parameter);
        self.refuses(&[Code::MalformedRequest])
    }

    /// It takes a JSON document of that schema.
    pub(super) fn takes(self, schema: &str) -> Self {
        self.takes_as(&["application/json"], reference(schema))
    }

    /// It takes a merge patch (RFC 7396) of that schema.
    pub(super) fn takes_patch(self, schema: &str) -> Self {
        self.takes_as(&["application/json", "application/merge-patch+json"], reference(schema))
    }

    pub(super) fn takes_as(mut self, types: &[&str], schema: Value) -> Self {
        let content = types.iter().map(|r#type| ((*r#type).to_owned(), json!({"schema": schema})));
        let content: BTreeMap<_, _> = content.collect();
        self.body = Some(json!({"required": true, "content": content}));
        self.refuses(&[Code::MalformedRequest, Code::InputTooLarge, Code::UnsupportedMediaType])
    }

    /// A change of an object with a version.
    pub(super) fn if_match(self) -> Self {
        self.parameter(parameter::if_match()).refuses(&[Code::PreconditionFailed])
    }

    /// It answers with a document of that schema.
    pub(super) fn gives(self, status: u16, schema: &str) -> Self {
        self.gives_as(status, "application/json", reference(schema))
    }

    /// It answers with an object of that schema, and its version as `ETag`.
    pub(super) fn gives_tagged(self, status: u16, schema: &str) -> Self {
        let mut operation = self.gives(status, schema);
        if let Some(answer) = operation.answer.1.as_object_mut() {
            let tag = json!({"description": "The object's version.", "required": true, "schema": {"type": "string"}});
            answer.insert("headers".to_owned(), json!({"ETag": tag}));
        }
        operation
    }

    pub(super) fn gives_as(mut self, status: u16, r#type: &str, schema: Value) -> Self {
        let description = if status == 201 { "Made." } else { "Done." };
        self.answer = (status, json!({"description": description, "content": {r#type: {"schema": schema}}}));
        self
    }

    /// It answers with a page for a browser, also when it ends with these codes.
    pub(super) fn shows_page(self, codes: &[Code]) -> Self {
        let page = || json!({"text/html; charset=utf-8": {"schema": {"type": "string"}}});
        let described = |code: &Code| json!({"description": format!("`{code}` {}", code.title()), "content": page()});
        let shown = self.gives_as(200, "text/html; charset=utf-8", json!({"type": "string"}));
        codes.iter().fold(shown, |own, code| own.answers(status(*code).as_u16(), described(code)))
    }

    /// It answers with this as well.
    pub(super) fn answers(mut self, status: u16, answer: Value) -> Self {
        self.further.push((status, answer));
        self
    }

    /// It answers with a page of a list.
    pub(super) fn lists(self, of: &str) -> Self {
        let [limit, cursor] = parameter::list();
        self.parameter(limit).parameter(cursor).gives_as(200, "application/json", page(of))
    }

    /// Further codes that it can end with.
    pub(super) fn refuses(mut self, codes: &[Code]) -> Self {
        self.codes.extend(codes);
        self
    }

    /// The operation at one of its paths; `prefix` is that of the scope, where the address is below both.
    pub(super) fn render(&self, tag: &str, needs: Needs, path: &str, prefix: &str) -> Value {
        let id = match prefix {
            "" => self.id.to_owned(),
            ORGANIZATION => format!("{}_in_organization", self.id),
            _ => format!("{}_in_workspace", self.id),
        };
        let mut codes = problem::of_needs(needs).to_vec();
        codes.extend(&self.codes);
        let mut responses = problem::answers(&codes);
        let own = std::iter::once(&self.answer).chain(&self.further);
        responses.extend(own.map(|(status, answer)| (status.to_string(), answer.clone())));
        let parameters: Vec<_> = parameter::parts(path).chain(self.parameters.iter().cloned()).collect();
        let description = format!("{}\n\n{}", self.description, allowed(needs));
        let mut shown = json!({
            "operationId": id,
            "summary": self.summary,
            "description": description.trim(),
            "tags": [tag],
            "x-lockgate-address": self.address,
            "parameters": parameters,
            "responses": responses,
            "security": if needs == Needs::Nothing { json!([]) } else { json!([{"token": []}]) },
        });
        if let (Some(body), Some(members)) = (&self.body, shown.as_object_mut()) {
            members.insert("requestBody".to_owned(), body.clone());
        }
        shown
    }
}

/// Who may do it, in a sentence.
fn allowed(needs: Needs) -> String {
    match needs {
        Needs::Nothing => "Asks for no token.".to_owned(),
        Needs::Role(role) => format!("Needs the role `{role}`."),
        Needs::RoleOrOwner(role) => format!("Needs the role `{role}`, or the owner of the host."),
        Needs::Owner => "For the owner of the host: an admin of the organization `default`.".to_owned(),
    }
}
