//! The program from outside: each file is a subject, each test starts what it needs in a home of its own.

// Helpers of tests fail by a panic, as the tests do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "only tests are here"
)]

mod author;
mod cache;
mod command_line;
mod components;
mod configuration;
mod crash;
mod data_folder;
mod drain;
mod ecosystem;
mod endings;
mod groups;
mod guest_facts;
mod instances;
mod invoke;
mod javascript;
mod kill;
mod limits;
mod lists;
mod load_limits;
mod operation;
mod plugins;
mod repository;
mod requests;
mod residents;
mod samples;
mod system_calls;
mod tokens;
mod transform;
mod upgrades;
