//! Compiling components and `.proto` texts in a process of their own. Their input is untrusted and the compiler is large, so
//! the child has nothing to lose: no inherited environment, no key, no files, a limit on memory, time and cores.

pub(crate) mod child;
mod protos;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use lockgate_domain::{Limit, LimitHit, Limits, Scope};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use crate::fair_permits::{FairPermits, PermitBounds};
use crate::{EngineError, LoadError};

/// Children that compile at one time, each with a share of the cores: one for a scope that takes long, and one for others.
const CHILDREN: usize = 2;

/// Bytes of the child's complaint that are kept.
const COMPLAINT_MAX: u64 = 4096;
/// CPU time of the child beyond what its threads can use within its time: it is for a child whose host was killed, and
/// could not end it.
const CPU_MARGIN: Duration = Duration::from_secs(10);
/// Compiled code is a few times as large as the component; far beyond that something is wrong.
const OUTPUT_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// How the compile child is started: this program, and the arguments that lead it into [`crate::compile_child`].
#[derive(Debug, Clone)]
pub struct CompileCommand {
    /// The program.
    pub program: PathBuf,
    /// Its first arguments.
    pub arguments: Vec<String>,
}

impl CompileCommand {
    /// This very program with the given subcommand, also after its file was replaced by an upgrade.
    pub fn this_program(subcommand: &str) -> Self {
        Self { program: PathBuf::from("/proc/self/exe"), arguments: vec![subcommand.to_owned()] }
    }
}

#[derive(Debug)]
pub(crate) struct Compiler {
    command: CompileCommand,
    short: bool,
    /// Of each child: together they use half of the cores.
    threads: usize,
    /// To start a child.
    permits: FairPermits,
}

impl Compiler {
    pub(crate) fn new(command: CompileCommand, short: bool) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let permits = FairPermits::new(PermitBounds { all: CHILDREN, of_one: 1, holder: |scope| scope });
        Self { command, short, threads: (cores / 2 / CHILDREN).max(1), permits }
    }

    /// Gives the compiled code of a component, which is loaded for a scope or for the host itself.
    pub(crate) async fn compile(
        &self,
        component: &[u8],
        limits: &Limits,
        scope: Option<Scope>,
    ) -> Result<Vec<u8>, LoadError> {
        let _permit = self.permits.acquire(scope).await;
        let time = Duration::from_millis(limits.compile_ms);
        match tokio::time::timeout(time, self.run(component, limits)).await {
            Ok(result) => result,
            Err(_) => Err(LoadError::CompileLimit(LimitHit::new(Limit::CompileTime, limits.compile_ms))),
        }
    }

    /// What the child can use in its time, and some more.
    fn cpu_seconds(&self, time: Duration) -> u64 {
        // Its own thread reads and writes.
        time.saturating_add(CPU_MARGIN).as_secs().saturating_mul(self.threads as u64 + 1)
    }

    async fn run(&self, component: &[u8], limits: &Limits) -> Result<Vec<u8>, LoadError> {
        let time = Duration::from_millis(limits.compile_ms);
        let work = Work { what: child::COMPONENT, memory: limits.compile_memory_bytes, time, output: OUTPUT_MAX };
        let finished =
            self.child(work, component).await.map_err(|error| LoadError::Engine(EngineError::Child(error)))?;
        match finished.code {
            Some(0) => Ok(finished.output),
            Some(child::REFUSED) => Err(LoadError::Compile(format!(
                "the component is not valid: {}",
                String::from_utf8_lossy(&finished.complaint).trim()
            ))),
            // The child said so, or an allocation that failed aborted it, or a thread that got no memory panicked; whatever else
            // ends the child is no better.
            _ => Err(LoadError::CompileLimit(LimitHit::new(Limit::CompileMemory, limits.compile_memory_bytes))),
        }
    }

    async fn child(&self, work: Work, input: &[u8]) -> std::io::Result<Finished> {
        let mut child = Command::new(&self.command.program)
            .args(&self.command.arguments)
            .arg(work.what)
            .arg(work.memory.to_string())
            .arg(if self.short { "short" } else { "wide" })
            .arg(self.cpu_seconds(work.time).to_string())
            .arg(std::process::id().to_string())
            .env_clear()
            .env("RAYON_NUM_THREADS", self.threads.to_string())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Also when the wait ends at the time limit.
            .kill_on_drop(true)
            .spawn()?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(mut stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
            return Err(std::io::Error::other("a pipe is missing"));
        };
        let (mut output, mut complaint) = (Vec::new(), Vec::new());
        let feed = async move {
            // A child that ends early closes its input; its exit status says why.
            let _ = stdin.write_all(input).await;
        };
        let (_, output_read, complaint_read) =
            tokio::join!(feed, async { stdout.take(work.output).read_to_end(&mut output).await }, async {
                stderr.take(COMPLAINT_MAX).read_to_end(&mut complaint).await
            },);
        output_read.and(complaint_read)?;
        let status = child.wait().await?;
        Ok(Finished { code: status.code(), output, complaint })
    }
}

/// What a child is to do, and what it may use for it.
struct Work {
    what: &'static str,
    /// Bytes of memory.
    memory: u64,
    /// How long the wait for it is.
    time: Duration,
    /// Bytes of its output that are read.
    output: u64,
}

/// What a child left.
struct Finished {
    /// None if a signal ended it.
    code: Option<i32>,
    output: Vec<u8>,
    complaint: Vec<u8>,
}
