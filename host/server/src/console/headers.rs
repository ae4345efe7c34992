//! What browsers may do with the console's files, and with answers to its requests.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response};

use super::Asset;

/// Everything is the host's own, nothing is inline, and no page frames the console.
const POLICY: &str =
    "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'";
/// Nobody who opens the console has a hold on its window; the window of a provider, which it opens, is its own.
const OPENER: (HeaderName, &str) = (HeaderName::from_static("cross-origin-opener-policy"), "same-origin-allow-popups");
/// No page of another origin loads its files.
const RESOURCE: (HeaderName, &str) = (HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
/// As long as caches keep anything.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// The headers of a file.
pub(super) fn of_file(headers: &mut HeaderMap, asset: &Asset, is_brotli: bool) {
    let kept = if asset.is_immutable() { IMMUTABLE } else { "no-cache" };
    let all = [
        (CONTENT_TYPE, asset.media_type),
        (ETAG, asset.etag),
        (CACHE_CONTROL, kept),
        (VARY, "accept-encoding"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        // Addresses of the app name groups and tenants.
        (REFERRER_POLICY, "same-origin"),
        OPENER,
        RESOURCE,
    ];
    for (name, value) in all {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if is_brotli {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
}

/// What a browser does with an answer that only its session gets: it keeps nothing of it, guesses no type, and shows it in
/// no frame.
pub(crate) fn for_browser(mut answer: Response<Body>) -> Response<Body> {
    let headers = answer.headers_mut();
    for (name, value) in
        [(CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff"), (X_FRAME_OPTIONS, "DENY"), RESOURCE]
    {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    answer
}
