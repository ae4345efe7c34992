//! What can go wrong in this crate: with a plugin that is loaded, with a call, with the engine itself.

use lockgate_domain::{Code, Failure, Limit, LimitHit, Limits, Problem};
use lockgate_protobuf::ProtoError;
use wasmtime::component::ResourceTableError;

/// Why the host ended a guest. Travels through wasmtime as the cause of a trap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// CPU time.
    #[error("CPU limit reached")]
    Cpu,
    /// Wall time.
    #[error("deadline exceeded")]
    Deadline,
    /// Memory and tables.
    #[error("memory limit reached")]
    Memory,
    /// Memory of all guests together.
    #[error("no memory left for guests")]
    HostMemory,
    /// Calls of host functions.
    #[error("host call limit reached")]
    HostCalls,
    /// Handles.
    #[error("handle limit reached")]
    Handles,
    /// The guest ended itself, with a message for its author.
    #[error("aborted: {0}")]
    Abort(String),
    /// A script ended with what it threw, or with what it did not do.
    #[error("the script failed: {0}")]
    Script(String),
    /// A function that needs a call was used without one.
    #[error("`{0}` is not available during describe or in a start function")]
    NotInCall(&'static str),
}

/// How a call ended that did not return.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// The host ended it.
    Stopped(Stop),
    /// The guest's own failure.
    Failed(Failure),
    /// The guest trapped; the text is wasmtime's, without addresses.
    Trapped(String),
    /// The output is larger than the limit.
    OutputTooLarge,
    /// The guest handed over more at one time than twice what its output may have.
    HandedTooMuch,
    /// The guest broke the canonical ABI.
    ContractBroken(String),
    /// No instance became free in time.
    PoolExhausted,
    /// The host made a mistake.
    HostFailed,
}

impl Ended {
    /// Sorts an error of wasmtime.
    pub(crate) fn of(error: &wasmtime::Error) -> Self {
        if let Some(stop) = error.downcast_ref::<Stop>() {
            return Self::Stopped(stop.clone());
        }
        if error.is::<wasmtime::PoolConcurrencyLimitError>() {
            return Self::PoolExhausted;
        }
        if let Some(trap) = error.downcast_ref::<wasmtime::Trap>() {
            return Self::Trapped(format!("{trap}{}", cause(*trap)));
        }
        if matches!(error.downcast_ref(), Some(ResourceTableError::Full)) {
            return Self::Stopped(Stop::Handles);
        }
        let text = error.root_cause().to_string();
        // The types of these errors are private to wasmtime; tests compare these texts.
        if text.contains("fuel allocated for hostcalls has been exhausted") {
            return Self::HandedTooMuch;
        }
        if text.contains("store handle limit exceeded") {
            return Self::Stopped(Stop::Handles);
        }
        Self::ContractBroken(text)
    }

    /// The public side.
    pub fn problem(&self, limits: &Limits) -> Problem {
        let reached = |code, limit: Limit, value: u64, what: &str| {
            let hit = LimitHit::new(limit, value);
            Problem::new(code, format!("{what}: {hit}")).limit(hit)
        };
        match self {
            Self::Stopped(Stop::Cpu) => {
                reached(Code::CpuExceeded, Limit::Cpu, limits.cpu_ms, "the plugin used more CPU time than it may")
            }
            Self::Stopped(Stop::Deadline) => reached(
                Code::DeadlineExceeded,
                Limit::Deadline,
                limits.deadline_ms,
                "the call did not end before its deadline",
            )
            .retryable(None),
            Self::Stopped(Stop::Memory) => reached(
                Code::MemoryExceeded,
                Limit::Memory,
                limits.memory_bytes,
                "the plugin asked for more memory than it may have",
            ),
            Self::Stopped(Stop::HostMemory) => {
                let detail = "the guests of this organization, or of the host, have as much memory as they may have \
                              together: retry later";
                Problem::new(Code::MemoryExhausted, detail).retryable(Some(1))
            }
            Self::Stopped(Stop::HostCalls) => reached(
                Code::HostCallsExceeded,
                Limit::HostCalls,
                limits.host_calls,
                "the plugin called the host more often than it may",
            ),
            Self::Stopped(Stop::Handles) => reached(
                Code::HandlesExceeded,
                Limit::Handles,
                limits.handles,
                "the plugin held more handles than it may",
            ),
            Self::Stopped(Stop::Abort(message)) => aborted(format!("the plugin panicked: {message}"), message),
            Self::Stopped(Stop::Script(message)) => aborted(format!("the script failed: {message}"), message),
            Self::Stopped(stop @ Stop::NotInCall(_)) => Problem::new(Code::ContractBroken, stop.to_string()),
            Self::Failed(failure) => {
                Problem::new(Code::ConnectorFailure, failure.message.clone()).failure(failure.clone())
            }
            Self::Trapped(trap) => Problem::new(Code::Trapped, format!("the plugin trapped: {trap}")),
            Self::OutputTooLarge => reached(
                Code::OutputTooLarge,
                Limit::Output,
                limits.output_bytes,
                "the plugin's output is larger than it may be",
            ),
            Self::HandedTooMuch => reached(
                Code::OutputTooLarge,
                Limit::Output,
                limits.output_bytes,
                "the plugin handed the host more at one time than twice what its output may have",
            ),
            Self::ContractBroken(text) => {
                Problem::new(Code::ContractBroken, format!("the plugin broke the contract with the host: {text}"))
            }
            Self::HostFailed => Problem::new(Code::Internal, "the call could not be run"),
            Self::PoolExhausted => {
                Problem::new(Code::PoolExhausted, "no instance became free in time: retry later").retryable(Some(1))
            }
        }
    }
}

