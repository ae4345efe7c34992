//! The console's own files, under `/console`: what was built of the web app is part of the program. They are the same for
//! everybody, and say nothing of anyone; what the app shows comes from the API.

mod files;
mod headers;

pub use files::{Asset, Console};
pub(crate) use headers::for_browser;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT_ENCODING, IF_NONE_MATCH};
use axum::http::{HeaderMap, Response};
use axum::routing::{MethodRouter, get};
use lockgate_domain::{Code, Problem};

use crate::App;
use crate::response::{Refusal, method_not_allowed};

/// Where the app is.
pub(crate) const PLACE: &str = "/console";

/// The routes of the files. They are no routes of the API: they need nothing, and what they answer is described by the build
/// of the app.
pub(crate) fn routes() -> Router<App> {
    let file = || -> MethodRouter<App> { get(answer).fallback(no_method) };
    Router::new().route(PLACE, file()).route("/console/", file()).route("/console/{*path}", file())
}

async fn no_method() -> Response<Body> {
    method_not_allowed("GET, HEAD")
}

async fn answer(State(app): State<App>, request: Request) -> Result<Response<Body>, Refusal> {
    let path = request.uri().path();
    let name = path.strip_prefix(PLACE).unwrap_or_default().trim_start_matches('/');
    let asset = app.console.find(name).ok_or_else(|| {
        let shown: String = path.chars().take(200).collect();
        Problem::new(Code::NotFound, format!("nothing is at `{}`", shown.escape_debug()))
    })?;
    Ok(shown(asset, request.headers()))
}

/// A file, in the form that the browser takes, unless it has it.
fn shown(asset: &'static Asset, headers: &HeaderMap) -> Response<Body> {
    let known =
        values(headers, IF_NONE_MATCH.as_str()).any(|own| own == "*" || own.trim_start_matches("W/") == asset.etag);
    let brotli = asset.brotli.filter(|_| takes_brotli(headers));
    let mut answer =
        if known { crate::response::not_modified() } else { Response::new(Body::from(brotli.unwrap_or(asset.bytes))) };
    headers::of_file(answer.headers_mut(), asset, !known && brotli.is_some());
    answer
}

/// Whether a client takes Brotli (RFC 9110 section 12.5.3): by its name, and not with the weight 0.
fn takes_brotli(headers: &HeaderMap) -> bool {
    values(headers, ACCEPT_ENCODING.as_str()).any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br"));
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |text| text.parse::<f32>().ok());
        named && weight.is_some_and(|weight| weight > 0.0)
    })
}

/// The members of a list that may be spread over several headers.
fn values<'h>(headers: &'h HeaderMap, name: &str) -> impl Iterator<Item = &'h str> {
    let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',').map(str::trim))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_goes_to_who_takes_it() {
        let takes = |value: &'static str| {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, value.parse().unwrap())]);
            takes_brotli(&headers)
        };
        assert!(takes("gzip, br") && takes("BR;q=0.5") && takes("br; q=1"));
        assert!(!takes("gzip") && !takes("br;q=0") && !takes("brotli") && !takes("*") && !takes("br;q=x"));
        assert!(!takes_brotli(&HeaderMap::new()));
    }
}
