//! What the end-to-end tests share: the real program in a home of its own, its HTTP interface and its command line, and
//! the guests that it runs.

// A harness fails its test by a panic that says what was expected.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "only tests use it"
)]

mod account;
mod answer;
mod balancer;
mod callers;
mod certificates;
mod cli;
mod clock;
mod collector;
mod compiled;
pub mod component;
pub mod connected;
pub mod database_group;
pub mod database_servers;
pub mod disk;
mod dns;
mod driven;
pub mod environment;
mod eventually;
mod github;
mod google_docs;
pub mod grpc_servers;
pub mod guests;
mod home;
mod host;
pub mod hostile;
mod http2_frames;
pub mod marker;
mod memory;
pub mod namespace;
mod neighbour;
pub mod network;
mod oauth;
pub mod page;
pub mod percent;
pub mod postgres;
mod prepared;
mod random;
mod raw;
mod raw_http2;
pub mod resources;
mod rogue;
pub mod schemathesis;
pub mod shipped;
mod slack;
pub mod upstream;
mod walk;
mod watch;
mod write_lock;

pub use answer::Answer;
pub use balancer::Balancer;
pub use callers::{Callers, Tally};
pub use certificates::{Authority, Certified, Identity};
pub use cli::Ran;
pub use clock::Clock;
pub use collector::Collector;
pub use dns::{Dns, Record};
pub use driven::{Driven, driven};
pub use eventually::{PATIENCE, equal, eventually};
pub use github::{GitHub, Login, OPEN, SESSIONS};
pub use google_docs::GoogleDocs;
pub use home::Home;
pub use host::{Host, Serve};
pub use memory::Memory;
pub use neighbour::{Neighbour, Served};
pub use oauth::{Browser, CALLBACK, Provider};
pub use postgres::{Database, Postgres};
pub use random::Random;
pub use raw::Raw;
pub use raw_http2::RawHttp2;
pub use rogue::{Rogue, Visit};
pub use slack::Slack;
pub use upstream::{Reply, Seen, Upstream};
pub use walk::{walk, walk_at_public_url};
pub use write_lock::WriteLock;

use std::path::{Path, PathBuf};

/// How long an answer of a host may take: a component of 12 MB is compiled meanwhile, on a busy machine.
pub const ANSWER_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(180);

/// A client of a test: past any proxy of the environment, with ring for TLS.
pub fn http_client() -> reqwest::ClientBuilder {
    // Another test of this process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}

/// The repository.
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the package lies in the repository").to_owned()
}

/// A program of this workspace, built in the profile of the test that asks.
pub fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a test is a program");
    let folders = own.ancestors().skip(1).take(2);
    let found = folders.map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("no program `{name}` beside {}: run `cargo build --bin {name}`", own.display()))
}
