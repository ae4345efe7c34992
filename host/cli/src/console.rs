//! The console that this program has.

use lockgate_server::Console;

/// The files of the web app, as they were built.
#[cfg(feature = "console")]
pub(crate) const CONSOLE: Console = Console(include!(concat!(env!("OUT_DIR"), "/console.rs")));

/// None: the program was built without.
#[cfg(not(feature = "console"))]
pub(crate) const CONSOLE: Console = Console(&[]);
