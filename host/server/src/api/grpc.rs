//! `S/groups/{ref}/grpc`: which services and methods the gRPC servers of a group have, and what they take and give.

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{Code, ConnectionChoice};
use lockgate_flow::{Difference, GrpcMethod, GrpcServer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::Access;
use crate::api::invoke::choice;
use crate::openapi::problems::{CONNECTION, OUTGOING};
use crate::openapi::texts::AnySchema;
use crate::response::{self, Refusal};
use crate::route::{EDITOR, Resource, Route};
use crate::{App, body};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ServicesWanted {
    /// Which connection is used, where the server is asked because the group has no descriptors.
    #[serde(default, deserialize_with = "choice")]
    connection: ConnectionChoice,
    /// The server, by the name of its destination; needed where the group has several.
    #[serde(default)]
    destination: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Services {
    /// In the order of their names.
    services: Vec<Service>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Service {
    /// The name with its package.
    name: String,
    /// The comment of its definition; empty if the descriptors have none.
    description: String,
    /// Its methods, as declared.
    methods: Vec<MethodSummary>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct MethodSummary {
    /// Its name within the service.
    name: String,
    /// The comment of its definition; empty if the descriptors have none.
    description: String,
    /// The request's message.
    request: String,
    /// The answer's message.
    response: String,
    /// Whether requests are a stream. Connectors can't call such a method.
    client_streaming: bool,
    /// Whether answers are a stream.
    server_streaming: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MethodWanted {
    /// Which connection is used, where the server is asked because the group has no descriptors.
    #[serde(default, deserialize_with = "choice")]
    connection: ConnectionChoice,
    /// The server, by the name of its destination; needed where the group has several.
    #[serde(default)]
    destination: Option<String>,
    /// The method, such as `shop.v1.Orders/Create`.
    method: String,
}

/// What a method takes and gives.
#[derive(Serialize, JsonSchema)]
struct MethodDescription {
    /// The method.
    method: MethodSummary,
    /// The input schema of a connector that calls it without a template.
    #[schemars(with = "AnySchema")]
    input_schema: Value,
    /// The output schema of a connector that calls it.
    #[schemars(with = "AnySchema")]
    output_schema: Value,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RefreshWanted {
    /// Which connection is used.
    #[serde(default, deserialize_with = "choice")]
    connection: ConnectionChoice,
    /// The server, by the name of its destination; needed where the group has several.
    #[serde(default)]
    destination: Option<String>,
    /// Only shows what would change.
    #[serde(default)]
    dry_run: bool,
}

/// What a server told anew. Each line is a service, a method, a field or a value of an enum that methods reach.
#[derive(Serialize, JsonSchema)]
struct RefreshedDescriptors {
    /// Whether it is in force now.
    kept: bool,
    /// What only the new descriptors have.
    added: Vec<String>,
    /// What only the old ones had.
    removed: Vec<String>,
    /// What is read or written differently.
    changed: Vec<String>,
}

impl MethodSummary {
    fn of(method: &GrpcMethod) -> Self {
        Self {
            name: method.name().to_owned(),
            description: method.comment().to_owned(),
            request: method.input_name().to_owned(),
            response: method.output_name().to_owned(),
            client_streaming: method.is_client_streaming(),
            server_streaming: method.is_server_streaming(),
        }
    }
}

async fn services(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    // What is not there is reported before what is wrong with the body.
    let (scope, group) = (access.scope()?, access.group()?);
    app.host.queries().group(&scope, &group)?;
    let ServicesWanted { connection, destination } = body::json(&request.headers, sent).await?;
    let server = GrpcServer { connection, destination };
    let descriptors = app.host.calls().descriptors(&scope, &group, &server, &access.caller).await?;
    let services = descriptors.services().map(|service| Service {
        name: service.name().to_owned(),
        description: service.comment().to_owned(),
        methods: service.methods().map(|method| MethodSummary::of(&method)).collect(),
    });
    Ok(response::json(&Services { services: services.collect() }))
}

async fn describe(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let (scope, group) = (access.scope()?, access.group()?);
    app.host.queries().group(&scope, &group)?;
    let MethodWanted { connection, destination, method } = body::json(&request.headers, sent).await?;
    let server = GrpcServer { connection, destination };
    let calls = app.host.calls();
    let (method, input_schema, output_schema) =
        calls.describe_method(&scope, &group, &server, &method, &access.caller).await?;
    Ok(response::json(&MethodDescription { method: MethodSummary::of(&method), input_schema, output_schema }))
}

async fn refresh(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let (scope, group) = (access.scope()?, access.group()?);
    app.host.queries().group(&scope, &group)?;
    let RefreshWanted { connection, destination, dry_run } = body::json(&request.headers, sent).await?;
    let server = GrpcServer { connection, destination };
    let refreshed = app.host.calls().refresh_descriptors(&scope, &group, &server, dry_run, &access.caller).await?;
    let Difference { added, removed, changed } = refreshed.difference;
    Ok(response::json(&RefreshedDescriptors { kept: refreshed.kept, added, removed, changed }))
}

pub(crate) fn resource() -> Resource {
    let refuses = [Code::NoDescriptors, Code::DefinitionInvalid, Code::ReadOnly, Code::ScopeDisabled, Code::Conflict];
    let routes = vec![
        Route::prepare("{S}/groups/{ref}/grpc/services", EDITOR, &services)
            .operation("list_grpc_services", "List the services and methods of a group's gRPC servers")
            .takes::<ServicesWanted>()
            .gives::<Services>()
            .refuses(CONNECTION)
            .refuses(OUTGOING)
            .refuses(&refuses),
        Route::prepare("{S}/groups/{ref}/grpc/describe", EDITOR, &describe)
            .operation("describe_grpc_method", "Show what a gRPC method takes and gives")
            .takes::<MethodWanted>()
            .gives::<MethodDescription>()
            .refuses(CONNECTION)
            .refuses(OUTGOING)
            .refuses(&refuses),
        Route::post("{S}/groups/{ref}/grpc/refresh", EDITOR, &refresh)
            .operation("refresh_grpc_descriptors", "Ask a gRPC server for its descriptors anew")
            .takes::<RefreshWanted>()
            .gives::<RefreshedDescriptors>()
            .refuses(CONNECTION)
            .refuses(OUTGOING)
            .refuses(&refuses)
            .refuses(&[Code::PreconditionFailed]),
    ];
    let description = "What the gRPC servers of a group have. Connectors that call methods are written with it.";
    Resource { name: "grpc", description, routes }
}
