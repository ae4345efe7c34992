//! The component's exports: from the host's two calls to the author's plugin.

use crate::{Failure, Plugin, bindings, host};
use bindings::{exports::lockgate::connector::handler::Guest, lockgate::connector::types};
use std::panic::{self, PanicHookInfo};

struct Exports;

bindings::export!(Exports with_types_in bindings);

unsafe extern "Rust" {
    /// Defined by [`plugin!`](crate::plugin) in the author's crate.
    fn __lockgate_plugin() -> &'static Plugin;
}

fn plugin() -> &'static Plugin {
    panic::set_hook(Box::new(|panic| host::abort(&explained(panic))));
    // SAFETY: the only definition is the macro's, with this signature.
    unsafe { __lockgate_plugin() }
}

impl Guest for Exports {
    fn describe() -> String {
        plugin().manifest().to_string()
    }

    fn invoke(connector: String, input: String) -> Result<String, types::Failure> {
        plugin().invoke(&connector, &input).map_err(lowered)
    }
}

fn lowered(failure: Failure) -> types::Failure {
    types::Failure {
        code: failure.code().to_owned(),
        message: failure.message().to_owned(),
        retryable: failure.is_retryable(),
        retry_after_ms: failure.wait().map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        details: failure.details_value().map(ToString::to_string),
    }
}

/// One line: what happened, where, and for the one surprise of this target what to use.
fn explained(panic: &PanicHookInfo<'_>) -> String {
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = text.unwrap_or("a panic without a message");
    let location = panic.location().map(|location| format!(", at {location}")).unwrap_or_default();
    let advice = match message {
        "time not implemented on this platform" => ": std::time has no clock in a connector, use lockgate_sdk::clock",
        _ => "",
    };
    format!("{message}{location}{advice}")
}
