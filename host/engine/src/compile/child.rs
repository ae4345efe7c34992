//! The compile child itself: a component or `.proto` texts come in on standard input, code or descriptors go out on standard
//! output.

use std::io::{ErrorKind, Read, Write};
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, Signal, getppid, set_parent_process_death_signal, setrlimit};
use wasmtime::{Engine, OutOfMemory};

use crate::settings;

/// Exit code for a component that is not valid; the reason is on standard error.
pub(crate) const REFUSED: i32 = 3;
/// Exit code for one that there is no memory to compile.
const NO_MEMORY: i32 = 4;
/// What it compiles: a component into code.
pub(crate) const COMPONENT: &str = "component";
/// Or texts by their paths, as JSON, into descriptors; errors in them go out as JSON.
pub(crate) const PROTOS: &str = "protos";
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

/// Why it gives nothing.
#[derive(Debug, PartialEq, Eq)]
enum Refused {
    /// The reason.
    Invalid(String),
    NoMemory,
}

impl From<std::io::Error> for Refused {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::OutOfMemory => Self::NoMemory,
            _ => Self::Invalid(error.to_string()),
        }
    }
}

impl From<wasmtime::Error> for Refused {
    fn from(error: wasmtime::Error) -> Self {
        match error.chain().any(|cause| cause.is::<OutOfMemory>()) {
            true => Self::NoMemory,
            false => Self::Invalid(format!("{error:#}")),
        }
    }
}

/// Runs the child with the arguments that the host gave: what it compiles, the memory limit in bytes, the kind of address space, the limit of
/// CPU time in seconds, and the host's process.
pub fn main(arguments: &[String]) -> ExitCode {
    let [what, memory, space, cpu_seconds, host] = arguments else { return ExitCode::from(2) };
    let (Ok(memory), Ok(cpu_seconds), Ok(host)) = (memory.parse(), cpu_seconds.parse(), host.parse()) else {
        return ExitCode::from(2);
    };
    let order = Order { memory, short: space == "short", cpu_seconds, host };
    let done = match what.as_str() {
        COMPONENT => limit(&order).and_then(|()| compile(&order)),
        PROTOS => limit(&order).and_then(|()| compile_protos()),
        _ => return ExitCode::from(2),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Refused::Invalid(complaint)) => {
            let _ = writeln!(std::io::stderr(), "{complaint}");
            ExitCode::from(REFUSED as u8)
        }
        Err(Refused::NoMemory) => ExitCode::from(NO_MEMORY as u8),
    }
}

/// Gives up what a compiler has no use for.
fn limit(order: &Order) -> Result<(), Refused> {
    // Nobody waits for the code when the host is gone, also when it was killed and could not end its child.
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(std::io::Error::from)?;
    if getppid().is_none_or(|parent| parent.as_raw_nonzero().get() != order.host) {
        return Err(Refused::Invalid("the host is gone".to_owned()));
    }
    let limit = |resource, value| {
        setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) }).map_err(std::io::Error::from)
    };
    // No dump of an untrusted component, and no file or socket beyond the three streams that it was given.
    limit(Resource::Core, 0)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Nofile, STREAMS)?;
    limit(Resource::As, order.memory.saturating_add(OWN_ADDRESS_SPACE))?;
    Ok(limit(Resource::Cpu, order.cpu_seconds)?)
}

fn input() -> Result<Vec<u8>, Refused> {
    let mut input = Vec::new();
    std::io::stdin().lock().read_to_end(&mut input)?;
    Ok(input)
}

fn output(bytes: &[u8]) -> Result<(), Refused> {
    Ok(std::io::stdout().lock().write_all(bytes)?)
}

fn compile(order: &Order) -> Result<(), Refused> {
    let component = input()?;
    let engine = Engine::new(&settings::compiling(order.short))?;
    let code = engine.precompile_component(&component)?;
    output(&code)
}

fn compile_protos() -> Result<(), Refused> {
    let files = serde_json::from_slice(&input()?).map_err(|error| Refused::Invalid(error.to_string()))?;
    match lockgate_protobuf::compile(files) {
        Ok(set) => output(&set),
        Err(errors) => {
            output(&serde_json::to_vec(&errors).map_err(|error| Refused::Invalid(error.to_string()))?)?;
            Err(Refused::Invalid("the files are not valid".to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where an allocation is asked for carefully, its failure is an error and ends nothing.
    #[test]
    fn a_lack_of_memory_is_no_fault_of_the_component() {
        assert_eq!(Refused::from(std::io::Error::from(ErrorKind::OutOfMemory)), Refused::NoMemory);
        let lack = wasmtime::Error::from(OutOfMemory::new(7)).context("compiling");
        assert_eq!(Refused::from(lack), Refused::NoMemory);
        let fault = wasmtime::Error::msg("unexpected end").context("reading");
        assert_eq!(Refused::from(fault), Refused::Invalid("reading: unexpected end".to_owned()));
    }
}
