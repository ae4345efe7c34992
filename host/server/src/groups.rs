//! `S/groups`: definitions.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{Code, GroupDefinition, Origin, Problem, merge_patch};
use lockgate_flow::{FlowError, Group};
use serde_json::Value;

use crate::access::Access;
use crate::list::{Keyed, Page};
use crate::response::{Refusal, created, gone, json, tagged};
use crate::{App, body, etag};

/// A group as it is shown: its definition, and what the host adds.
pub(crate) fn show(group: &Group) -> Value {
    let mut shown = serde_json::to_value(&group.stored.definition).unwrap_or_default();
    if let Some(members) = shown.as_object_mut() {
        members.insert("id".to_owned(), group.stored.id.to_string().into());
        members.insert("version".to_owned(), group.stored.version.into());
        members.insert("created_at".to_owned(), time(group.stored.created_at));
        members.insert("updated_at".to_owned(), time(group.stored.updated_at));
        if let Some(package) = &group.package {
            let package = serde_json::json!({"name": package.name, "version": package.version});
            members.insert("package".to_owned(), package);
        }
        let names = group.connectors.keys().map(ToString::to_string).collect::<Vec<_>>();
        members.insert("connector_names".to_owned(), names.into());
    }
    shown
}

/// The same with its connectors without code, so that it can be sent back whole.
fn whole(group: &Group) -> Value {
    let mut shown = show(group);
    let written: Vec<_> = group.definitions().map(|entry| entry.stored.definition.written.value()).collect();
    if let (false, Some(members)) = (written.is_empty(), shown.as_object_mut()) {
        members.insert("connectors".to_owned(), written.into());
    }
    shown
}

/// RFC 3339, from milliseconds.
pub(crate) fn time(at: i64) -> Value {
    jiff::Timestamp::from_millisecond(at).map_or(Value::Null, |at| at.to_string().into())
}

struct Listed {
    /// `org:` before groups of the organization.
    reference: String,
    group: Arc<Group>,
}

impl Keyed for Listed {
    fn key(&self) -> String {
        self.reference.clone()
    }
}

pub(crate) async fn list(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &["visible"])?;
    let all = match page.parameter("visible") {
        None => false,
        Some("all") => true,
        Some(_) => return Err(Refusal::malformed("`visible`: expected `all`")),
    };
    let scope = access.scope()?;
    let catalog = app.host.catalog();
    let seen = catalog.visible(&scope).filter(|(reference, _)| all || reference.origin == Origin::Own);
    let mut found: Vec<_> = seen
        .filter(|(reference, _)| access.caller.reaches(&scope, reference))
        .filter(|(_, group)| {
            let definition = &group.stored.definition;
            let description = definition.description.as_deref().unwrap_or_default();
            page.matches(&[definition.slug.as_str(), &definition.name, description])
        })
        .map(|(reference, group)| Listed { reference: reference.to_string(), group: Arc::clone(group) })
        .collect();
    found.sort_unstable_by(|one, other| one.reference.cmp(&other.reference));
    let shown = page.cut(found.into_iter(), |listed| {
        let mut shown = show(&listed.group);
        if let Some(members) = shown.as_object_mut() {
            members.insert("ref".to_owned(), listed.reference.into());
        }
        shown
    });
    Ok(json(&shown))
}

pub(crate) async fn create(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let definition = definition(body::json(&request.headers, sent).await?)?;
    let group = app.host.create_group(access.scope()?, &definition, &access.caller).await?;
    Ok(tagged(created(&whole(&group)), group.stored.version))
}

pub(crate) async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let group = app.host.group(&access.scope()?, &access.group()?)?;
    Ok(tagged(json(&whole(&group)), group.stored.version))
}

pub(crate) async fn put(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let definition = definition(body::json(&request.headers, sent).await?)?;
    change(app, access, request, |_| Ok(definition)).await
}

/// A merge patch (RFC 7396) of the definition.
pub(crate) async fn patch(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let patch: Value = body::json(&request.headers, sent).await?;
    let merged = |definition: &GroupDefinition| {
        let mut value = serde_json::to_value(definition).unwrap_or_default();
        merge_patch(&mut value, &patch);
        serde_json::from_value(value).map_err(|error| FlowError::Definition(vec![violation(&error)]))
    };
    change(app, access, request, merged).await
}

async fn change(
    app: App,
    access: Access,
    request: Parts,
    change: impl FnOnce(&GroupDefinition) -> Result<GroupDefinition, FlowError>,
) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let (scope, reference) = (access.scope()?, access.group()?);
    let group = app.host.update_group(&scope, &reference, expected, change, &access.caller).await?;
    Ok(tagged(json(&whole(&group)), group.stored.version))
}

pub(crate) async fn delete(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    app.host.delete_group(&access.scope()?, &access.group()?, expected, access.caller.token).await?;
    Ok(gone())
}

/// A definition that does not fit its shape is told like one that breaks a rule.
fn definition(value: Value) -> Result<GroupDefinition, Refusal> {
    serde_json::from_value(value).map_err(|error| {
        let detail = format!("the definition is not valid: {error}");
        Problem::new(Code::DefinitionInvalid, detail).errors(vec![violation(&error)]).into()
    })
}

fn violation(error: &serde_json::Error) -> lockgate_domain::Violation {
    lockgate_domain::Violation::new("", "shape", error.to_string())
}
