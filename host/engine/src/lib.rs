//! Runs plugins. A component is compiled once in a child process, linked and pre-instantiated when it is loaded; each
//! call binds one instance to its facts, and every limit of the call is enforced here.

mod binding;
mod bytecode;
mod cache;
mod call;
mod callees;
mod capability;
mod compile;
mod contract;
mod cpu;
mod engine;
mod error;
mod fair_permits;
mod host_calls;
mod idle;
mod inline_work;
mod limiter;
mod plugin;
mod poll_history;
mod pool;
mod priority;
mod settings;
mod state;
mod threads;
mod ticker;
mod upload;
mod workers;

pub use bytecode::Bytecode;
pub use call::{Answer, Invocation};
pub use callees::{CallBudget, Called, Calling, ConnectorCalls};
pub use compile::{CompileCommand, child::main as compile_child};
pub use contract::{Interfaces, interfaces_of};
pub use engine::{Engine, EngineParts, Occupancy};
pub use error::{Ended, EngineError, LoadError, ProtosError, Stop};
pub use plugin::Plugin;
pub use settings::{PoolSize, address_space_is_short, pooled};
pub use state::CallFacts;
pub use threads::QueueOwner;
pub use upload::Upload;
