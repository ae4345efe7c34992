//! How long people stay signed in to the console.

use std::time::Duration;

use lockgate_flow::ConsoleSettings;

/// The shortest that can be set: with none at all nobody could sign in.
const SHORTEST_S: u32 = 1;

pub(super) fn read(idle: Option<u32>, session: Option<u32>, defaults: ConsoleSettings) -> ConsoleSettings {
    let set = |seconds: Option<u32>, default: Duration| {
        seconds.map_or(default, |seconds| Duration::from_secs(seconds.max(SHORTEST_S).into()))
    };
    ConsoleSettings { idle: set(idle, defaults.idle), lifetime: set(session, defaults.lifetime) }
}
