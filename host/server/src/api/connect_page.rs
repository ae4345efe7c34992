//! `/connect/{nonce}`: the page on which somebody gives the values of connections. Plain HTML made of the group's fields;
//! no script, nothing from elsewhere, and no token: whoever knows the address may use it, for a quarter of an hour.

use axum::body::Body;
use axum::extract::{RawPathParams, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Response};
use axum::response::IntoResponse;
use lockgate_domain::{Code, Problem};
use lockgate_flow::{FlowError, StoredSession};
use url::Url;

use crate::api::oauth::START;
use crate::openapi::FORM;
use crate::page::closed::{self, closed};
use crate::page::connect::{self, View};
use crate::page::form;
use crate::response::{Refusal, page, see_other};
use crate::{App, body, cookie};

/// Bytes of a filled form: some certificates, percent-encoded.
const FORM_MAX: usize = 512 * 1024;

pub(crate) async fn get(State(app): State<App>, parameters: RawPathParams, headers: HeaderMap) -> Response<Body> {
    match app.host.queries().session(nonce(&parameters)).await {
        Ok(session) => shown(&app, &session, &headers, None),
        Err(error) => over(&error),
    }
}

pub(crate) async fn post(
    State(app): State<App>,
    parameters: RawPathParams,
    headers: HeaderMap,
    sent: Body,
) -> Response<Body> {
    match submit(&app, nonce(&parameters), &headers, sent).await {
        Ok(answer) => answer,
        Err(refusal) => refusal,
    }
}

async fn submit(app: &App, nonce: &str, headers: &HeaderMap, sent: Body) -> Result<Response<Body>, Response<Body>> {
    let session = app.host.queries().session(nonce).await.map_err(|error| over(&error))?;
    let form = read(headers, sent).await.map_err(IntoResponse::into_response)?;
    let field = |name: &str| form.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
    let own = cookie::value(headers, cookie_name(app));
    let same = own.is_some_and(|own| !own.is_empty() && field("csrf") == Some(own));
    if !same || !same_site(headers) {
        let text = "the form did not come from this page: open the page again, with cookies allowed";
        return Err(message(&Problem::new(Code::Forbidden, text)));
    }
    let index = field("step").and_then(|step| step.parse().ok()).unwrap_or(usize::MAX);
    let step = session.steps.get(index).filter(|step| !step.done);
    let step = step.ok_or_else(|| message(&Problem::new(Code::NotFound, "this is connected already")))?;
    let group = app.host.queries().session_group(&session, step).map_err(|error| over(&error))?;
    let given = form::credentials(&group.egress, &app.host.queries().session_values(&session, step), &form);
    let host = app.host.clone();
    let own = nonce.to_owned();
    // Runs to its end even when the browser goes away: store and catalog change together.
    let done = tokio::spawn(async move {
        let session = host.changes().complete_step(&own, index, given).await?;
        // A step that has its values and is not done waits for the provider.
        let waits = session.steps.get(index).is_some_and(|step| !step.done);
        let next = if waits { Some(host.changes().authorize_step(&own, index).await?) } else { None };
        Ok((session, next))
    });
    match done.await.unwrap_or_else(|_| Err(FlowError::NotFound("the page".to_owned()))) {
        Ok((_, Some(next))) => Ok(closed(see_other(&format!("{START}{}?connect={nonce}", next.nonce)))),
        Ok((session, None)) if session.steps.iter().all(|step| step.done) => Ok(match &session.return_url {
            Some(url) => closed(see_other(url)),
            None => message_of("Connected", "You can close this page."),
        }),
        Ok((session, None)) => Ok(shown(app, &session, headers, None)),
        Err(error) => {
            let problem = error.problem();
            if problem.errors.is_empty() {
                return Err(over(&error));
            }
            Err(shown(app, &session, headers, Some((index, &problem))))
        }
    }
}

fn nonce(parameters: &RawPathParams) -> &str {
    parameters.iter().find(|(name, _)| *name == "nonce").map_or("", |(_, value)| value)
}

