//! A request to the token endpoint of a provider (RFC 6749 section 3.2). It follows no redirect, since it carries secrets, and
//! nothing of its reply is shown.

use std::time::Duration;

use http::Method;
use http::header::RETRY_AFTER;
use jiff::Timestamp;
use lockgate_domain::auth::{BodyForm, Method as AuthMethod, Oauth2, ReplyFormat, TokenRefusal, TokenReply};
use lockgate_domain::destination::Target;
use lockgate_domain::schema::Document;
use lockgate_domain::written::without_bom;
use lockgate_domain::{Code, CredentialName, FieldName};
use serde_json::{Map, Value};

use super::SendContext;
use super::hop::Hop;
use super::outbound_request::{Form, OutboundRequest};
use super::response::Response;
use crate::auth::{Filled, Guarded, TokenValues, filled};
use crate::{EgressError, Phase};

/// A provider that is busy for longer is asked again before that.
const WAIT_LONGEST_S: u64 = 3600;

/// Why a token request gave none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenError {
    /// What it is to callers.
    pub code: Code,
    /// In words, without anything of the reply but an error's name.
    pub cause: String,
    /// Who can do something about it.
    pub remedy: Remedy,
    /// How long the provider asks to wait, in seconds.
    pub retry_after_s: Option<u64>,
    /// Whether the provider may have carried the request out: what is good for one use must not be sent again.
    pub may_be_spent: bool,
}

/// Who can do something about a missing token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// A person authorizes again.
    Authorize,
    /// Whoever keeps the group, its installation or the host.
    Configure,
    /// Nobody: the same may work later.
    Wait,
}

/// Asks a provider for tokens.
pub(crate) async fn request_token(
    context: &SendContext<'_>,
    credential: &CredentialName,
    values: &TokenValues<'_>,
) -> Result<TokenReply, TokenError> {
    let missing = |cause: &str| TokenError::configure(Code::NoCredential, cause.to_owned());
    let bound = context.credentials.credential(credential);
    let bound = bound.ok_or_else(|| missing("the connection has no such credential"))?;
    let AuthMethod::Oauth2(method) = bound.method else { return Err(missing("its method is not `oauth2`")) };
    let url = method.step_url(&values.step);
    let target = url.fill(|name| context.credentials.text(name));
    let target = target.map_err(|cause| TokenError::unsent(&EgressError::Field { part: "token_url", cause }))?;
    let hop = Hop::token_endpoint(context, url, &target, credential);
    let filled = filled(method, bound, values, &target.to_string());
    let filled = filled.map_err(|cause| TokenError::configure(Code::OauthClientMissing, cause))?;
    let guarded = Guarded::by(&filled);
    let error = match exchange(context, method, values, (&hop, &target), (&filled, &guarded)).await {
        Ok(reply) => return Ok(reply),
        Err(error) => error,
    };
    Err(TokenError { cause: guarded.clean(&error.cause), ..error })
}

/// Sends a request, and reads its reply.
async fn exchange(
    context: &SendContext<'_>,
    method: &Oauth2,
    values: &TokenValues<'_>,
    (hop, target): (&Hop<'_>, &Target),
    (filled, guarded): (&Filled, &Guarded),
) -> Result<TokenReply, TokenError> {
    let request = method.step_request(&values.step);
    let form = match request.body {
        BodyForm::Form => Form::Urlencoded,
        BodyForm::Json => Form::Json,
        BodyForm::Query => Form::Query,
    };
    let mut outbound = OutboundRequest::login(request.method.parse().unwrap_or(Method::POST), target, form);
    outbound.place(&filled.placed(), Some(form), &hop.origin).map_err(|error| TokenError::unsent(&error))?;
    let answer = hop.log_in(context, outbound, Some(guarded)).await.map_err(|error| TokenError::of(&error))?;
    let Response { status, headers, body } = answer;
    let wait = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let bytes = body.collect().await.map_err(|error| TokenError { may_be_spent: true, ..TokenError::of(&error) })?;
    let read = read(method, &bytes);
    let reply = method.read_reply(status.as_u16(), read.as_ref(), Timestamp::now().as_millisecond());
    let refused = |refusal| TokenError::refused(refusal, status.as_u16(), wait);
    let mut reply = reply.map_err(refused)?;
    let parameters = values.code.map(|code| code.kept).unwrap_or_default();
    let activation = context.credentials.activation();
    let is_field = |name: &FieldName| activation.is_some_and(|activation| activation.fields.contains_key(name));
    guarded.check(method, read.as_ref().unwrap_or(&Value::Null), parameters, is_field).map_err(refused)?;
    // What the reply says counts more than what a browser brought.
    for one in parameters {
        reply.kept.entry(one.name.clone()).or_insert_with(|| one.kept.clone());
    }
    Ok(reply)
}

/// The reply as the definition says that it is written.
fn read(method: &Oauth2, bytes: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(bytes).ok()?;
    match method.reply.format {
        ReplyFormat::Json => Some(Document::parse(without_bom(text)).ok()?.root().to_value()),
        ReplyFormat::Form => {
            let mut members = Map::new();
            for pair in text.trim().split('&').filter(|pair| !pair.is_empty()) {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                members.insert(decoded(name)?, Value::String(decoded(value)?));
            }
            Some(Value::Object(members))
        }
    }
}

fn decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    percent_encoding::percent_decode_str(&text).decode_utf8().ok().map(|text| text.into_owned())
}

