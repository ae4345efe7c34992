//! `S/groups/{ref}/installation`: what a scope sets for a group that it sees.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{Code, CredentialName, FieldName, InstallationGiven, LimitsPatch};
use lockgate_flow::MASK;
use schemars::JsonSchema;
use serde::Serialize;

use crate::access::Access;
use crate::response::{self, Refusal, tagged};
use crate::route::{OPERATOR, Resource, Route, VIEWER};
use crate::time::Time;
use crate::{App, body, etag};

/// What is set, by the scope itself or in force.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Settings {
    /// Whether the scope may use the group; null as above.
    enabled: Option<bool>,
    limits: LimitsPatch,
    /// Values for connections that give none of their own.
    values: BTreeMap<FieldName, String>,
    /// The scope's OAuth clients, by the name of the credential.
    oauth: BTreeMap<CredentialName, OauthClient>,
    /// Where a browser may go after it connected a customer; null as above.
    return_urls: Option<Vec<String>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct OauthClient {
    /// A mask, if there is one.
    client_id: Option<&'static str>,
    /// A mask, if there is one.
    client_secret: Option<&'static str>,
    /// Scopes beyond those of the group.
    scopes: Vec<String>,
    /// The name of the key that signs, if the secret is a private key.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Installation {
    #[serde(flatten)]
    own: Settings,
    /// With what is set above it.
    in_force: Settings,
    /// What an OAuth client registers; null while the host does not know its address.
    callback_url: Option<String>,
    /// The number in the `ETag`; 0 while nothing is set.
    #[schemars(range(min = 0))]
    version: i64,
    /// When something was set first.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Time>,
    /// When it was changed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<Time>,
}

impl Settings {
    fn of(installation: &lockgate_domain::Installation) -> Self {
        let mask = |there: bool| there.then_some(MASK);
        let client = |client: &lockgate_domain::OauthClient| OauthClient {
            client_id: mask(client.client_id),
            client_secret: mask(client.client_secret),
            scopes: client.scopes.clone(),
            key_id: client.key_id.clone(),
        };
        Self {
            enabled: installation.enabled,
            limits: installation.limits.clone(),
            values: installation.values.clone(),
            oauth: installation.oauth.iter().map(|(name, own)| (name.clone(), client(own))).collect(),
            return_urls: installation.return_urls.clone(),
        }
    }
}

fn answer(app: &App, access: &Access) -> Result<Response<Body>, Refusal> {
    let (_, own, in_force) = app.host.queries().installation(&access.scope()?, &access.group()?)?;
    let set = own.version > 0;
    let shown = Installation {
        own: Settings::of(&own.definition),
        in_force: Settings::of(&in_force),
        callback_url: app.public(lockgate_flow::CALLBACK),
        version: own.version,
        created_at: set.then_some(Time(own.created_at)),
        updated_at: set.then_some(Time(own.updated_at)),
    };
    Ok(tagged(response::json(&shown), own.version))
}

async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    answer(&app, &access)
}

async fn put(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let given: InstallationGiven = body::json(&request.headers, sent).await?;
    let (scope, reference) = (access.scope()?, access.group()?);
    app.host.changes().put_installation(&scope, &reference, expected, given, &access.caller).await?;
    answer(&app, &access)
}

pub(crate) fn resource() -> Resource {
    const ONE: &str = "{S}/groups/{ref}/installation";
    let routes = vec![
        Route::get(ONE, VIEWER, &get)
            .operation("get_installation", "Show what the scope sets for a group, and what is in force")
            .gives::<Installation>()
            .tagged(),
        Route::put(ONE, OPERATOR, &put)
            .operation("replace_installation", "Replace what the scope sets for a group")
            .if_match()
            .takes::<InstallationGiven>()
            .gives::<Installation>()
            .tagged()
            .refuses(&[Code::DefinitionInvalid, Code::ValuesInvalid, Code::ScopeDisabled]),
    ];
    let description =
        "What a scope sets for a group that it sees. A workspace's come before its organization's, key by key.";
    Resource { name: "installations", description, routes }
}
