//! `/console/image`: the image of a group, by way of the host.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Response};

use crate::App;
use crate::access::Access;
use crate::console::for_browser;
use crate::list::pairs;
use crate::response::{Refusal, with_type};

/// Nothing of it runs or loads anything, however it is opened: an SVG is a document.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'";
/// An icon is asked for with each list of groups.
const KEPT: &str = "private, max-age=3600";

pub(super) async fn get(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let mut url = None;
    for (name, value) in pairs(request.uri.query()) {
        match name.as_str() {
            "url" if url.is_none() => url = Some(value),
            "url" => return Err(Refusal::malformed("`url` is there twice")),
            other => return Err(Refusal::malformed(format!("unknown parameter `{}`", other.escape_debug()))),
        }
    }
    let url = url.ok_or_else(|| Refusal::malformed("expected `url`, as a group's `image_url` has it"))?;
    let image = app.host.calls().image(&url, &access.caller).await?;
    let mut answer = with_type(Body::from(image.bytes), image.kind.media_type());
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(KEPT));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Ok(for_browser(answer))
}
