//! `S/groups/{ref}/connectors`: what can be called.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{Code, Problem};
use lockgate_flow::Connector;
use serde_json::{Value, json};

use crate::App;
use crate::access::Access;
use crate::list::{Keyed, Page};
use crate::response::{self, Refusal};

impl Keyed for &Arc<Connector> {
    fn key(&self) -> String {
        self.name.to_string()
    }
}

fn show(connector: &Connector, whole: bool) -> Value {
    let plugin = &connector.plugin.stored;
    let mut shown = json!({
        "name": connector.name,
        "type": "function",
        "plugin": {"name": plugin.name, "digest": plugin.digest, "version": plugin.manifest.version},
        "enabled": true,
    });
    if let (Some(manifest), Some(members)) = (connector.manifest(), shown.as_object_mut()) {
        let mut own = serde_json::to_value(manifest).unwrap_or_default();
        if let Some(own) = own.as_object_mut() {
            if !whole {
                own.retain(|key, _| matches!(key.as_str(), "title" | "description" | "tags" | "hints"));
            }
            members.extend(std::mem::take(own));
        }
        if whole {
            members.insert("limits".to_owned(), serde_json::to_value(connector.limits).unwrap_or_default());
        }
    }
    shown
}

pub(crate) async fn list(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &[])?;
    let group = app.host.group(&access.scope()?, &access.group()?)?;
    let found = group.connectors.values().filter(|connector| {
        let description = connector.manifest().and_then(|manifest| manifest.description.as_deref());
        page.matches(&[connector.name.as_str(), description.unwrap_or_default()])
    });
    Ok(response::json(&page.cut(found, |connector| show(connector, false))))
}

pub(crate) async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let (_, connector) = app.host.connector(&access.scope()?, &access.group()?, access.part("connector"))?;
    Ok(response::json(&show(&connector, true)))
}

/// Connectors of a plugin change with the plugin.
pub(crate) async fn read_only(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let (_, connector) = app.host.connector(&access.scope()?, &access.group()?, access.part("connector"))?;
    let plugin = &connector.plugin.stored.name;
    let detail = format!("connector `{}` belongs to plugin `{plugin}`: load another version of it", connector.name);
    Err(Problem::new(Code::Conflict, detail).into())
}
