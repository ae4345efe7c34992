//! `S/groups`: definitions.

mod connected;
pub(crate) mod definition;
mod dependents;
mod openapi;

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{
    Caller, Code, ConnectorName, GroupDefinition, GroupId, GroupReference, Origin, Problem, Scope, Slug, merge_patch,
};
use lockgate_flow::{FlowError, Group, GroupDiff};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::access::Access;
use crate::list::{Keyed, Page, allow_removal};
use crate::openapi::parameter;
use crate::response::{self, Refusal, created, gone, json as answer, tagged};
use crate::route::{EDITOR, Resource, Route, VIEWER};
use crate::time::Time;
use crate::{App, body, etag};
use connected::States;
use definition::ShownDefinition;

/// A group as it is shown: its definition, and what the host adds.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Group")]
struct Shown<'a> {
    #[serde(flatten)]
    #[schemars(with = "ShownDefinition")]
    definition: &'a GroupDefinition,
    /// Its connectors as they were written, so that it can be sent back whole; not in lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(skip)]
    connectors: Vec<Value>,
    /// Its id.
    id: GroupId,
    /// How it is named in this scope; in lists.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// The ready-made package that it came with.
    #[serde(skip_serializing_if = "Option::is_none")]
    package: Option<Package>,
    /// What can be called.
    connector_names: Vec<ConnectorName>,
    /// How many connections of this scope are in which state; in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    connections: Option<States>,
    /// The number in the `ETag`.
    #[schemars(range(min = 0))]
    version: i64,
    /// When it was made.
    created_at: Time,
    /// When it was changed last.
    updated_at: Time,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Package {
    /// Its name.
    name: Slug,
    /// Its version.
    version: String,
}

impl<'a> Shown<'a> {
    /// As in lists.
    fn of(group: &'a Group) -> Self {
        let package = group.package.as_ref();
        Self {
            definition: &group.stored.definition,
            connectors: Vec::new(),
            id: group.stored.id,
            reference: None,
            package: package.map(|own| Package { name: own.name.clone(), version: own.version.to_string() }),
            connector_names: group.connectors.keys().cloned().collect(),
            connections: None,
            version: group.stored.version,
            created_at: Time(group.stored.created_at),
            updated_at: Time(group.stored.updated_at),
        }
    }

    fn whole(group: &'a Group) -> Self {
        let written = group.definitions().map(|entry| entry.stored.definition.written.value());
        Self { connectors: written.collect(), ..Self::of(group) }
    }
}

struct Listed {
    /// `org:` before groups of the organization.
    reference: GroupReference,
    group: Arc<Group>,
}

impl Keyed for Listed {
    fn key(&self) -> String {
        self.reference.to_string()
    }
}

/// The groups that are looked for, in the order of their references.
fn visible(app: &App, (scope, caller): (&Scope, &Caller), page: &Page, wanted: Option<Origin>) -> Vec<Listed> {
    let catalog = app.host.queries().catalog();
    let seen = catalog.visible(scope).filter(|(reference, _)| wanted.is_none_or(|origin| reference.origin == origin));
    let mut found: Vec<_> = seen
        .filter(|(reference, _)| caller.reaches(scope, reference))
        .filter(|(_, group)| {
            let definition = &group.stored.definition;
            let description = definition.description.as_deref().unwrap_or_default();
            page.matches(&[definition.slug.as_str(), &definition.name, description])
        })
        .map(|(reference, group)| Listed { reference, group: Arc::clone(group) })
        .collect();
    found.sort_by_cached_key(Keyed::key);
    found
}

async fn list(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &["visible"])?;
    // None: of every origin.
    let wanted = match page.parameter("visible") {
        None => Some(Origin::Own),
        Some("organization") => Some(Origin::Organization),
        Some("community") => Some(Origin::Community),
        Some("all") => None,
        Some(_) => return Err(Refusal::malformed("`visible`: expected `all`, `organization` or `community`")),
    };
    let scope = access.scope()?;
    let found = visible(&app, (&scope, &access.caller), &page, wanted);
    let part = page.cut(found.into_iter(), |listed| listed);
    let on_page = part.items().iter().map(|listed| &listed.reference);
    let states = connected::states(&app, (&scope, &access.caller), on_page).await?;
    let shown = part.shown(|listed| {
        let reference = listed.reference.to_string();
        let connections = Some(states.get(&listed.reference).cloned().unwrap_or_default());
        let shown = Shown { reference: Some(reference), connections, ..Shown::of(&listed.group) };
        let mut shown = serde_json::to_value(shown).unwrap_or_default();
        // A page of groups with their files would be some tens of megabytes.
        shown.as_object_mut().and_then(|members| members.remove("protos"));
        shown
    });
    Ok(answer(&shown))
}

async fn create(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let definition = read(body::json(&request.headers, sent).await?)?;
    let group = app.host.changes().create_group(access.scope()?, &definition, &access.caller).await?;
    Ok(tagged(created(&Shown::whole(&group)), group.stored.version))
}

async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let group = app.host.queries().group(&access.scope()?, &access.group()?)?;
    Ok(tagged(answer(&Shown::whole(&group)), group.stored.version))
}

