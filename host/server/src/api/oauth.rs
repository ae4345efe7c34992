//! The pages of an authorization: where a person begins, and where a provider sends them back to. Neither asks for a token.
//! The first has a nonce in its address; the second must come with the cookie that the first has set.

use axum::body::Body;
use axum::extract::{RawPathParams, RawQuery, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Response};
use axum::routing::get;
use lockgate_domain::{Code, Problem};
use lockgate_flow::{Callback, CallbackDone, FlowError};

use crate::page::closed::{self, closed};
use crate::page::oauth;
use crate::response::{page, see_other};
use crate::route::{Resource, Route};
use crate::{App, cookie};

/// Where an authorization begins, before its nonce.
pub(crate) const START: &str = "/v1/oauth/start/";
/// Seconds that a browser keeps the cookie: as long as an authorization lasts.
const COOKIE_AGE_S: u32 = 600;
/// Parameters of a callback that are looked at: providers send a handful.
const PARAMETERS_MAX: usize = 64;

async fn start(
    State(app): State<App>,
    parameters: RawPathParams,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    let nonce = parameters.iter().find(|(name, _)| *name == "nonce").map_or("", |(_, value)| value);
    let query = pairs(query.as_deref());
    let connect = query.iter().find(|(name, _)| name == "connect").map(|(_, value)| value.as_str());
    let cookies = |suffix: &str| cookie::value(&headers, &cookie_name(&app, suffix)).map(str::to_owned);
    match app.host.queries().start_authorization(nonce, cookies, connect).await {
        Ok(shown) => {
            let style_nonce = closed::random();
            let mut answer = closed(page(oauth::start(&shown, &style_nonce).into_string(), None));
            let (suffix, value) = &shown.cookie;
            let name = cookie_name(&app, suffix);
            let (path, secure) = if name.starts_with("__Host-") { ("/", "; Secure") } else { ("/v1/oauth", "") };
            // `Lax`: the provider sends the browser back from another site.
            let cookie = format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax; Max-Age={COOKIE_AGE_S}{secure}");
            set(&mut answer, SET_COOKIE, &cookie);
            set(&mut answer, CONTENT_SECURITY_POLICY, &closed::policy(&style_nonce, "'none'"));
            answer
        }
        Err(error) => failed(&error, connect.filter(|nonce| is_nonce(nonce))),
    }
}

async fn callback(State(app): State<App>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response<Body> {
    let callback = Callback { parameters: pairs(query.as_deref()) };
    let host = app.host.clone();
    let secure = is_secure(&app);
    // For the way back, where something goes wrong: any cookie of an authorization that came from a connect page.
    let connect = connect_nonce(&callback, &headers, secure);
    // Runs to its end even when the browser goes away: a code is good once.
    let done = tokio::spawn(async move {
        let cookies = |suffix: &str| cookie::value(&headers, &name_of(secure, suffix)).map(str::to_owned);
        host.changes().complete_authorization(&callback, cookies).await
    });
    match done.await.unwrap_or(Err(FlowError::AuthorizationEnded)) {
        Ok(CallbackDone { next: Some(next), connect, .. }) => {
            let connect = connect.filter(|nonce| is_nonce(nonce));
            let connect = connect.map(|nonce| format!("?connect={nonce}")).unwrap_or_default();
            closed(see_other(&format!("{START}{next}{connect}")))
        }
        Ok(CallbackDone { return_url: Some(url), .. }) => closed(see_other(&url)),
        Ok(CallbackDone { connect: Some(nonce), .. }) if is_nonce(&nonce) => {
            closed(see_other(&format!("/connect/{nonce}")))
        }
        Ok(CallbackDone { group, .. }) => said(page(oauth::done(&group).into_string(), None)),
        Err(error) => failed(&error, connect.as_deref()),
    }
}

/// A page that says what went wrong, and what the person can do.
fn failed(error: &FlowError, connect: Option<&str>) -> Response<Body> {
    let problem = error.problem();
    if problem.code.fault() == lockgate_domain::Fault::Host && problem.code != Code::PublicUrlMissing {
        tracing::error!(code = %problem.code, %error, "an authorization failed");
        let problem = Problem::new(problem.code, "this did not work: try again later");
        return said(page(oauth::failed(&problem, connect).into_string(), Some(problem.code)));
    }
    if problem.code == Code::NotFound {
        let text = "this authorization has ended: begin again";
        let problem = Problem::new(Code::AuthorizationEnded, text);
        return said(page(oauth::failed(&problem, connect).into_string(), Some(problem.code)));
    }
    tracing::info!(code = %problem.code, %error, "an authorization did not succeed");
    said(page(oauth::failed(&problem, connect).into_string(), Some(problem.code)))
}

fn said(answer: Response<Body>) -> Response<Body> {
    let mut answer = closed(answer);
    set(&mut answer, CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
    answer
}

fn set(answer: &mut Response<Body>, header: axum::http::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(header, value);
    }
}

fn pairs(query: Option<&str>) -> Vec<(String, String)> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().take(PARAMETERS_MAX).collect()
}

fn is_nonce(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_secure(app: &App) -> bool {
    app.public("").is_some_and(|url| url.starts_with("https://"))
}

fn cookie_name(app: &App, suffix: &str) -> String {
    name_of(is_secure(app), suffix)
}

/// With TLS, a name that browsers take from this host alone (RFC 6265bis, section 4.1.3).
fn name_of(secure: bool, suffix: &str) -> String {
    if secure { format!("__Host-lockgate-oauth-{suffix}") } else { format!("lockgate-oauth-{suffix}") }
}

/// The connect page that the cookie of this answer's own authorization names.
fn connect_nonce(callback: &Callback, headers: &HeaderMap, secure: bool) -> Option<String> {
    let state = callback.parameters.iter().find(|(name, _)| name == "state").map(|(_, value)| value.as_str())?;
    let suffix = lockgate_flow::authorization_cookie(state)?;
    let (_, nonce) = cookie::value(headers, &name_of(secure, &suffix))?.split_once('.')?;
    is_nonce(nonce).then(|| nonce.to_owned())
}

pub(crate) fn resource() -> Resource {
    let ended = [Code::AuthorizationEnded, Code::ScopeDisabled, Code::Internal, Code::StoreUnavailable];
    let begun = [Code::PublicUrlMissing, Code::OauthClientMissing, Code::NoCredential];
    let provider = [
        Code::MalformedRequest,
        Code::ValuesInvalid,
        Code::AuthorizationForeign,
        Code::AuthorizationDenied,
        Code::AuthorizationFailed,
        Code::IssuerMismatch,
        Code::GrantRefused,
        Code::OauthClientRefused,
        Code::TokenUnavailable,
        Code::TokenReplyInvalid,
    ];
    let routes = vec![
        Route::open("GET", "/v1/oauth/start/{nonce}", get(start))
            .operation("start_authorization", "Show who asks for what, before the provider does")
            .shows_page(&ended)
            .shows_page(&begun),
        Route::open("GET", "/v1/oauth/callback", get(callback))
            .operation("complete_authorization", "Take the answer of a provider")
            .describe("The address that an OAuth client registers as its redirect URI.")
            .shows_page(&ended)
            .shows_page(&begun)
            .shows_page(&provider)
            .sends_elsewhere("Done: the browser goes on to the connect page, or to its `return_url`."),
    ];
    let description = "The pages on which a person lets a connection use an outside system by OAuth 2.0.";
    Resource { name: "authorizations", description, routes }
}
