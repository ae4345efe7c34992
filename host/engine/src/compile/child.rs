//! The compile child itself: a component comes in on standard input, code goes out on standard output.

use std::io::{Read, Write};
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, Signal, getppid, set_parent_process_death_signal, setrlimit};
use wasmtime::Engine;

use crate::settings;

/// Exit code for a component that is not valid; the reason is on standard error.
pub(crate) const REFUSED: i32 = 3;
/// Standard input, output and error.
const STREAMS: u64 = 3;
/// Address space of the program itself, before it has allocated for the component: code, stacks of its threads, and
/// the arenas that the allocator reserves for each of them.
const OWN_ADDRESS_SPACE: u64 = 768 * 1024 * 1024;

/// What the host says of a child in its arguments.
struct Order {
    /// Bytes of memory.
    memory: u64,
    /// Whether address space is short.
    short: bool,
    cpu_seconds: u64,
    /// The process of the host.
    host: i32,
}

/// Runs the child with the arguments that the host gave: the memory limit in bytes, the kind of address space, the limit of
/// CPU time in seconds, and the host's process.
pub fn main(arguments: &[String]) -> ExitCode {
    let [memory, space, cpu_seconds, host] = arguments else { return ExitCode::from(2) };
    let (Ok(memory), Ok(cpu_seconds), Ok(host)) = (memory.parse(), cpu_seconds.parse(), host.parse()) else {
        return ExitCode::from(2);
    };
    match compile(&Order { memory, short: space == "short", cpu_seconds, host }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(complaint) => {
            let _ = writeln!(std::io::stderr(), "{complaint}");
            ExitCode::from(REFUSED as u8)
        }
    }
}

fn compile(order: &Order) -> Result<(), String> {
    // Nobody waits for the code when the host is gone, also when it was killed and could not end its child.
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|error| error.to_string())?;
    if getppid().is_none_or(|parent| parent.as_raw_nonzero().get() != order.host) {
        return Err("the host is gone".to_owned());
    }
    let limit = |resource, value| setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) });
    // No dump of a stranger's component, and no file or socket beyond the three streams that it was given.
    limit(Resource::Core, 0).map_err(|error| error.to_string())?;
    limit(Resource::Fsize, 0).map_err(|error| error.to_string())?;
    limit(Resource::Nofile, STREAMS).map_err(|error| error.to_string())?;
    limit(Resource::As, order.memory.saturating_add(OWN_ADDRESS_SPACE)).map_err(|error| error.to_string())?;
    limit(Resource::Cpu, order.cpu_seconds).map_err(|error| error.to_string())?;

    let mut component = Vec::new();
    std::io::stdin().lock().read_to_end(&mut component).map_err(|error| error.to_string())?;
    let engine = Engine::new(&settings::compiling(order.short)).map_err(|error| format!("{error:#}"))?;
    let code = engine.precompile_component(&component).map_err(|error| format!("{error:#}"))?;
    std::io::stdout().lock().write_all(&code).map_err(|error| error.to_string())
}
