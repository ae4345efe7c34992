//! Calls with an `Idempotency-Key`: one run, whoever repeats the request on whichever host, and the same answer for all of
//! them. The intent is durable before the call runs, the outcome before it is answered; what a crash leaves in between is
//! unknown, and never run again.

use std::time::Duration;

use lockgate_domain::{CallId, ConnectionChoice, Denied, Digest, Fault, Usage};
use lockgate_store::{Claimed, KeyedCall, OUTCOME, Sealed};
use lockgate_vault::{Place, Secret};

use crate::call::kept_outcome::{Outcome, is_definite, read, written};
use crate::call::pipeline;
use crate::call::request::{Call, FailedCall};
use crate::{FlowError, Host};

/// Upper bound of a key's length. A UUID has 36 characters.
const KEY_MAX: usize = 255;
/// How long after its deadline a call counts as running: its end is still to be written.
const GRACE: Duration = Duration::from_secs(10);

/// The key of a call, and the connector as the request named it.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    key: Digest,
    named: String,
}

impl IdempotencyKey {
    /// Reads a key: 1 to 255 printable ASCII characters. `named` is the connector as the request named it, with its version.
    pub fn parse(text: &str, named: &str) -> Option<Self> {
        let fits = (1..=KEY_MAX).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        fits.then(|| Self { key: Digest::of(text.as_bytes()), named: named.to_owned() })
    }
}

/// What a caller with a key gets.
#[derive(Debug)]
pub struct OnceAnswer {
    /// The call that ran.
    pub id: CallId,
    /// What came of it.
    pub result: Outcome,
    /// Whether it ran before, for another request with the key.
    pub replayed: bool,
}

/// Runs a call, unless it has run.
pub(crate) async fn run(host: &Host, mut call: Call, key: &IdempotencyKey) -> OnceAnswer {
    call.fill_defaults();
    let id = call.id;
    match claimed(host, &call, key).await {
        Ok((keyed, Claimed::Given)) => {
            // To its end, also when its caller goes away: whoever repeats the request wants to know what came of it.
            let (host, repeatable) = (host.clone(), call.resolved.connector.is_repeatable());
            let ran = tokio::spawn(async move {
                let result = pipeline::run(&host, call).await;
                settle(&host, &keyed, &id, (&result, repeatable)).await;
                result
            });
            let result = ran.await.unwrap_or_else(|_| Err(refused(&FlowError::OutcomeUnknown(id))));
            OnceAnswer { id, result, replayed: false }
        }
        Ok((keyed, Claimed::Ended(first, sealed))) => match open(host, &keyed, &first, sealed.as_deref()) {
            Ok(result) => OnceAnswer { id: first, result, replayed: true },
            Err(error) => OnceAnswer { id: first, result: Err(refused(&error)), replayed: true },
        },
        Ok((_, Claimed::Running)) => OnceAnswer { id, result: Err(refused(&FlowError::KeyInUse)), replayed: false },
        Ok((_, Claimed::Other)) => OnceAnswer { id, result: Err(refused(&FlowError::KeyOfOther)), replayed: false },
        Ok((_, Claimed::Unknown(first))) => {
            OnceAnswer { id: first, result: Err(refused(&FlowError::OutcomeUnknown(first))), replayed: true }
        }
        Err(error) => OnceAnswer { id, result: Err(refused(&error)), replayed: false },
    }
}

/// What is known of the key, for a caller who may make the call.
async fn claimed(host: &Host, call: &Call, key: &IdempotencyKey) -> Result<(KeyedCall, Claimed), FlowError> {
    if host.is_draining() {
        return Err(FlowError::Draining);
    }
    let resolved = &call.resolved;
    match resolved.authorize(&call.caller, &call.choice, call.tenant.clone()) {
        // The connection was there when the call ran, if it has run.
        Ok(_) | Err(FlowError::Denied(Denied::Connection(_))) => {}
        Err(error) => return Err(error),
    }
    let keyed = KeyedCall {
        scope: resolved.scope,
        group: resolved.group.stored.id,
        connector: resolved.connector.name.clone(),
        // What one tenant is answered is nothing that another one can ask for.
        tenant: call.tenant.clone(),
        key: key.key,
        fingerprint: fingerprint(call, &key.named),
    };
    let holder = &host.0.renewals.holder;
    if host.0.many_keys.load().contains(&keyed.scope) {
        // What is kept already is still answered: whoever repeats such a call must not take it for one that never ran.
        let known = host.0.store.known_call(&keyed, holder).await?;
        return Ok((keyed, known.ok_or(FlowError::TooManyKeys)?));
    }
    let runs = call.allowed() + GRACE;
    let runs_ms = i64::try_from(runs.as_millis()).unwrap_or(i64::MAX);
    let claimed = host.0.store.claim_call(&keyed, &call.id, holder, runs_ms).await?;
    Ok((keyed, claimed))
}

/// The digest of what is asked: the connector with its version, the connection and the input.
fn fingerprint(call: &Call, named: &str) -> Digest {
    let choice = match &call.choice {
        ConnectionChoice::None => String::new(),
        ConnectionChoice::Fixed(name) => format!("fixed {name}"),
        ConnectionChoice::Dynamic { name, .. } => format!("dynamic {}", name.as_deref().unwrap_or_default()),
    };
    let mut bytes = Vec::with_capacity(call.input.len() + 128);
    for part in [named, &choice, &call.input] {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    Digest::of(&bytes)
}

/// Makes durable what came of a call, before anybody is answered.
async fn settle(host: &Host, keyed: &KeyedCall, id: &CallId, (result, repeatable): (&Outcome, bool)) {
    let kept = match is_definite(result, repeatable) {
        true => keep(host, keyed, id, result).await,
        false => host.0.store.release_call(id).await.map_err(FlowError::from),
    };
    if let Err(error) = kept {
        // Whoever repeats the request learns that nobody knows; this caller has its answer.
        tracing::error!(call = %id, %error, "the outcome of a call with an idempotency key was not kept");
    }
}

async fn keep(host: &Host, keyed: &KeyedCall, id: &CallId, result: &Outcome) -> Result<(), FlowError> {
    let vault = host.0.keys.vault();
    let sealed = match written(result) {
        Some(text) => {
            let sealed = vault.seal(&place(keyed, id), &Secret::from(text))?;
            Some(Sealed { field: OUTCOME.to_owned(), sealed })
        }
        None => None,
    };
    Ok(host.0.store.keep_outcome(id, &vault, sealed).await?)
}

fn open(host: &Host, keyed: &KeyedCall, id: &CallId, sealed: Option<&[u8]>) -> Result<Outcome, FlowError> {
    let sealed = sealed.ok_or(FlowError::OutcomeNotKept(*id))?;
    let text = host.0.keys.vault().open_answer(&place(keyed, id), sealed)?;
    read(&text).ok_or(FlowError::OutcomeNotKept(*id))
}

fn place<'p>(keyed: &'p KeyedCall, id: &'p CallId) -> Place<'p> {
    let (scope, tenant, group) = (keyed.scope, keyed.tenant.as_ref(), keyed.group);
    Place { scope, tenant, group, record: id.as_bytes(), field: OUTCOME }
}

fn refused(error: &FlowError) -> FailedCall {
    let problem = error.problem();
    if problem.code.fault() == Fault::Host {
        tracing::error!(code = %problem.code, %error, "a call with an idempotency key failed");
    }
    FailedCall { problem: Box::new(problem), usage: Usage::default(), logs: Vec::new(), began: false }
}
