//! Why a connector did not work.

use serde::Serialize;
use serde_json::Value;
use std::{error::Error, fmt, time::Duration};

/// Why a connector did not work: what its caller gets in place of an output.
///
/// Callers decide by `code`, people read `message`. Neither may hold a secret.
///
/// ```
/// use lockgate_sdk::{Failure, prelude::json};
/// use std::time::Duration;
///
/// let failure = Failure::new("out_of_stock", "3 pieces left of `desk-oak`, 5 were ordered")
///     .details(json!({ "sku": "desk-oak", "left": 3 }))
///     .retry_after(Duration::from_secs(60));
/// assert!(failure.is_retryable());
/// assert_eq!(failure.to_string(), "out_of_stock: 3 pieces left of `desk-oak`, 5 were ordered");
/// ```
///
/// `?` turns every standard error into one with the code `error`, so a `Failure` can't be a standard error itself:
///
/// ```
/// # use lockgate_sdk::Failure;
/// fn double(text: &str) -> Result<i64, Failure> {
///     Ok(text.parse::<i64>()? * 2)
/// }
/// assert_eq!(double("x").unwrap_err().to_string(), "error: invalid digit found in string");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    code: String,
    message: String,
    retryable: bool,
    retry_after: Option<Duration>,
    details: Option<Value>,
}

impl Failure {
    /// A failure that the same call would meet again.
    ///
    /// `code` is a stable word such as `not_found` (`^[a-z][a-z0-9_.-]{0,63}$`); `message` is one sentence of at most
    /// 4 KiB.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), retryable: false, retry_after: None, details: None }
    }

    /// Adds data for programs, at most 64 KiB of JSON. A value that has no JSON form is left out.
    ///
    /// ```
    /// # use lockgate_sdk::Failure;
    /// let failure = Failure::new("too_many", "at most 10 items").details([1, 2, 3]);
    /// assert_eq!(failure.details_value().unwrap()[2], 3);
    /// ```
    #[must_use]
    pub fn details(mut self, details: impl Serialize) -> Self {
        self.details = serde_json::to_value(details).ok();
        self
    }

    /// Says that the same call may succeed later.
    ///
    /// ```
    /// # use lockgate_sdk::Failure;
    /// assert!(Failure::new("busy", "try again").retryable().is_retryable());
    /// ```
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }

    /// Says that the same call may succeed after this time.
    ///
    /// ```
    /// # use {lockgate_sdk::Failure, std::time::Duration};
    /// let failure = Failure::new("busy", "try again").retry_after(Duration::from_secs(5));
    /// assert_eq!(failure.wait(), Some(Duration::from_secs(5)));
    /// ```
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self.retryable()
    }

    /// The stable word.
    ///
    /// ```
    /// # use lockgate_sdk::Failure;
    /// assert_eq!(Failure::new("not_found", "no issue 7").code(), "not_found");
    /// ```
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The sentence.
    ///
    /// ```
    /// # use lockgate_sdk::Failure;
    /// assert_eq!(Failure::new("not_found", "no issue 7").message(), "no issue 7");
    /// ```
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether the same call may succeed later.
    ///
    /// ```
    /// # use lockgate_sdk::Failure;
    /// assert!(!Failure::new("not_found", "no issue 7").is_retryable());
    /// ```
    pub fn is_retryable(&self) -> bool {
        self.retryable
    }

    /// How long to wait before the next attempt.
    ///
    /// ```
    /// # use lockgate_sdk::Failure;
    /// assert_eq!(Failure::new("busy", "try again").retryable().wait(), None);
    /// ```
    pub fn wait(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The data for programs.
    ///
    /// ```
    /// # use lockgate_sdk::Failure;
    /// assert!(Failure::new("not_found", "no issue 7").details_value().is_none());
    /// ```
    pub fn details_value(&self) -> Option<&Value> {
        self.details.as_ref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.code, self.message)
    }
}

/// What the standard library says where the target has no system below it.
const NO_SYSTEM: &str = "operation not supported on this platform";

impl<E: Error> From<E> for Failure {
    /// Code `error`; the message is the error's and those of its causes, joined by `: `.
    ///
    /// ```
    /// # use lockgate_sdk::Failure;
    /// let error = std::io::Error::other("operation not supported on this platform");
    /// assert!(Failure::from(error).message().ends_with("requests go through `lockgate_sdk::http`"));
    /// ```
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let next = error.to_string();
            // Many errors repeat their cause in their own text.
            if !message.ends_with(&next) {
                message = message + ": " + &next;
            }
            cause = error.source();
        }
        if message.ends_with(NO_SYSTEM) {
            message +=
                ": a plugin has no files, sockets, threads or environment; requests go through `lockgate_sdk::http`";
        }
        Self::new("error", message)
    }
}
