//! `POST /v1/keys/rotate`: every sealed value wrapped by another key, while calls go on.

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::Code;
use schemars::JsonSchema;
use serde::Serialize;

use crate::App;
use crate::access::Access;
use crate::response::{self, Refusal};
use crate::route::{Needs, Resource, Route};

#[derive(Serialize, JsonSchema)]
struct Rotation {
    /// The key that seals from now on.
    active: String,
    /// How many values were wrapped anew.
    values: u64,
    /// Whether the ring holds no other key that is still needed.
    retired: bool,
}

async fn rotate(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let done = app.host.changes().rotate_keys(&access.caller).await?;
    let shown = Rotation { active: done.active.to_string(), values: done.values, retired: done.retired };
    Ok(response::json(&shown))
}

pub(crate) fn resource() -> Resource {
    let routes = vec![
        Route::post("/v1/keys/rotate", Needs::Owner, &rotate)
            .operation("rotate_keys", "Wrap every sealed value by another key")
            .describe("Calls go on meanwhile, and a run that was cut off is finished by the next one.")
            .gives::<Rotation>()
            .refuses(&[Code::Conflict]),
    ];
    Resource { name: "keys", description: "The key ring that every sealed value is wrapped by.", routes }
}
