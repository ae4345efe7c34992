//! One route as an operation of the document.

use serde_json::{Map, Value, json};

use super::operation::{Answer, Body};
use super::schemas::Schemas;
use super::{parameter, problems};
use crate::route::ORGANIZATION;
use crate::route::{Needs, Route};

impl Route {
    /// The operation at one of the paths of the route.
    pub(super) fn render(&self, tag: &str, path: &str, schemas: &mut Schemas) -> Value {
        let operation = &self.operation;
        let mut codes = problems::of_needs(self.needs).to_vec();
        codes.extend(&operation.codes);
        let mut responses = problems::answers(&codes, schemas);
        for answer in std::iter::once(&operation.answer).chain(&operation.further) {
            responses.insert(answer.status.to_string(), answer.render(schemas));
        }
        let parts = parameter::parts(path, operation.calls);
        let parameters: Vec<_> = parts.chain(operation.parameters.iter().cloned()).collect();
        let description = format!("{}\n\n{}", operation.description, allowed(self.needs));
        let mut shown = json!({
            "operationId": self.id_at(path),
            "summary": operation.summary,
            "description": description.trim(),
            "tags": [tag],
            "x-lockgate-address": self.path,
            "parameters": parameters,
            "responses": responses,
            "security": if self.needs == Needs::Nothing { json!([]) } else { json!([{"token": []}]) },
        });
        if let (Some(body), Some(members)) = (&operation.body, shown.as_object_mut()) {
            members.insert("requestBody".to_owned(), body.render(schemas));
        }
        shown
    }

    /// The id of the operation, which says the kind of scope where the route is below both.
    fn id_at(&self, path: &str) -> String {
        let id = self.operation.id;
        match self.path.strip_prefix("{S}") {
            None => id.to_owned(),
            Some(_) if path.starts_with(ORGANIZATION) => format!("{id}_in_organization"),
            Some(_) => format!("{id}_in_workspace"),
        }
    }
}

impl Body {
    fn render(&self, schemas: &mut Schemas) -> Value {
        let schema = (self.schema)(&mut schemas.sent);
        let content: Map<_, _> =
            self.types.iter().map(|r#type| ((*r#type).to_owned(), json!({"schema": schema}))).collect();
        json!({"required": true, "content": content})
    }
}

impl Answer {
    fn render(&self, schemas: &mut Schemas) -> Value {
        let mut shown = Map::new();
        shown.insert("description".to_owned(), self.description.as_str().into());
        if let Some((types, schema)) = &self.content {
            let schema = schema(&mut schemas.shown);
            let content: Map<_, _> =
                types.iter().map(|r#type| ((*r#type).to_owned(), json!({"schema": schema}))).collect();
            shown.insert("content".to_owned(), content.into());
        }
        if self.tagged {
            let tag = json!({"description": "The object's version.", "required": true, "schema": {"type": "string"}});
            shown.insert("headers".to_owned(), json!({"ETag": tag}));
        }
        shown.into()
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
