//! The OpenAPI document of one group: an operation for each connector that can be called, with its own schemas inside of
//! what an invoke takes and answers. In version 3.1, whose schemas are those of connectors, and lowered to 3.0.

mod body;
mod components;
mod keywords;
mod literal;
mod lower;
mod marks;
mod names;
mod operation;
mod pattern;
mod scan;
mod shape;
mod values;
mod yaml;

use std::collections::BTreeSet;

use lockgate_domain::Code;
use lockgate_flow::Group;
use serde_json::{Map, Value, json};

use super::problems;
use super::schemas::Schemas;
use crate::route::Route;
use components::Components;
use operation::Shown;
pub(crate) use yaml::text as yaml;

/// The version of OpenAPI that a document is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// 3.1: schemas of JSON Schema 2020-12.
    V31,
    /// 3.0: schemas of its own, which say less.
    V30,
}

impl Version {
    /// What a query names it by.
    pub(crate) const NAMES: [&'static str; 2] = ["3.1", "3.0"];

    /// The version of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "3.1" => Some(Self::V31),
            "3.0" => Some(Self::V30),
            _ => None,
        }
    }

    fn number(self) -> &'static str {
        match self {
            Self::V31 => "3.1.0",
            Self::V30 => "3.0.3",
        }
    }
}

/// How a document is asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The version that it is to have.
    pub(crate) version: Version,
    /// The path of the group in the scope of the request, such as `/v1/workspaces/default/groups/shop`.
    pub(crate) path: String,
    /// The reference of the group in that scope.
    pub(crate) reference: String,
    /// Where the host is reached, if it knows that itself.
    pub(crate) server: Option<String>,
}

/// The document of a group. `invoke` is the route that its operations are calls of: parameters, envelopes and codes are
/// those of its own operation.
pub(crate) fn document(group: &Group, asked: &Asked, invoke: &Route) -> Value {
    let definition = &group.stored.definition;
    let needs_connection = group.egress.activation.is_some();
    let mut own = Schemas::new();
    let envelope = body::Envelope::of(&invoke.operation, &mut own);
    let mut responses = problems::answers(&codes(invoke, needs_connection), &mut own);
    let own = json!({"components": {"schemas": own.into_components()}});

    let mut components = Components::new(asked.version);
    components.add_own(&own, "/components/schemas/Problem", "Problem");
    components.add_own(&own, &envelope.call, "Call");
    if needs_connection {
        components.add_value("Connection", &body::connection(&own, &envelope));
    }
    responses.values_mut().for_each(|answer| components.lower_headers(answer));
    let parameters: Map<_, _> = invoke
        .operation
        .parameters
        .iter()
        .filter_map(|one| Some((one.get("name")?.as_str()?.to_owned(), components.parameter(one))))
        .collect();
    let shared = operation::Shared { responses: &responses, parameters: &parameters, needs_connection };

    let mut paths = Map::new();
    let mut tags: BTreeSet<&str> = BTreeSet::new();
    for connector in group.connectors.values().filter(|connector| connector.is_enabled()) {
        let Some(shown) = Shown::of(connector) else { continue };
        tags.extend(shown.tags.iter().map(String::as_str));
        let path = format!("{}/connectors/{}/invoke", asked.path, connector.name);
        paths.insert(path, json!({"post": operation::render(&shown, &mut components, &shared)}));
    }
    let mut info = json!({"title": definition.name, "version": group.stored.version.to_string()});
    if let (Some(description), Some(members)) = (&definition.description, info.as_object_mut()) {
        members.insert("description".to_owned(), description.as_str().into());
    }
    let mut document = json!({
        "openapi": asked.version.number(),
        "info": info,
        "servers": [{"url": asked.server.as_deref().unwrap_or("/"), "description": "The host."}],
        "security": [{"token": []}],
        "tags": tags.iter().map(|tag| json!({"name": tag, "description": "Connectors with this tag."})).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "An access token, `lg_…`."},
            },
            "parameters": parameters,
            "responses": responses.into_iter().map(operation::named).collect::<Map<_, _>>(),
            "schemas": components.into_schemas(),
        },
        "x-lockgate-group": asked.reference,
    });
    if let (Some(url), Some(members)) = (&definition.documentation_url, document.as_object_mut()) {
        members.insert("externalDocs".to_owned(), json!({"url": url}));
    }
    document
}

/// The codes that a call of the group can end with: a group without an activation takes no connection, and one with an
/// activation is not called without one.
fn codes(invoke: &Route, needs_connection: bool) -> Vec<Code> {
    let never = |code: &Code| match needs_connection {
        true => *code == Code::NoActivation,
        false => problems::CONNECTION.contains(code) && *code != Code::NoActivation,
    };
    let all = problems::of_needs(invoke.needs).iter().chain(&invoke.operation.codes);
    all.filter(|code| !never(code)).copied().collect()
}

#[cfg(test)]
mod tests;
