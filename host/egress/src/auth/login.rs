//! The login request of a custom method, and the token that it gives. A token lives in the [`crate::EgressSession`] for which it
//! was asked, which is made anew for every version of the group and of the connection's values: so every input of the
//! login is a part of its key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::Method;
use lockgate_domain::CredentialName;
use lockgate_domain::auth::{BodyForm, Login};
use lockgate_vault::Secret;
use serde_json::Value;

use super::{Bound, Values, placing};
use crate::scrub::Scrubber;
use crate::transport::http::hop::Hop;
use crate::transport::http::outbound_request::{Form, OutboundRequest};
use crate::transport::http::send::SendContext;
use crate::{EgressError, Response};

/// Replies have a token and little else.
const REPLY_MAX: u64 = 256 * 1024;
/// A token is renewed so long before its end, or after half of its life.
const MARGIN: Duration = Duration::from_secs(15 * 60);
/// A refused token renews it at most so often,
const RENEWED_APART: Duration = Duration::from_secs(60);
/// and not so soon after it was given: then it is not the token that the upstream refuses.
const YOUNG: Duration = Duration::from_secs(30);

/// A token in use.
pub(crate) struct Token {
    pub(crate) value: Secret,
    /// Cleans answers of it too.
    pub(crate) scrubber: Arc<Scrubber>,
    given: Instant,
    until: Option<Instant>,
}

/// The tokens of one group with one connection's values, by credential.
#[derive(Default)]
pub(crate) struct Logins(Mutex<HashMap<CredentialName, Arc<Slot>>>);

#[derive(Default)]
struct Slot {
    state: Mutex<State>,
    /// CredentialValues by the one call that logs in, while others wait for its token.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    token: Option<Arc<Token>>,
    /// When a refused token was last thrown away.
    thrown: Option<Instant>,
}

impl Logins {
    /// The token, from a login if there is none that is good.
    pub(super) async fn token(
        &self,
        call: &SendContext<'_>,
        bound: Bound<'_>,
        login: &Login,
    ) -> Result<Arc<Token>, EgressError> {
        let slot = self.slot(bound.name);
        if let Some(token) = slot.good() {
            return Ok(token);
        }
        let _turn = slot.turn.lock().await;
        // Another call may have logged in meanwhile.
        if let Some(token) = slot.good() {
            return Ok(token);
        }
        // On a path of its own, since the login is a request, and a request may need a login.
        let token = Arc::new(Box::pin(log_in(call, bound, login)).await?);
        slot.locked().token = Some(Arc::clone(&token));
        Ok(token)
    }

    /// The upstream refused a token. Says whether another one is worth a try.
    pub(crate) fn refused(&self, credential: &CredentialName, token: &Arc<Token>) -> bool {
        let slot = self.slot(credential);
        let mut state = slot.locked();
        match &state.token {
            // Another call was told the same and has a new one.
            Some(current) if !Arc::ptr_eq(current, token) => return true,
            Some(_) | None => {}
        }
        let now = Instant::now();
        let young = now.duration_since(token.given) < YOUNG;
        if young || state.thrown.is_some_and(|thrown| now.duration_since(thrown) < RENEWED_APART) {
            return false;
        }
        state.thrown = Some(now);
        state.token = None;
        true
    }

    fn slot(&self, credential: &CredentialName) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match slots.get(credential) {
            Some(slot) => Arc::clone(slot),
            None => Arc::clone(slots.entry(credential.clone()).or_default()),
        }
    }
}

impl Slot {
    fn good(&self) -> Option<Arc<Token>> {
        let state = self.locked();
        state.token.clone().filter(|token| token.until.is_none_or(|until| Instant::now() < until))
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn log_in(call: &SendContext<'_>, bound: Bound<'_>, login: &Login) -> Result<Token, EgressError> {
    let field = |name: &_| super::text(call.reach.definition.activation.as_ref(), call.reach.account.as_deref(), name);
    let target = login.url.fill(field).map_err(|cause| EgressError::Field { part: "login.url", cause })?;
    let hop = Hop::login(call.reach, login, &target, bound.name);
    let form = match login.body {
        BodyForm::Form => Form::Urlencoded,
        BodyForm::Json => Form::Json,
        BodyForm::Query => Form::Query,
    };
    let mut draft = OutboundRequest::login(login.method.parse().unwrap_or(Method::POST), &target, form);
    let placed = placing::fill(&login.placements, bound, &hop.origin)?;
    draft.place(&placed, Some(form), &hop.origin)?;
    let response = hop.log_in(call, draft).await?;
    let failed = |cause: String| EgressError::Login { origin: hop.origin.clone(), cause };
    let Response { status, body, .. } = response;
    if !status.is_success() {
        return Err(failed(format!("it answered {}", status.as_u16())));
    }
    let reply = body.collect().await.map_err(|error| reply_error(&hop.origin, error))?;
    // Neither the reply nor what is wrong with it is shown: it may hold the token.
    let mut reply: Value = serde_json::from_slice(&reply).map_err(|_| failed("the reply is no JSON".to_owned()))?;
    let lifetime = login.expires_in.as_deref().and_then(|pointer| reply.pointer(pointer)).and_then(seconds);
    let lifetime = lifetime.or(login.lifetime_s).map(Duration::from_secs);
    let token = match reply.pointer_mut(&login.token).map(Value::take) {
        Some(Value::String(text)) if !text.is_empty() => text,
        Some(_) | None => return Err(failed(format!("the reply has no text at `{}`", login.token))),
    };
    let value = Secret::from(token);
    let with_token = Bound { values: Values { token: Some(&value), ..bound.values }, ..bound };
    let scrubber = Arc::new(Scrubber::new(&call.reach.secrets(Some(with_token))));
    let given = Instant::now();
    let until = lifetime.and_then(|lifetime| given.checked_add(lifetime - MARGIN.min(lifetime / 2)));
    Ok(Token { value, scrubber, given, until })
}

/// A lifetime as a number or the text of one.
fn seconds(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().map(|seconds| seconds as u64)),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The most that a login may answer.
pub(crate) const fn reply_max() -> u64 {
    REPLY_MAX
}

/// Why the reply of a login could not be read. How long it may be is no limit of the group, so none is named.
pub(crate) fn reply_error(origin: &str, error: EgressError) -> EgressError {
    match error {
        EgressError::TooLarge { .. } => EgressError::Login {
            origin: origin.to_owned(),
            cause: format!("the reply has more than {REPLY_MAX} bytes"),
        },
        error => error,
    }
}

impl std::fmt::Debug for Logins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Logins(…)")
    }
}
