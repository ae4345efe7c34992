//! `/console/session`, `/console/links`: signing in to the console with a token or a link, and out.

mod image;
mod types;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Response};
use axum::routing::post;
use lockgate_domain::{Code, Problem, Scope};
use lockgate_flow::{SignIn, SignedIn};
use serde_json::{Value, json};

use crate::access::Access;
use crate::authn::session::{self, check_own, cookie_name};
use crate::authn::{check_transport, unauthenticated};
use crate::console::{PLACE, for_browser};
use crate::list::{flag, pairs};
use crate::openapi::parameter;
use crate::openapi::problems::OUTGOING;
use crate::peer::Peer;
use crate::response::{Refusal, created, gone, json};
use crate::route::{Resource, Route, VIEWER};
use crate::time::Time;
use crate::{App, body};
use types::{Link, Session, SignInWith};

async fn sign_in(State(app): State<App>, request: Request) -> Result<Response<Body>, Refusal> {
    let (request, sent) = request.into_parts();
    let peer = request.extensions.get::<Peer>().copied();
    check_transport(peer.as_ref())?;
    // Else a page of somebody else could sign a person in as that somebody.
    check_own(&app, &request)?;
    let with: SignInWith = body::json(&request.headers, sent).await?;
    let by = match (&with.token, &with.link) {
        (Some(token), None) => SignIn::Token(token),
        (None, Some(link)) => SignIn::Link(link),
        (Some(_), Some(_)) | (None, None) => {
            return Err(Refusal::malformed("expected `token` or `link`, and not both"));
        }
    };
    let before = session::secret(&request);
    let is_local = peer.as_ref().is_some_and(Peer::is_local);
    let (secret, signed_in) = app.host.changes().sign_in(by, is_local, before).await?;
    let mut answer = json(&shown(&app, &secret, &signed_in)?);
    set_cookie(&mut answer, peer.as_ref(), &secret, "");
    Ok(for_browser(answer))
}

async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let session = access.session.ok_or_else(|| unauthenticated("expected the cookie of a session: sign in first"))?;
    Ok(json(&shown(&app, &session.secret, &session.signed_in)?))
}

async fn sign_out(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let mut everywhere = false;
    for (name, value) in pairs(request.uri.query()) {
        match name.as_str() {
            "everywhere" => everywhere = flag(&name, &value)?,
            other => return Err(Refusal::malformed(format!("unknown parameter `{}`", other.escape_debug()))),
        }
    }
    match (everywhere, &access.session) {
        (true, _) => app.host.changes().sign_out_everywhere(&access.caller).await?,
        (false, Some(session)) => app.host.changes().sign_out(&session.secret).await?,
        (false, None) => {
            let detail = "the request has a token and no session: `everywhere=true` ends all sessions of the token";
            return Err(Refusal::malformed(detail));
        }
    }
    let mut answer = gone();
    set_cookie(&mut answer, request.extensions.get(), "", "; Max-Age=0");
    Ok(answer)
}

async fn create_link(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    if access.session.is_some() {
        // Else a session could go on for ever, from one to the next.
        let detail = "a session makes no link for another one: make it with the token itself (`lockgate console`)";
        return Err(Problem::new(Code::Forbidden, detail).into());
    }
    let (code, end) = app.host.changes().create_sign_in_link(&access.caller).await?;
    // Behind `#`, so that no server and no log gets to see it.
    let path = format!("{PLACE}#link={code}");
    Ok(created(&Link { url: app.public(&path), path, expires_at: Time(end) }))
}

/// The cookie ends with the browser; the host decides when the session does.
fn set_cookie(answer: &mut Response<Body>, peer: Option<&Peer>, value: &str, further: &str) {
    let name = cookie_name(peer);
    let secure = if name.starts_with("__Host-") { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{further}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        answer.headers_mut().insert(SET_COOKIE, value);
    }
}

/// A session as its page sees it.
fn shown(app: &App, secret: &str, signed_in: &SignedIn) -> Result<Session, Refusal> {
    let scope = signed_in.caller().scope;
    let slug = |scope: &Scope| Ok::<_, Refusal>(app.host.queries().scope(scope)?.slug.clone());
    let organization = slug(&Scope::Organization(scope.organization()))?;
    let workspace = match scope {
        Scope::Organization(_) => None,
        Scope::Workspace(..) => Some(slug(&scope)?),
    };
    Ok(Session::of(signed_in, (organization, workspace), session::csrf(secret), app.public("")))
}

fn url() -> Value {
    let mut url = parameter::query("url", "The `image_url` of a group that the token sees.", json!({"type": "string"}));
    if let Some(members) = url.as_object_mut() {
        members.insert("required".to_owned(), Value::Bool(true));
    }
    url
}

pub(crate) fn resource() -> Resource {
    const SESSION: &str = "/console/session";
    let routes = vec![
        Route::open("POST", SESSION, post(sign_in))
            .operation("sign_in", "Begin a session of the console")
            .describe(
                "With a token, or with the code of a link, which is good once. The answer sets the cookie of the session. \
                 Only pages of the host's own origin are answered.",
            )
            .takes::<SignInWith>()
            .gives::<Session>()
            .refuses(&[
                Code::Unauthenticated,
                Code::SignInEnded,
                Code::ForeignPage,
                Code::LocalTokenOnly,
                Code::TooManyRequests,
                Code::StoreUnavailable,
                Code::Internal,
            ]),
        Route::get(SESSION, VIEWER, &get)
            .operation("get_session", "Show the session of the cookie")
            .describe("What its token may do, when it ends, and the value for the header `x-lockgate-csrf`.")
            .gives::<Session>()
            .refuses(&[Code::LocalTokenOnly]),
        Route::delete_owned(SESSION, VIEWER, &sign_out)
            .operation("sign_out", "End the session of the cookie, or all of its token")
            .parameter(parameter::flag("everywhere", "Also every other session of the token."))
            .refuses(&[Code::LocalTokenOnly]),
        Route::post_owned("/console/links", VIEWER, &create_link)
            .operation("create_sign_in_link", "Make a link that signs in to the console, once")
            .describe("It signs in with the token that makes it, and ends in ten minutes. A session makes none.")
            .makes::<Link>()
            .refuses(&[Code::Forbidden, Code::LocalTokenOnly]),
        Route::get("/console/image", VIEWER, &image::get)
            .operation("get_image", "Show the image of a group, fetched by the host")
            .describe(
                "PNG, JPEG, WebP, GIF or SVG of at most 256 KiB, at a public address with TLS; redirects stay within its \
                 origin.",
            )
            .parameter(url())
            .gives_as::<String>("image/*")
            .refuses(&[Code::NotFound, Code::ScopeDisabled, Code::ImageUnusable, Code::ForeignPage, Code::LocalTokenOnly])
            .refuses(OUTGOING),
    ];
    let description = "Sessions of people in the browser. A session does what its token does, and ends with it.";
    Resource { name: "console", description, routes }
}
