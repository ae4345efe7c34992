//! Traces of calls: a trace that a caller began is continued (W3C Trace Context), its stages are spans, and what is
//! sampled goes to a collector by OTLP. Off by default: a call that nobody traces costs a look at one header.
//!
//! A span holds names, codes, counts and times, and of what an upstream sent the status alone.

mod context;
mod export;
mod otlp;
mod settings;
mod trace;

pub use context::TraceParent;
pub use export::NoClient;
pub use settings::{InvalidSettings, TraceSettings};
pub use trace::{Here, Stage, Trace, Tracer};