/// The problem of a guest that ended itself.
fn aborted(detail: String, message: &str) -> Problem {
    let failure = Failure {
        code: "panic".to_owned(),
        message: message.to_owned(),
        retryable: false,
        retry_after_ms: None,
        details: None,
    };
    Problem::new(Code::Aborted, detail).failure(failure)
}

/// What ends a guest with this trap as a rule. Guests of Rust have their stack at the start of their memory, so they leave
/// the memory where the stack ends.
fn cause(trap: wasmtime::Trap) -> &'static str {
    match trap {
        wasmtime::Trap::StackOverflow => ": the stack is used up, by an endless recursion as a rule",
        wasmtime::Trap::MemoryOutOfBounds => {
            ": the stack may be used up, by an endless recursion or by large values on it (128 KiB with `lockgate build`)"
        }
        _ => "",
    }
}

/// Why `.proto` texts can't be compiled.
#[derive(Debug, thiserror::Error)]
pub enum ProtosError {
    /// They have errors.
    #[error("the `.proto` files have {} error(s)", .0.len())]
    Invalid(Vec<ProtoError>),
    /// Their compilation took more of this than any texts of their size should.
    #[error("compiling the `.proto` files took too much {0}: make them smaller or less nested")]
    Limit(&'static str),
    /// The host's fault.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Why a component can't be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No component at all.
    #[error("{0}")]
    NotAComponent(String),
    /// It imports what is not offered.
    #[error("{0}")]
    UnknownImport(String),
    /// It does not export the handler.
    #[error("{0}")]
    MissingExport(String),
    /// It is larger than the limit.
    #[error("the component has {found} bytes: {limit}")]
    TooLarge {
        /// Its size.
        found: usize,
        /// The limit.
        limit: LimitHit,
    },
    /// It is not valid, or too hard to compile.
    #[error("{0}")]
    Compile(String),
    /// Compiling took longer, or more memory, than the limit.
    #[error("compiling took more than it may: {0}")]
    CompileLimit(LimitHit),
    /// Its memories are larger from the start than the limit.
    #[error("the component starts with {found} bytes of memory: {limit}")]
    Memory {
        /// Their size.
        found: u64,
        /// The limit.
        limit: LimitHit,
    },
    /// It needs more of something than an instance of the pool has.
    #[error("{0}")]
    NeedsTooMuch(String),
    /// `describe` did not return.
    #[error("`describe` did not return a manifest: {}", .0.detail)]
    Describe(Box<Problem>),
    /// There was no room for an instance: a retry helps.
    #[error("{}", .0.detail)]
    Busy(Box<Problem>),
    /// `describe` returned more than any manifest may have; no setting raises it.
    #[error("the manifest is larger than it may be: expected at most {0} bytes")]
    ManifestTooLarge(u64),
    /// The host's fault.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl LoadError {
    /// The public side.
    pub fn problem(&self) -> Problem {
        let code = match self {
            Self::NotAComponent(_) => Code::NotAComponent,
            Self::UnknownImport(_) => Code::UnknownImport,
            Self::MissingExport(_) => Code::MissingExport,
            Self::TooLarge { .. } => Code::ComponentTooLarge,
            Self::Compile(_) | Self::CompileLimit(_) => Code::CompileFailed,
            Self::Memory { .. } | Self::NeedsTooMuch(_) => Code::NeedsTooMuch,
            Self::Describe(_) => Code::DescribeFailed,
            Self::ManifestTooLarge(_) => Code::ManifestInvalid,
            Self::Busy(problem) => return Problem::clone(problem),
            Self::Engine(_) => return Problem::new(Code::Internal, "the plugin could not be loaded"),
        };
        let problem = Problem::new(code, self.to_string());
        match self {
            Self::TooLarge { limit, .. } | Self::Memory { limit, .. } | Self::CompileLimit(limit) => {
                problem.limit(limit.clone())
            }
            Self::Describe(cause) => Problem { limit: cause.limit.clone(), failure: cause.failure.clone(), ..problem },
            _ => problem,
        }
    }
}

/// A fault of the host or its machine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// wasmtime refused its configuration, or failed where it should not.
    #[error("engine: {0}")]
    Wasmtime(wasmtime::Error),
    /// A thread could not be started.
    #[error("thread: {0}")]
    Thread(std::io::Error),
    /// Work that was handed to another thread did not come back.
    #[error("lost work: {0}")]
    Lost(String),
    /// The compile child could not be started or read.
    #[error("compile child: {0}")]
    Child(std::io::Error),
    /// The cache folder can't be used.
    #[error("cache {path}: {source}")]
    Cache {
        /// Which file or folder.
        path: std::path::PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}
