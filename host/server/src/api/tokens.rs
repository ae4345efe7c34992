//! `S/tokens`: made, shown once, limited, revoked.

mod expiry;
mod types;

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::Code;
use lockgate_flow::Token;

use crate::access::Access;
use crate::list::{Keyed, Page};
use crate::openapi::parameter;
use crate::response::{self, Refusal, created, gone, tagged};
use crate::route::{ADMIN, Resource, Route};
use crate::{App, body, etag};
use types::{Made, New, Patch, Shown};

impl Keyed for Arc<Token> {
    fn key(&self) -> String {
        self.stored.caller.token.to_string()
    }
}

async fn list(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &[])?;
    let seen = app.host.queries().tokens(&access.scope()?, &access.caller);
    let found = seen.into_iter().filter(|token| page.matches(&[&token.stored.facts.name]));
    Ok(response::json(&page.cut(found, |token| Shown::of(&token))))
}

async fn create(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let new: New = body::json(&request.headers, sent).await?;
    let own = app.host.queries().own_token(&access.caller);
    let new = new.read(own.as_deref().map(|own| &own.stored.facts))?;
    let (token, text) = app.host.changes().create_token(access.scope()?, new, &access.caller).await?;
    let made = Made { token: Shown::of(&token), text: text.reveal().to_owned() };
    Ok(tagged(created(&made), token.stored.version))
}

async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let token = app.host.queries().token(&access.scope()?, access.part("token"), &access.caller)?;
    Ok(tagged(response::json(&Shown::of(&token)), token.stored.version))
}

async fn patch(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let patch: Patch = body::json(&request.headers, sent).await?;
    let at = patch.expires_at.as_ref().and_then(Option::as_deref);
    let end = expiry::read(patch.expires_in, at)?;
    let says_end = patch.expires_at.is_some() || patch.expires_in.is_some();
    let (scope, id) = (access.scope()?, access.part("token"));
    let change = |facts: &mut lockgate_flow::TokenFacts| {
        facts.name = patch.name.unwrap_or_else(|| facts.name.clone());
        facts.enabled = patch.enabled.unwrap_or(facts.enabled);
        facts.expires_at = if says_end { end } else { facts.expires_at };
        facts.requests_per_second = patch.requests_per_second.unwrap_or(facts.requests_per_second);
        facts.burst = patch.burst.unwrap_or(facts.burst);
    };
    let token = app.host.changes().update_token(&scope, id, expected, change, &access.caller).await?;
    Ok(tagged(response::json(&Shown::of(&token)), token.stored.version))
}

async fn delete(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    app.host.changes().revoke_token(&access.scope()?, access.part("token"), expected, &access.caller).await?;
    Ok(gone())
}

pub(crate) fn resource() -> Resource {
    const ALL: &str = "{S}/tokens";
    const ONE: &str = "{S}/tokens/{token}";
    let routes = vec![
        Route::get(ALL, ADMIN, &list)
            .operation("list_tokens", "List the tokens of the scope")
            .lists::<Shown>()
            .parameter(parameter::words()),
        Route::post_owned(ALL, ADMIN, &create)
            .operation("create_token", "Make a token")
            .describe(
                "Role, limits and end are at most those of the token that makes it, and so is the rate if that one's is \
                 below the default. An end or a rate that is left out is the maker's, if that is less than the default.",
            )
            .takes::<New>()
            .makes::<Made>()
            .tagged()
            .refuses(&[Code::ScopeDisabled, Code::DefinitionInvalid]),
        Route::get(ONE, ADMIN, &get).operation("get_token", "Show a token, without its text").gives::<Shown>().tagged(),
        Route::patch_owned(ONE, ADMIN, &patch)
            .operation("update_token", "Change a token, or switch it off")
            .describe("An end is put off to at most that of the token that does it, and so is a rate below the default.")
            .if_match()
            .takes::<Patch>()
            .gives::<Shown>()
            .tagged()
            .refuses(&[Code::ScopeDisabled, Code::DefinitionInvalid]),
        Route::delete_owned(ONE, ADMIN, &delete)
            .operation("revoke_token", "Revoke a token")
            .if_match()
            .refuses(&[Code::ScopeDisabled]),
    ];
    let description = "Access tokens of a scope: a role, limits, an end and a rate.";
    Resource { name: "tokens", description, routes }
}
