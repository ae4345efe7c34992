//! Packages and folders: groups that leave a scope, and groups that come.

use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Response};
use lockgate_domain::{Code, Problem, Role};
use lockgate_flow::{OnConflict, PackageBytes, PackageOptions, Plan};
use serde_json::json;

use super::plugins::COMPONENT_REFUSED;
use crate::access::Access;
use crate::list::{flag, pairs};
use crate::openapi::parameter;
use crate::openapi::texts::AnyJson;
use crate::response::{self, Refusal};
use crate::route::{EDITOR, Resource, Route, VIEWER};
use crate::{App, body};

const ZIP: &str = "application/zip";
/// RFC 9512.
const YAML: &str = "application/yaml";
const JSON: &str = "application/json";
/// Bytes of an archive: some of the largest components, packed.
const ARCHIVE_MAX: usize = 256 * 1024 * 1024;
/// Bytes of a document: as much as the reader of definitions keeps.
const DOCUMENT_MAX: usize = 8 * 1024 * 1024;

/// What a query can say, of which each route takes a part.
#[derive(Debug, Default)]
struct Wanted {
    zip: Option<bool>,
    plugins: bool,
    on_conflict: OnConflict,
    prune: bool,
    options: PackageOptions,
}

impl Wanted {
    fn read(query: Option<&str>, known: &[&str]) -> Result<Self, Refusal> {
        let mut wanted = Self::default();
        for (name, value) in pairs(query) {
            let name = known.iter().find(|own| **own == name).copied().ok_or(name);
            match name {
                Ok("format") => {
                    wanted.zip = Some(match value.as_str() {
                        "yaml" => false,
                        "zip" => true,
                        _ => return Err(Refusal::malformed("`format`: expected `yaml` or `zip`")),
                    });
                }
                Ok("on_conflict") => {
                    wanted.on_conflict = match value.as_str() {
                        "fail" => OnConflict::Fail,
                        "update" => OnConflict::Update,
                        "rename" => OnConflict::Rename,
                        _ => return Err(Refusal::malformed("`on_conflict`: expected `fail`, `update` or `rename`")),
                    };
                }
                Ok("plugins") => wanted.plugins = flag("plugins", &value)?,
                Ok("prune") => wanted.prune = flag("prune", &value)?,
                Ok("dry_run") => wanted.options.dry_run = flag("dry_run", &value)?,
                Ok("allow_removal") => wanted.options.allow_removal = flag("allow_removal", &value)?,
                Ok(other) => return Err(Refusal::malformed(format!("unknown parameter `{other}`"))),
                Err(other) => return Err(Refusal::malformed(format!("unknown parameter `{}`", other.escape_debug()))),
            }
        }
        Ok(wanted)
    }

    /// The bytes of plugins are code, which nobody reads who could not have loaded it.
    fn may_have_plugins(&self, access: &Access) -> Result<(), Refusal> {
        if self.plugins && access.caller.role < Role::Editor {
            let detail = format!("`plugins` needs role `editor`, and the token has `{}`", access.caller.role);
            return Err(Problem::new(Code::Forbidden, detail).into());
        }
        Ok(())
    }
}

