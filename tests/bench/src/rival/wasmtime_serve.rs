//! `wasmtime serve` with the function as a `wasi:http` component in Rust: as its users run it, and with every flag that
//! was found to help and the arena allocator of Lockgate's SDK in the guest.

use super::{Kind, Rival, Server};
use crate::{
    guest,
    load::{Expected, JSON, Target},
    process::{Process, free_address},
    setup::Setup,
    tool::{self, Tool},
};
use anyhow::Result;
use std::process::Command;

pub(crate) const USUAL: Rival = Rival {
    name: "wasmtime-serve",
    title: "wasmtime serve",
    kind: Kind::Http(|setup| start(setup, &[POOL], USUAL_GUEST)),
};

pub(crate) const TUNED: Rival = Rival {
    name: "wasmtime-serve-tuned",
    title: "wasmtime serve, tuned",
    kind: Kind::Http(|setup| start(setup, &[POOL, RESIDENT, SCAN], ARENA_GUEST)),
};

pub(crate) const REUSE: Rival = Rival {
    name: "wasmtime-serve-reuse",
    title: "wasmtime serve, tuned, instance reused",
    kind: Kind::Http(|setup| start(setup, &[POOL, RESIDENT, SCAN, "--max-instance-reuse-count=1000000"], ARENA_GUEST)),
};

const USUAL_GUEST: &str = "pricing-wasi-http";
const ARENA_GUEST: &str = "pricing-wasi-http-arena";

const POOL: &str = "-Opooling-allocator=y";

/// Memory stays mapped between instances, in place of page faults in each.
const RESIDENT: &str = "-Opooling-memory-keep-resident=2097152,pooling-table-keep-resident=65536,\
                        pooling-async-stack-keep-resident=65536";

/// Only the pages that were touched are reset.
const SCAN: &str = "-Opooling-pagemap-scan=auto";

fn start(setup: &Setup, flags: &[&str], guest: &str) -> Result<Server> {
    let tool = Tool::find("wasmtime")?;
    let address = free_address()?;
    let mut command = Command::new(&tool.path);
    command.arg("serve").args(flags).arg(format!("--addr={address}")).arg(guest::wasi_http(guest)?);
    let description = tool::describe(&tool.version, &command);
    let process = Process::serve(&mut command, address)?;
    let expected = Expected::Body(setup.workload.expected.clone().into_bytes());
    let target = Target::new(address, "/", JSON, setup.workload.input.as_bytes(), expected);
    Ok(Server { process, target, description })
}
