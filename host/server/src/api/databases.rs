//! `S/groups/{ref}/databases`: what the databases of a group have, and what a statement takes and gives.

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::connector::DatabaseDefinition;
use lockgate_domain::{Code, ConnectionChoice};
use lockgate_flow::{DescribedStatement, FlowError, TableFilter, Tables};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access::Access;
use crate::api::invoke::choice;
use crate::openapi::problems::{CONNECTION, OUTGOING};
use crate::openapi::texts::AnySchema;
use crate::response::{self, Refusal};
use crate::route::{EDITOR, Resource, Route};
use crate::{App, body};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TablesWanted {
    /// Which connection is used.
    #[serde(default, deserialize_with = "choice")]
    connection: ConnectionChoice,
    /// The database, by the name of its destination; needed where the group has several.
    #[serde(default)]
    destination: Option<String>,
    /// Only tables of this schema.
    #[serde(default)]
    schema: Option<String>,
    /// Only tables of this name.
    #[serde(default)]
    table: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Statement {
    /// Which connection is used.
    #[serde(default, deserialize_with = "choice")]
    connection: ConnectionChoice,
    /// As the definition of a connector has it.
    #[schemars(with = "DatabaseDefinition")]
    database: Value,
}

/// What a server says of a statement.
#[derive(Serialize, JsonSchema)]
struct Description {
    /// The types of its parameters, in their order; none where the server does not know one.
    parameters: Vec<Option<String>>,
    /// The columns of its rows.
    columns: Vec<Column>,
    /// The input schema of a connector with this statement.
    #[schemars(with = "AnySchema")]
    input_schema: Value,
    /// Its output schema.
    #[schemars(with = "AnySchema")]
    output_schema: Value,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Column {
    /// The name that the statement gives it.
    name: String,
    /// The type, as the server names it.
    r#type: String,
}

async fn tables(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    // What is not there is reported before what is wrong with the body.
    let (scope, group) = (access.scope()?, access.group()?);
    app.host.queries().group(&scope, &group)?;
    let TablesWanted { connection, destination, schema, table } = body::json(&request.headers, sent).await?;
    let filter = TableFilter { destination, schema, table };
    let tables = app.host.calls().tables(&scope, &group, &connection, &filter, &access.caller).await?;
    Ok(response::json(&tables))
}

async fn describe(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let (scope, group) = (access.scope()?, access.group()?);
    app.host.queries().group(&scope, &group)?;
    let Statement { connection, database } = body::json(&request.headers, sent).await?;
    let definition = json!({"type": "database", "database": database});
    let read = DatabaseDefinition::of_definition(&definition)
        .ok_or_else(|| Refusal::malformed("there is no `database`".to_owned()))?;
    let read = read.map_err(FlowError::Definition)?;
    let calls = app.host.calls();
    let DescribedStatement { described, schemas } =
        calls.describe_statement(&scope, &group, &connection, &read, &access.caller).await?;
    let columns = described.columns.into_iter().map(|own| Column { name: own.name, r#type: own.type_name });
    Ok(response::json(&Description {
        parameters: described.parameters,
        columns: columns.collect(),
        input_schema: schemas.input,
        output_schema: schemas.output,
    }))
}

pub(crate) fn resource() -> Resource {
    let refuses = [Code::DefinitionInvalid, Code::ReadOnly, Code::ScopeDisabled, Code::Conflict];
    let routes = vec![
        Route::prepare("{S}/groups/{ref}/databases/tables", EDITOR, &tables)
            .operation("list_tables", "List the tables of a database with columns and keys")
            .takes::<TablesWanted>()
            .gives::<Tables>()
            .refuses(CONNECTION)
            .refuses(OUTGOING)
            .refuses(&refuses),
        Route::prepare("{S}/groups/{ref}/databases/describe", EDITOR, &describe)
            .operation("describe_statement", "Ask a server what a statement takes and gives, without running it")
            .takes::<Statement>()
            .gives::<Description>()
            .refuses(CONNECTION)
            .refuses(OUTGOING)
            .refuses(&refuses),
    ];
    let description = "What the databases of a group have. Statements of connectors are written with it.";
    Resource { name: "databases", description, routes }
}