impl TokenError {
    fn configure(code: Code, cause: String) -> Self {
        Self { code, cause, remedy: Remedy::Configure, retry_after_s: None, may_be_spent: false }
    }

    /// Of a request that did not leave.
    fn unsent(error: &EgressError) -> Self {
        let remedy = if error.retryable() { Remedy::Wait } else { Remedy::Configure };
        let wait = error.retry_after().map(|wait| wait.as_secs());
        Self { code: error.problem().code, cause: error.to_string(), remedy, retry_after_s: wait, may_be_spent: false }
    }

    /// Of a request without a reply.
    pub(crate) fn of(error: &EgressError) -> Self {
        let may_be_spent = match error {
            // Before the first byte left.
            EgressError::Denied { .. }
            | EgressError::Address { .. }
            | EgressError::Dns { .. }
            | EgressError::Connect { .. }
            | EgressError::Tls { .. }
            | EgressError::CircuitOpen { .. }
            | EgressError::NoCredential { .. }
            | EgressError::Field { .. }
            | EgressError::Url(_)
            | EgressError::Request(_)
            | EgressError::Token { .. }
            | EgressError::Unsupported(_)
            | EgressError::Sign(_)
            | EgressError::Host(_) => false,
            EgressError::Timeout { phase, .. } => match phase {
                Phase::Waiting | Phase::Connect => false,
                Phase::FirstByte | Phase::Idle | Phase::Total | Phase::Deadline => true,
            },
            EgressError::TooLarge { .. }
            | EgressError::HeadTooLarge { .. }
            | EgressError::Protocol { .. }
            | EgressError::Body { .. }
            | EgressError::Login { .. }
            | EgressError::Redirect { .. }
            | EgressError::Refused { .. }
            | EgressError::Uncertain(_) => true,
        };
        Self { may_be_spent, ..Self::unsent(error) }
    }

    /// Of a reply without a token.
    fn refused(refusal: TokenRefusal, status: u16, wait: Option<u64>) -> Self {
        let (code, cause, remedy) = match refusal {
            TokenRefusal::Dead { error } => (
                Code::GrantRefused,
                format!("the provider refused the grant ({error}): a person must authorize the connection again"),
                Remedy::Authorize,
            ),
            TokenRefusal::Client { error } => (
                Code::OauthClientRefused,
                format!(
                    "the provider refused the client or what it asked for ({error}): check the installation's OAuth client, and the group's definition"
                ),
                Remedy::Configure,
            ),
            TokenRefusal::Retry { error } => {
                (Code::TokenUnavailable, format!("the provider gave no token now ({error})"), Remedy::Wait)
            }
            TokenRefusal::Reply { cause } => (
                Code::TokenReplyInvalid,
                format!("the provider's reply is not what the group's definition says: {cause}"),
                Remedy::Configure,
            ),
        };
        let success = (200..=299).contains(&status);
        // A gateway that gave up does not know what became of the request (RFC 9110 section 15.6.5).
        let may_be_spent = (success && code == Code::TokenReplyInvalid) || status == 504;
        let retry_after_s = wait.map(|seconds| seconds.min(WAIT_LONGEST_S));
        Self { code, cause, remedy, retry_after_s, may_be_spent }
    }

    /// As a request sees it that waited for the token. `wait` is when it may be worth another try.
    pub fn for_request(&self, credential: &CredentialName, wait: Option<Duration>) -> EgressError {
        EgressError::Token { credential: credential.clone(), code: self.code, cause: self.cause.clone(), wait }
    }
}
