//! `lockgate doctor`: what works on this machine, and what to do about the rest.

use std::path::PathBuf;

use lockgate_engine::address_space_is_short;

use crate::client::Target;
use crate::command::block_on;
use crate::command::finding::{self, Finding};
use crate::output::Output;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only ask whether the running host is ready, as a health check of a container does
    #[arg(long)]
    ready: bool,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    if arguments.ready {
        return finding::report(&[ready(&arguments.target)], format);
    }
    finding::report(&[compiler(), address_space(), page_reset(), memory(), host(&arguments.target)], format)
}

fn compiler() -> Finding {
    let what = "Rust for plugins";
    match lockgate_toolchain::chosen_compiler(&lockgate_toolchain::Options::new(PathBuf::from("."))) {
        Ok(compiler) => Finding::good(what, compiler.to_string()),
        Err(error) => Finding::note(what, format!("authors can't build here: {error}")),
    }
}

fn address_space() -> Finding {
    let what = "address space";
    if address_space_is_short() {
        Finding::note(what, "limited: bounds are checked in code, and calls are slower (ulimit -v unlimited lifts it)")
    } else {
        Finding::good(what, "unlimited")
    }
}

/// The kernel call by which only written pages of an instance are reset.
fn page_reset() -> Finding {
    let what = "kernel";
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version >= (6, 7) {
        Finding::good(what, format!("Linux {} resets only what a guest wrote", release.trim()))
    } else {
        Finding::note(what, format!("Linux {}: from 6.7 on, fresh instances are reset faster", release.trim()))
    }
}

fn memory() -> Finding {
    let what = "swap";
    let swaps = std::fs::read_to_string("/proc/swaps").unwrap_or_default();
    if swaps.lines().count() <= 1 {
        Finding::good(what, "off")
    } else {
        Finding::note(what, "on: the fast reset of instances stays off, since it misses pages that were swapped out")
    }
}

const HOST: &str = "running host";

fn host(target: &Target) -> Finding {
    let client = match target.client() {
        Ok(client) => client,
        Err(error) => return Finding::note(HOST, format!("{error:#}")),
    };
    let ready = block_on(async {
        client.send(client.request(reqwest::Method::GET, "/readyz")).await?;
        client.all("/groups").await
    });
    match ready {
        Ok(groups) => Finding::good(HOST, format!("ready, {} group(s)", groups.len())),
        Err(error) => Finding::bad(HOST, format!("{error:#}")),
    }
}

fn ready(target: &Target) -> Finding {
    let answer = target.client().and_then(|client| {
        block_on(async { client.send(client.request(reqwest::Method::GET, "/readyz")).await.map(drop) })
    });
    match answer {
        Ok(()) => Finding::good(HOST, "ready"),
        Err(error) => Finding::bad(HOST, format!("{error:#}")),
    }
}
