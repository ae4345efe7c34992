//! Lines for the people who operate the connector. They stay with the call, and its caller doesn't see them.
//!
//! The macros take a message in the notation of `format!`. After a message that is one literal, `name = value` adds
//! fields, which operators can filter by:
//!
//! ```
//! use lockgate_sdk::log;
//!
//! let (page, issues) = (2, ["a", "b"]);
//! log::info!("read page {page}", issues = issues.len(), last = true);
//! log::debug!("first is {}", issues[0]);
//!
//! let lines = lockgate_sdk::testing::logs();
//! assert_eq!(lines[0].to_string(), r#"Info: read page 2 {"issues":2,"last":true}"#);
//! assert_eq!(lines[1].message, "first is a");
//! ```
//!
//! A call has 256 lines of 4 KiB by default; more are counted and dropped.

use crate::host;
use serde_json::Value;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Step-by-step detail.
    Trace,
    /// Detail that helps to find a fault.
    Debug,
    /// What a person following the call wants to see.
    Info,
    /// Unexpected, and the call goes on.
    Warn,
    /// The call, or a part of it, failed.
    Error,
}

/// Writes one line; `fields` is an object, or null for none.
///
/// ```
/// use lockgate_sdk::{log, prelude::json};
/// log::write(log::Level::Info, "read", json!({ "rows": 3 }));
/// ```
pub fn write(level: Level, message: &str, fields: Value) {
    let fields = (!fields.is_null()).then(|| fields.to_string());
    host::write(level, message, fields.as_deref());
}

#[doc(hidden)]
#[macro_export]
macro_rules! __log {
    ($level:ident, $message:literal $(, $field:ident = $value:expr)+ $(,)?) => {{
        let mut fields = $crate::__private::Map::new();
        $(fields.insert(
            stringify!($field).to_owned(),
            $crate::__private::to_value(&$value).unwrap_or_default(),
        );)+
        $crate::log::write($crate::log::Level::$level, &format!($message), fields.into());
    }};
    ($level:ident, $($message:tt)+) => {
        $crate::log::write($crate::log::Level::$level, &format!($($message)+), $crate::__private::Value::Null)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __log_trace {
    ($($line:tt)+) => { $crate::__log!(Trace, $($line)+) };
}
#[doc(hidden)]
#[macro_export]
macro_rules! __log_debug {
    ($($line:tt)+) => { $crate::__log!(Debug, $($line)+) };
}
#[doc(hidden)]
#[macro_export]
macro_rules! __log_info {
    ($($line:tt)+) => { $crate::__log!(Info, $($line)+) };
}
#[doc(hidden)]
#[macro_export]
macro_rules! __log_warn {
    ($($line:tt)+) => { $crate::__log!(Warn, $($line)+) };
}
#[doc(hidden)]
#[macro_export]
macro_rules! __log_error {
    ($($line:tt)+) => { $crate::__log!(Error, $($line)+) };
}

/// Writes a line that helps to find a fault.
///
/// ```
/// use lockgate_sdk::log;
/// log::debug!("cache miss", key = "a");
/// ```
#[doc(inline)]
pub use crate::__log_debug as debug;
/// Writes a line about a part of the call that failed.
///
/// ```
/// use lockgate_sdk::log;
/// log::error!("upload failed", file = "a.csv", attempt = 3);
/// ```
#[doc(inline)]
pub use crate::__log_error as error;
/// Writes a line for a person following the call.
///
/// ```
/// use lockgate_sdk::log;
/// log::info!("{} rows", 3);
/// ```
#[doc(inline)]
pub use crate::__log_info as info;
/// Writes a line of step-by-step detail.
///
/// ```
/// use lockgate_sdk::log;
/// log::trace!("entering");
/// ```
#[doc(inline)]
pub use crate::__log_trace as trace;
/// Writes a line about something unexpected that the call survives.
///
/// ```
/// use lockgate_sdk::log;
/// log::warn!("slow answer", ms = 1200);
/// ```
#[doc(inline)]
pub use crate::__log_warn as warn;