async fn read(headers: &HeaderMap, sent: Body) -> Result<Vec<(String, String)>, Refusal> {
    let essence = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !essence.starts_with(FORM) {
        return Err(Problem::new(Code::UnsupportedMediaType, "expected the page's own form").into());
    }
    let too_large = |found| Problem::new(Code::InputTooLarge, format!("the form has {found} bytes")).into();
    let bytes = body::read(headers, sent, FORM_MAX, too_large).await?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Refusal::malformed("the form is not UTF-8"))?;
    Ok(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
}

/// A form of another site is sent without our cookie (`SameSite`), and says where it comes from.
fn same_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin")
}

/// With TLS, a name that browsers take from this host alone (RFC 6265bis, section 4.1.3).
fn cookie_name(app: &App) -> &'static str {
    let secure = app.public("").is_some_and(|url| url.starts_with("https://"));
    if secure { "__Host-lockgate-connect" } else { "lockgate-connect" }
}

fn shown(
    app: &App,
    session: &StoredSession,
    headers: &HeaderMap,
    refused: Option<(usize, &Problem)>,
) -> Response<Body> {
    let csrf = cookie::value(headers, cookie_name(app))
        .map(str::to_owned)
        .filter(|own| own.len() == 64 && own.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let (csrf, style_nonce) = (csrf.unwrap_or_else(closed::random), closed::random());
    let wrong = refused.map(|(index, problem)| (index, problem.errors.as_slice()));
    let view = View { session, csrf: &csrf, style_nonce: &style_nonce, refused: wrong };
    let text = connect::steps(app, &view).into_string();
    let mut answer = closed(page(text, refused.map(|(_, problem)| problem.code)));
    let headers = answer.headers_mut();
    // Browsers hold the target of a redirect against it too.
    let back = session.return_url.as_deref().and_then(origin).unwrap_or_default();
    let policy = closed::policy(&style_nonce, &format!("'self' {back}"));
    let name = cookie_name(app);
    let (path, secure) = if name.starts_with("__Host-") { ("/", "; Secure") } else { ("/connect", "") };
    let cookie = format!("{name}={csrf}; Path={path}; HttpOnly; SameSite=Strict; Max-Age=3600{secure}");
    for (header, value) in [(CONTENT_SECURITY_POLICY, policy), (SET_COOKIE, cookie)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(header, value);
        }
    }
    answer
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> Option<String> {
    Some(Url::parse(url).ok()?.origin().ascii_serialization())
}

/// A page that says one thing.
fn message_of(title: &str, text: &str) -> Response<Body> {
    let mut answer = closed(page(connect::message(title, text).into_string(), None));
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'"));
    answer
}

fn message(problem: &Problem) -> Response<Body> {
    let mut answer = closed(page(connect::message("Not possible", &problem.detail).into_string(), Some(problem.code)));
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'"));
    answer
}

/// What is wrong with the page itself is nothing that its user can know.
fn over(error: &FlowError) -> Response<Body> {
    let problem = error.problem();
    if problem.code.fault() == lockgate_domain::Fault::Host {
        tracing::error!(code = %problem.code, %error, "a connect page failed");
        return message(&Problem::new(problem.code, "this did not work: try again later"));
    }
    let code = if problem.code == Code::ScopeDisabled { problem.code } else { Code::NotFound };
    message(&Problem::new(code, "this link is no longer valid: request a new one"))
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn an_origin_is_what_stands_before_the_path() {
        for (url, expected) in [
            ("https://a.example/x?y", "https://a.example"),
            ("http://127.0.0.1:8080?x", "http://127.0.0.1:8080"),
            ("https://a.example", "https://a.example"),
            ("https://A.example:443/x", "https://a.example"),
        ] {
            assert_eq!(origin(url).as_deref(), Some(expected), "{url}");
        }
        assert_eq!(origin("nowhere"), None);
    }
}
