//! What every page has in common that somebody opens by an address with a secret in it.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use axum::http::{HeaderValue, Response};
use lockgate_vault::AccessToken;

/// Nothing of a page is kept, framed or disclosed to others.
pub(crate) fn closed(mut answer: Response<Body>) -> Response<Body> {
    let headers = answer.headers_mut();
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// What a page may load, its own style and nothing else, and where its forms may go.
pub(crate) fn policy(style_nonce: &str, forms: &str) -> String {
    format!(
        "default-src 'none'; style-src 'nonce-{style_nonce}'; form-action {forms}; frame-ancestors 'none'; \
         base-uri 'none'"
    )
}

/// A random text: 256 bits in hex.
pub(crate) fn random() -> String {
    // Without random bytes there is no page: an empty text matches no form.
    AccessToken::generate().map(|random| random.reveal().trim_start_matches("lg_").to_owned()).unwrap_or_default()
}
