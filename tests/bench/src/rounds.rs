//! The run: every rival is started, then they take turns under load, one at a time, round after round.

use crate::{
    in_process::Remote,
    interrupt, load,
    machine::Machine,
    process::Process,
    results::{Cores, Results, Row, Transport},
    rival::{Kind, Rival, Server},
    sample::Sample,
    setup::Setup,
};
use anyhow::{Context, Result, ensure};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::{
    io::{self, IsTerminal},
    time::Duration,
};

/// Caches fill and pools grow in the first moments.
const WARM_UP: Duration = Duration::from_secs(1);

#[derive(Debug, clap::Args)]
pub(crate) struct Plan {
    /// How often each rival has its turn
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// How long each turn lasts
    #[arg(long, default_value_t = 10, value_name = "N")]
    seconds: u64,
    /// Requests in flight: keep-alive connections over HTTP, callers in process
    #[arg(long, default_value_t = 16, value_name = "N")]
    connections: usize,
}

/// A rival that is up, and its figures so far.
struct Entrant {
    row: Row,
    running: Running,
}

enum Running {
    Http(Server),
    InProcess(Remote),
}

pub(crate) fn run(rivals: &[&'static Rival], setup: &Setup, plan: &Plan) -> Result<Results> {
    let machine = Machine::describe();
    let date = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string();
    let turns = Turns::new(plan.connections)?;

    let mut entrants = Vec::new();
    for rival in rivals {
        say(&format!("starting {}", rival.name));
        entrants.push(Entrant::start(rival, setup, &turns).with_context(|| rival.name)?);
    }
    for round in 1..=plan.rounds {
        for cores in Cores::BOTH {
            for entrant in &mut entrants {
                let sample = turns.take(&mut entrant.running, cores, Duration::from_secs(plan.seconds))?;
                let (title, name) = (cores.title(), entrant.row.name);
                say(&format!("round {round} of {}, {title}: {name} {:.0}/s", plan.rounds, sample.per_second()));
                entrant.row.push(cores, sample);
            }
        }
    }
    for entrant in &mut entrants {
        entrant.row.memory_bytes = entrant.running.process().memory()?;
    }
    let rows = entrants.into_iter().map(|entrant| entrant.row).collect();
    let Plan { rounds, seconds, connections } = *plan;
    Ok(Results { date, machine, rounds, seconds, connections, rows })
}

impl Entrant {
    fn start(rival: &'static Rival, setup: &Setup, turns: &Turns) -> Result<Self> {
        let (mut running, transport, description) = match &rival.kind {
            Kind::Http(start) => {
                let server = start(setup)?;
                let description = server.description.clone();
                (Running::Http(server), Transport::Http, description)
            }
            Kind::InProcess { describe, .. } => {
                (Running::InProcess(Remote::start(rival, setup)?), Transport::InProcess, describe())
            }
        };
        let sample = turns.take(&mut running, Cores::All, WARM_UP)?;
        ensure!(sample.requests > 0, "no right answer: {}", sample.first_error.unwrap_or_default());
        let row = Row {
            name: rival.name,
            title: rival.title,
            transport,
            description,
            memory_bytes: 0,
            all_cores: Vec::new(),
            one_core: Vec::new(),
        };
        Ok(Self { row, running })
    }
}

impl Running {
    fn process(&self) -> &Process {
        match self {
            Self::Http(server) => &server.process,
            Self::InProcess(remote) => &remote.process,
        }
    }
}

/// Gives one rival its turn.
struct Turns {
    connections: usize,
    all: CpuSet,
    /// The one core of a server.
    one: CpuSet,
    /// The load generator's meanwhile.
    rest: CpuSet,
}

impl Turns {
    fn new(connections: usize) -> Result<Self> {
        let all = sched_getaffinity(None)?;
        let (mut one, mut rest) = (CpuSet::new(), all);
        let first = (0..CpuSet::MAX_CPU).find(|cpu| all.is_set(*cpu)).context("no processor")?;
        one.set(first);
        if all.count() > 1 {
            rest.unset(first);
        }
        Ok(Self { connections, all, one, rest })
    }

    fn take(&self, running: &mut Running, cores: Cores, duration: Duration) -> Result<Sample> {
        interrupt::check()?;
        let before = running.process().cpu()?;
        let mut sample = match running {
            Running::Http(server) => self.http(server, cores, duration)?,
            Running::InProcess(remote) => self.in_process(remote, cores, duration)?,
        };
        let used = running.process().cpu()?.saturating_sub(before);
        sample.cpu_us = used.as_secs_f64() * 1e6 / (sample.requests.max(1) as f64);
        Ok(sample)
    }

    fn http(&self, server: &Server, cores: Cores, duration: Duration) -> Result<Sample> {
        let ours = match cores {
            Cores::All => &self.all,
            Cores::One => &self.rest,
        };
        server.process.confine(self.theirs(cores))?;
        sched_setaffinity(None, ours)?;
        let sample = load::run(&server.target, self.connections, duration);
        sched_setaffinity(None, &self.all)?;
        sample
    }

    fn in_process(&self, remote: &mut Remote, cores: Cores, duration: Duration) -> Result<Sample> {
        remote.process.confine(self.theirs(cores))?;
        let threads = self.theirs(cores).count() as usize;
        remote.run(threads, self.connections.div_ceil(threads), duration)
    }

    fn theirs(&self, cores: Cores) -> &CpuSet {
        match cores {
            Cores::All => &self.all,
            Cores::One => &self.one,
        }
    }
}

/// Progress, for a person who watches.
#[allow(clippy::print_stderr)]
fn say(what: &str) {
    if io::stderr().is_terminal() {
        eprintln!("{what}");
    }
}
