//! The compile child itself: a component comes in on standard input, code goes out on standard output.

use std::io::{Read, Write};
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, setrlimit};
use wasmtime::Engine;

use crate::settings;

/// Exit code for a component that is not valid; the reason is on standard error.
pub(crate) const REFUSED: i32 = 3;
/// Standard input, output and error.
const STREAMS: u64 = 3;
/// Address space of the program itself, before it has allocated for the component: code, stacks of its threads, and
/// the arenas that the allocator reserves for each of them.
const OWN_ADDRESS_SPACE: u64 = 768 * 1024 * 1024;

/// Runs the child with the arguments that the host gave: the memory limit in bytes, and the kind of address space.
pub fn main(arguments: &[String]) -> ExitCode {
    let (memory, short) = match arguments {
        [memory, space] => (memory.parse::<u64>().unwrap_or(0), space == "short"),
        _ => return ExitCode::from(2),
    };
    match compile(memory, short) {
        Ok(()) => ExitCode::SUCCESS,
        Err(complaint) => {
            let _ = writeln!(std::io::stderr(), "{complaint}");
            ExitCode::from(REFUSED as u8)
        }
    }
}

fn compile(memory: u64, short: bool) -> Result<(), String> {
    let limit = |resource, value| setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) });
    // No dump of a stranger's component, and no file or socket beyond the three streams that it was given.
    limit(Resource::Core, 0).map_err(|error| error.to_string())?;
    limit(Resource::Fsize, 0).map_err(|error| error.to_string())?;
    limit(Resource::Nofile, STREAMS).map_err(|error| error.to_string())?;
    limit(Resource::As, memory.saturating_add(OWN_ADDRESS_SPACE)).map_err(|error| error.to_string())?;

    let mut component = Vec::new();
    std::io::stdin().lock().read_to_end(&mut component).map_err(|error| error.to_string())?;
    let engine = Engine::new(&settings::compiling(short)).map_err(|error| format!("{error:#}"))?;
    let code = engine.precompile_component(&component).map_err(|error| format!("{error:#}"))?;
    std::io::stdout().lock().write_all(&code).map_err(|error| error.to_string())
}
