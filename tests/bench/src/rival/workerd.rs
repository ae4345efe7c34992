//! Cloudflare's `workerd` with the function in JavaScript: isolates of V8, one thread per process, warm.

use super::{Kind, Rival, Server};
use crate::{
    load::{Expected, JSON, Target},
    process::{Process, free_address},
    setup::Setup,
    tool::{self, Tool},
    workload::root,
};
use anyhow::Result;
use std::process::Command;

pub(crate) const WORKERD: Rival = Rival { name: "workerd", title: "workerd (JavaScript)", kind: Kind::Http(start) };

fn start(Setup { workload, .. }: &Setup) -> Result<Server> {
    let tool = Tool::find("workerd")?;
    let address = free_address()?;
    let mut command = Command::new(&tool.path);
    command.arg("serve").arg(root().join("tests/bench/rivals/workerd/config.capnp"));
    command.arg(format!("--socket-addr=http={address}"));
    let description = tool::describe(&tool.version, &command);
    let process = Process::serve(&mut command, address)?;
    let expected = Expected::Body(workload.expected.clone().into_bytes());
    let target = Target::new(address, "/price", JSON, workload.input.as_bytes(), expected);
    Ok(Server { process, target, description })
}