async fn put(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let definition = read(body::json(&request.headers, sent).await?)?;
    change(app, access, request, |_| Ok(definition.clone())).await
}

/// A merge patch (RFC 7396) of the definition.
async fn patch(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let patch = body::value(&request.headers, sent).await?;
    let merged = |definition: &GroupDefinition| {
        let mut value = serde_json::to_value(definition).unwrap_or_default();
        merge_patch(&mut value, &patch);
        GroupDefinition::read(value).map_err(FlowError::Definition)
    };
    change(app, access, request, merged).await
}

async fn change(
    app: App,
    access: Access,
    request: Parts,
    change: impl Fn(&GroupDefinition) -> Result<GroupDefinition, FlowError>,
) -> Result<Response<Body>, Refusal> {
    let known = (etag::expected(&request.headers)?, allow_removal(request.uri.query())?);
    let (scope, reference) = (access.scope()?, access.group()?);
    let group = app.host.changes().update_group(&scope, &reference, known, change, &access.caller).await?;
    Ok(tagged(answer(&Shown::whole(&group)), group.stored.version))
}

/// What a `PUT` of the same body would change.
async fn diff(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let (scope, reference) = (access.scope()?, access.group()?);
    app.host.queries().group(&scope, &reference)?;
    let definition = read(body::json(&request.headers, sent).await?)?;
    Ok(response::json_as_declared(&app.host.queries().diff_group(&scope, &reference, &definition).await?))
}

async fn delete(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    app.host.changes().delete_group(&access.scope()?, &access.group()?, expected, &access.caller).await?;
    Ok(gone())
}

/// A definition that does not fit its shape is refused like one that breaks a rule.
fn read(value: Value) -> Result<GroupDefinition, Refusal> {
    GroupDefinition::read(value).map_err(|violations| {
        let first = violations.first().map(|one| one.detail.as_str()).unwrap_or_default();
        Problem::new(Code::DefinitionInvalid, format!("the definition is not valid: {first}")).errors(violations).into()
    })
}

pub(crate) fn resource() -> Resource {
    const ALL: &str = "{S}/groups";
    const ONE: &str = "{S}/groups/{ref}";
    let changes = [Code::Forbidden, Code::ReadOnly, Code::ScopeDisabled, Code::Conflict, Code::DefinitionInvalid];
    let visible = "`all` adds the groups of the organization, and the ready-made ones; `organization` and `community` list \
        these alone.";
    let mut routes = vec![
        Route::get(ALL, VIEWER, &list)
            .operation("list_groups", "List groups")
            .lists::<Shown<'_>>()
            .parameter(parameter::words())
            .parameter(parameter::query(
                "visible",
                visible,
                json!({"type": "string", "enum": ["all", "organization", "community"]}),
            )),
        Route::post(ALL, EDITOR, &create)
            .operation("create_group", "Make a group")
            .describe("`INTERNAL` and capabilities need the role `operator`.")
            .takes::<GroupDefinition>()
            .makes::<Shown<'_>>()
            .tagged()
            .refuses(&changes),
        Route::get(ONE, VIEWER, &get).operation("get_group", "Show a group").gives::<Shown<'_>>().tagged(),
        Route::put(ONE, EDITOR, &put)
            .operation("replace_group", "Replace the definition of a group")
            .if_match()
            .parameter(parameter::removal())
            .refuses(&[Code::RemovalNotAllowed])
            .takes::<GroupDefinition>()
            .gives::<Shown<'_>>()
            .tagged()
            .refuses(&changes),
        Route::patch(ONE, EDITOR, &patch)
            .operation("update_group", "Change values of a group")
            .describe("A merge patch (RFC 7396): null removes a member.")
            .if_match()
            .parameter(parameter::removal())
            .refuses(&[Code::RemovalNotAllowed])
            .takes_patch::<definition::GroupPatch>()
            .gives::<Shown<'_>>()
            .tagged()
            .refuses(&changes),
        Route::delete(ONE, EDITOR, &delete)
            .operation("delete_group", "Delete a group with its plugins")
            .describe("One that has connections or installations needs the role `operator`.")
            .if_match()
            .refuses(&[Code::Forbidden, Code::ReadOnly, Code::ScopeDisabled]),
        Route::prepare("{S}/groups/{ref}/diff", EDITOR, &diff)
            .operation("diff_group", "Show what a definition would change")
            .describe("Nothing is saved.")
            .takes::<GroupDefinition>()
            .gives::<GroupDiff>()
            .refuses(&[Code::Forbidden, Code::ReadOnly, Code::DefinitionInvalid, Code::ConnectorTaken]),
        Route::get("{S}/groups/{ref}/dependents", EDITOR, &dependents::get)
            .operation("group_dependents", "Show what would be lost with a group")
            .gives::<dependents::Dependents>()
            .refuses(&[Code::Forbidden, Code::ReadOnly]),
    ];
    routes.extend(openapi::routes());
    let description = "A group holds related connectors and is one identity towards the outside.";
    Resource { name: "groups", description, routes }
}
