//! What is shown of requests: to who tests a connector, and in traces.

mod attempts;
mod purpose;
mod recorder;
mod trace;

pub use attempts::Attempts;
pub(crate) use purpose::Purpose;
pub use recorder::Recorder;
pub(crate) use recorder::Recording;
pub(crate) use trace::Traced;
