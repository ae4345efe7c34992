//! What the host calls.

use std::panic::{self, PanicHookInfo};

use crate::bindings::exports::lockgate::connector::handler::Guest;
use crate::bindings::lockgate::connector::{context, types};
use crate::{compile, run};

struct Exports;

crate::bindings::export!(Exports with_types_in crate::bindings);

/// The name under which a module is compiled, in place of that of an exported function.
const COMPILE: &str = "compile";

impl Guest for Exports {
    fn describe() -> String {
        r#"{"name":"scripts","version":"0.1.0","sdk":"script/0.1","capabilities":[],"connectors":[]}"#.to_owned()
    }

    fn invoke(function: String, input: String) -> Result<String, types::Failure> {
        if function == COMPILE {
            return compile::module(&input);
        }
        report_panics();
        run::run(&function, input)
    }
}

/// Tells the host what a panic says, also the one that makes the snapshot.
pub(crate) fn report_panics() {
    panic::set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
        context::abort(&format!("the engine of scripts failed, which is a fault of the host: {panic}"));
    }));
}