/// An answer that browsers save as a file.
fn file(content: impl Into<Body>, r#type: &'static str, name: &str) -> Response<Body> {
    let mut response = response::with_type(content.into(), r#type);
    // Slugs need no escape.
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    response
}

async fn export(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let wanted = Wanted::read(request.uri.query(), &["format", "plugins"])?;
    wanted.may_have_plugins(&access)?;
    let (scope, reference) = (access.scope()?, access.group()?);
    let slug = &reference.slug;
    if wanted.zip.unwrap_or(wanted.plugins) {
        let archive = app.host.queries().export_package(&scope, &reference, wanted.plugins).await?;
        return Ok(file(archive, ZIP, &format!("{slug}.zip")));
    }
    if wanted.plugins {
        return Err(Refusal::malformed("`plugins`: the bytes of plugins need `format=zip`"));
    }
    let document = app.host.queries().export_document(&scope, &reference).await?;
    Ok(file(document.into_bytes(), YAML, &format!("{slug}.yaml")))
}

async fn export_folder(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let wanted = Wanted::read(request.uri.query(), &["plugins"])?;
    wanted.may_have_plugins(&access)?;
    let archive = app.host.queries().export_folder(&access.scope()?, wanted.plugins, &access.caller).await?;
    Ok(file(archive, ZIP, "groups.zip"))
}

async fn import(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let wanted = Wanted::read(request.uri.query(), &["dry_run", "on_conflict", "allow_removal"])?;
    let package = match kind(&request.headers).as_str() {
        ZIP => PackageBytes::Archive(archive(&app, &request, sent).await?),
        YAML | JSON => PackageBytes::Document(
            body::read(&request.headers, sent, DOCUMENT_MAX, |found| large(found, DOCUMENT_MAX)).await?,
        ),
        other => return Err(unknown(other, "`application/zip` or `application/yaml`")),
    };
    let (scope, options) = (access.scope()?, wanted.options);
    let plan = app.host.changes().import(&scope, package, wanted.on_conflict, options, &access.caller).await?;
    said(&plan, "package imported");
    Ok(response::json_as_declared(&plan))
}

async fn apply(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let wanted = Wanted::read(request.uri.query(), &["dry_run", "prune", "allow_removal"])?;
    let kind = kind(&request.headers);
    if kind != ZIP {
        return Err(unknown(&kind, "`application/zip`"));
    }
    let folder = archive(&app, &request, sent).await?;
    let (scope, options) = (access.scope()?, wanted.options);
    let plan = app.host.changes().apply(&scope, folder, wanted.prune, options, &access.caller).await?;
    said(&plan, "folder applied");
    Ok(response::json_as_declared(&plan))
}

fn said(plan: &Plan, what: &str) {
    if plan.changes && !plan.dry_run {
        let groups: Vec<_> = plan.groups.iter().map(|group| group.slug.as_str()).collect();
        tracing::info!(groups = groups.join(" "), "{what}");
    }
}

/// The media type of a body, without its parameters.
fn kind(headers: &HeaderMap) -> String {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn unknown(found: &str, expected: &str) -> Refusal {
    let detail = format!("`Content-Type: {}`: expected {expected}", found.escape_debug());
    Problem::new(Code::UnsupportedMediaType, detail).into()
}

fn large(found: usize, max: usize) -> Refusal {
    let detail = format!("the package has {found} bytes or more: expected at most {max}");
    Problem::new(Code::PackageTooLarge, detail).into()
}

/// Receives an archive on disk.
async fn archive(app: &App, request: &Parts, sent: Body) -> Result<bytes::Bytes, Refusal> {
    let upload = app.host.changes().upload().await?;
    body::receive(request, sent, ARCHIVE_MAX, |found| large(found, ARCHIVE_MAX), upload).await
}

pub(crate) fn resource() -> Resource {
    let choice = |name: &str, description: &str, words: &[&str]| {
        parameter::query(name, description, json!({"type": "string", "enum": words}))
    };
    let plugins = || parameter::flag("plugins", "With the bytes of the plugins; needs the role `editor`.");
    let dry_run = || parameter::flag("dry_run", "Answer the plan, and change nothing.");
    let losses = || {
        parameter::flag(
            "allow_removal",
            "Let groups that stay lose or narrow connectors, and installations OAuth clients.",
        )
    };
    let refused = [
        Code::PackageUnreadable,
        Code::PackageTooLarge,
        Code::PluginMissing,
        Code::PluginDigestWrong,
        Code::NameTaken,
        Code::DefinitionInvalid,
        Code::ScopeDisabled,
        Code::Conflict,
        Code::RemovalNotAllowed,
        Code::ConnectorTaken,
        Code::PreconditionFailed,
    ];
    let on_conflict = "What to do if a group with the slug or name is there.";
    let routes = vec![
        Route::get("{S}/groups/{ref}/export", VIEWER, &export)
            .operation("export_group", "Export a group")
            .describe(
                "Definition, connectors of all types, digests of plugins, and the names of needed secrets. No value of a \
                 secret, no id, no scope. The same group gives the same bytes.",
            )
            .parameter(choice("format", "One document, or an archive.", &["yaml", "zip"]))
            .parameter(plugins())
            .gives_one_of::<AnyJson>(&[YAML, ZIP])
            .refuses(&[Code::PackageTooLarge]),
        Route::get("{S}/export", VIEWER, &export_folder)
            .operation("export_folder", "Export the groups and installations of a scope")
            .describe("An archive of the folder that `apply` takes.")
            .parameter(plugins())
            .gives_one_of::<String>(&[ZIP])
            .refuses(&[Code::PackageTooLarge]),
        Route::post("{S}/imports", EDITOR, &import)
            .operation("import_group", "Import a group")
            .describe("All of it in one change, or nothing. `INTERNAL` and capabilities need the role `operator`.")
            .parameter(dry_run())
            .parameter(choice("on_conflict", on_conflict, &["fail", "update", "rename"]))
            .parameter(losses())
            .takes_as::<AnyJson>(&[YAML, ZIP])
            .gives::<Plan>()
            .refuses(&refused)
            .refuses(&COMPONENT_REFUSED),
        Route::post("{S}/apply", EDITOR, &apply)
            .operation("apply_folder", "Make the groups and installations of a scope what a folder says")
            .describe(
                "All of it in one change, or nothing. The archive has `NAME.yaml` for documents, and for groups with files \
                 `NAME/group.yaml` with `scripts/`, `protos/` and `plugins/`, and `NAME/installation.yaml`. Installations need \
                 the role `operator`.",
            )
            .parameter(dry_run())
            .parameter(parameter::flag("prune", "Delete the groups that the folder has not, and take back what the scope sets for the others where the folder says nothing of it."))
            .parameter(losses())
            .takes_as::<AnyJson>(&[ZIP])
            .gives::<Plan>()
            .refuses(&refused)
            .refuses(&COMPONENT_REFUSED)
            .refuses(&[Code::ValuesInvalid]),
    ];
    let description = "Groups that travel from one scope or host to another, as a file or as a folder.";
    Resource { name: "packages", description, routes }
}
