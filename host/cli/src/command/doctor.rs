//! `lockgate doctor`: what works on this machine, and what to do about the rest.

use std::path::PathBuf;

use lockgate_engine::address_space_is_short;
use serde_json::json;

use crate::arguments::Output;
use crate::client::Target;
use crate::command::block_on;
use crate::output;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
}

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    state: State,
    detail: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Good,
    /// Works, and could work better.
    Note,
    Bad,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Note => "note",
            Self::Bad => "problem",
        }
    }
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let findings = [compiler(), address_space(), page_reset(), memory(), host(&arguments.target)];
    if format == Output::Json {
        let shown =
            findings.iter().map(|one| json!({"what": one.what, "state": one.state.as_str(), "detail": one.detail}));
        output::json(&shown.collect());
    } else {
        let row = |one: &Finding| vec![one.what.to_owned(), one.state.as_str().to_owned(), one.detail.clone()];
        output::table(&["CHECK", "STATE", "DETAIL"], findings.iter().map(row).collect());
    }
    let bad = findings.iter().filter(|one| one.state == State::Bad).count();
    anyhow::ensure!(bad == 0, "{bad} of {} checks found a problem", findings.len());
    Ok(())
}

fn compiler() -> Finding {
    let found = lockgate_toolchain::chosen_compiler(&lockgate_toolchain::Options::new(PathBuf::from(".")));
    let (state, detail) = match found {
        Ok(compiler) => (State::Good, compiler.to_string()),
        Err(error) => (State::Note, format!("authors can't build here: {error}")),
    };
    Finding { what: "Rust for plugins", state, detail }
}

fn address_space() -> Finding {
    let (state, detail) = if address_space_is_short() {
        (
            State::Note,
            "limited: bounds are checked in code, and calls are slower (ulimit -v unlimited lifts it)".to_owned(),
        )
    } else {
        (State::Good, "unlimited".to_owned())
    };
    Finding { what: "address space", state, detail }
}

/// The kernel call by which only written pages of an instance are reset.
fn page_reset() -> Finding {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let (state, detail) = if version >= (6, 7) {
        (State::Good, format!("Linux {} resets only what a guest wrote", release.trim()))
    } else {
        (State::Note, format!("Linux {}: from 6.7 on, fresh instances are reset faster", release.trim()))
    };
    Finding { what: "kernel", state, detail }
}

fn memory() -> Finding {
    let swaps = std::fs::read_to_string("/proc/swaps").unwrap_or_default();
    let (state, detail) = if swaps.lines().count() <= 1 {
        (State::Good, "off".to_owned())
    } else {
        (
            State::Note,
            "on: the fast reset of instances stays off, since it misses pages that were swapped out".to_owned(),
        )
    };
    Finding { what: "swap", state, detail }
}

fn host(target: &Target) -> Finding {
    let what = "running host";
    let client = match target.client() {
        Ok(client) => client,
        Err(error) => return Finding { what, state: State::Note, detail: format!("{error:#}") },
    };
    let ready = block_on(async {
        client.send(client.request(reqwest::Method::GET, "/readyz")).await?;
        client.all("/groups").await
    });
    match ready {
        Ok(groups) => Finding { what, state: State::Good, detail: format!("ready, {} group(s)", groups.len()) },
        Err(error) => Finding { what, state: State::Bad, detail: format!("{error:#}") },
    }
}
