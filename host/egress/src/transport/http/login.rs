//! The login request of a custom method: one of the sources that tokens come from.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use lockgate_domain::auth::{BodyForm, Login};
use lockgate_domain::schema::Document;
use lockgate_domain::written::without_bom;
use lockgate_vault::Secret;
use serde_json::Value;

use super::hop::Hop;
use super::outbound_request::{Form, OutboundRequest};
use super::response::Response;
use super::{SendContext, carries};
use crate::EgressError;
use crate::auth::{Bound, CachedToken, Token, TokenFuture, TokenNeed, TokenSource, TokenWanted, place};

/// Trades the values of a credential for a token. The request carries what its own placements say and no token, so it
/// needs nothing that a token source gives.
pub(super) struct LoginRequest<'r> {
    pub(super) context: &'r SendContext<'r>,
    pub(super) bound: Bound<'r>,
}

/// The token that a credential needs, if it needs one, for a transport that has no login requests of its own.
pub(crate) async fn login_token<'r>(
    context: &SendContext<'r>,
    bound: Bound<'r>,
) -> Result<Option<Arc<CachedToken>>, EgressError> {
    context.token(bound, &LoginRequest { context, bound }).await
}

impl TokenSource for LoginRequest<'_> {
    fn token<'a>(&'a self, _wanted: TokenWanted<'a>) -> TokenFuture<'a> {
        Box::pin(async move {
            match TokenNeed::of(self.bound.method) {
                TokenNeed::Login(login) => self.log_in(login).await,
                TokenNeed::None | TokenNeed::Issuer => Err(EgressError::Host("a method has no login")),
            }
        })
    }
}

impl LoginRequest<'_> {
    async fn log_in(&self, login: &Login) -> Result<Token, EgressError> {
        let context = self.context;
        let target = login.url.fill(|name| context.credentials.text(name));
        let target = target.map_err(|cause| EgressError::Field { part: "login.url", cause })?;
        let hop = Hop::login(context, login, &target, self.bound.name);
        let form = match login.body {
            BodyForm::Form => Form::Urlencoded,
            BodyForm::Json => Form::Json,
            BodyForm::Query => Form::Query,
        };
        let mut request = OutboundRequest::login(login.method.parse().unwrap_or(Method::POST), &target, form);
        let placed = place(&login.placements, self.bound, carries, &hop.origin)?;
        request.place(&placed, Some(form), &hop.origin)?;
        let Response { status, body, .. } = hop.log_in(context, request, None).await?;
        let failed = |cause: String| EgressError::Login { origin: hop.origin.clone(), cause };
        if !status.is_success() {
            return Err(failed(format!("it answered {}", status.as_u16())));
        }
        let reply = body.collect().await?;
        // Neither the reply nor what is wrong with it is shown: it may hold the token.
        let read = std::str::from_utf8(&reply).ok().and_then(|text| Document::parse(without_bom(text)).ok());
        let mut reply = read.ok_or_else(|| failed("the reply is no JSON".to_owned()))?.root().to_value();
        let lifetime = login.expires_in.as_deref().and_then(|pointer| reply.pointer(pointer)).and_then(seconds);
        let lifetime = lifetime.or(login.lifetime_s).map(Duration::from_secs);
        match reply.pointer_mut(&login.token).map(Value::take) {
            Some(Value::String(text)) if !text.is_empty() => Ok(Token::new(Secret::from(text), lifetime)),
            Some(_) | None => Err(failed(format!("the reply has no text at `{}`", login.token))),
        }
    }
}

/// A lifetime as a number or the text of one.
fn seconds(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().map(|seconds| seconds as u64)),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
