//! Sets what the host answers in native tests. Each test thread has its own; [`reset`] goes back to the start.

pub mod connectors;
pub mod database;
pub mod grpc;
pub mod http;

use crate::{Plugin, host::native, log::Level};
use serde::Serialize;
use serde_json::Value;
use std::{fmt, time::Duration};

/// One line that a connector wrote with [`log`](crate::log).
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// How much it matters.
    pub level: Level,
    /// Its text.
    pub message: String,
    /// Its further values, an object or null.
    pub fields: Value,
}

impl Line {
    pub(crate) fn new(level: Level, message: &str, fields: Option<&str>) -> Self {
        let fields = fields.and_then(|fields| serde_json::from_str(fields).ok()).unwrap_or_default();
        Self { level, message: message.to_owned(), fields }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}: {}", self.level, self.message)?;
        if self.fields.is_null() { Ok(()) } else { write!(out, " {}", self.fields) }
    }
}

/// Takes the lines that were logged in this thread.
///
/// ```
/// use lockgate_sdk::{log, testing};
/// log::warn!("slow", ms = 1200);
/// assert_eq!(testing::logs()[0].fields["ms"], 1200);
/// assert!(testing::logs().is_empty());
/// ```
pub fn logs() -> Vec<Line> {
    native::STATE.with_borrow_mut(|state| std::mem::take(&mut state.lines))
}

/// Sets one setting. A value without a JSON form becomes null.
///
/// ```
/// use lockgate_sdk::{settings, testing};
/// testing::set_setting("page_size", 50);
/// assert_eq!(settings::get::<u32>("page_size").unwrap(), Some(50));
/// ```
pub fn set_setting(name: &str, value: impl Serialize) {
    let value = serde_json::to_value(value).unwrap_or_default();
    native::STATE.with_borrow_mut(|state| state.settings.insert(name.to_owned(), value));
}

/// Sets the tenant for which calls run.
///
/// ```
/// use lockgate_sdk::{context, testing};
/// testing::set_tenant("blue-shop");
/// assert_eq!(context::tenant().as_deref(), Some("blue-shop"));
/// ```
pub fn set_tenant(tenant: &str) {
    native::STATE.with_borrow_mut(|state| state.tenant = Some(tenant.to_owned()));
}

/// Sets which attempt a call is.
///
/// ```
/// use lockgate_sdk::{context, testing};
/// testing::set_attempt(2);
/// assert_eq!(context::attempt(), 2);
/// ```
pub fn set_attempt(attempt: u32) {
    native::STATE.with_borrow_mut(|state| state.attempt = attempt);
}

/// Sets how much time a call has left.
///
/// ```
/// use {lockgate_sdk::{context, testing}, std::time::Duration};
/// testing::set_remaining(Duration::ZERO);
/// assert!(context::remaining().is_zero());
/// ```
pub fn set_remaining(remaining: Duration) {
    native::STATE.with_borrow_mut(|state| state.remaining = remaining);
}

/// Stops the wall clock at this time since 1970.
///
/// ```
/// use {lockgate_sdk::{clock, testing}, std::time::Duration};
/// testing::set_unix_time(Duration::from_secs(1_700_000_000));
/// assert_eq!(clock::unix_time().as_secs(), 1_700_000_000);
/// ```
pub fn set_unix_time(time: Duration) {
    native::STATE.with_borrow_mut(|state| state.time = Some(time));
}

/// Makes [`random`](crate::random) repeat itself: the same seed gives the same values.
///
/// ```
/// use lockgate_sdk::{random, testing};
/// testing::set_random_seed(7);
/// let first = random::u64();
/// testing::set_random_seed(7);
/// assert_eq!(random::u64(), first);
/// ```
pub fn set_random_seed(seed: u64) {
    native::STATE.with_borrow_mut(|state| state.random = seed);
}

/// Sets the value of a field with which [`signing`](crate::signing) signs.
///
/// ```
/// use lockgate_sdk::{signing, testing};
/// testing::set_signing_key("webhook_secret", "key");
/// assert!(signing::sign("webhook_secret", "hmac-sha256", b"body").is_ok());
/// assert_eq!(signing::sign("other", "hmac-sha256", b"body").unwrap_err().code(), "sign");
/// ```
pub fn set_signing_key(field: &str, key: impl Into<Vec<u8>>) {
    let key = key.into();
    native::STATE.with_borrow_mut(|state| state.signing_keys.insert(field.to_owned(), key));
}

/// Forgets settings, log lines and everything else that was set in this thread.
///
/// ```
/// use lockgate_sdk::{context, testing};
/// testing::set_attempt(2);
/// testing::reset();
/// assert_eq!(context::attempt(), 1);
/// ```
pub fn reset() {
    native::STATE.set(native::State::new());
}

/// Runs every example that the connectors declare, and compares those that name an output.
///
/// # Panics
/// When one fails or gives another output.
///
/// ```
/// # use lockgate_sdk::prelude::*;
/// #[connector(example([3, 1] => [1, 3]))]
/// fn sort(mut numbers: Vec<i64>) -> Vec<i64> {
///     numbers.sort();
///     numbers
/// }
///
/// lockgate_sdk::plugin!(sort);
/// lockgate_sdk::testing::assert_examples(&PLUGIN);
/// ```
pub fn assert_examples(plugin: &Plugin) {
    for definition in plugin.connectors {
        for (input, expected) in (definition.examples)() {
            let found = plugin.call(definition.name, &input).map_err(|failure| failure.to_string());
            let as_declared = found.as_ref().is_ok_and(|found| expected.as_ref().is_none_or(|output| output == found));
            assert!(as_declared, "example {input} of {}: expected {expected:?}, found {found:?}", definition.name);
        }
    }
}
