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

mod access;
mod activation;
mod author;
mod backup;
mod balanced;
mod bytes_in_flight;
mod cache;
mod ceilings;
mod command_line;
mod community;
mod community_groups;
mod compiling;
mod components;
mod configuration;
mod connect_page;
mod connections;
mod connectors;
mod consent;
mod console;
mod console_editor;
mod console_screens;
mod console_story;
mod contract;
mod crash;
mod data_folder;
mod database;
mod database_connectors;
mod database_mysql;
mod database_redshift;
mod database_rogues;
mod database_servers;
mod deploy;
mod dev;
mod drain;
mod ecosystem;
mod egress;
mod endings;
mod fetch;
mod field;
mod fixtures;
mod full_disk;
mod github;
mod group_openapi;
mod groups;
mod grpc;
mod grpc_connectors;
mod grpc_json;
mod grpc_plugins;
mod grpc_reflection;
mod grpc_servers;
mod guest_facts;
mod hostile;
mod hosts;
mod http;
mod http_connectors;
mod idempotency;
mod inputs;
mod installations;
mod instances;
mod invoke;
mod isolation;
mod issues;
mod javascript;
mod keys;
mod kill;
mod languages;
mod limits;
mod listeners;
mod lists;
mod load_limits;
mod loaded_plugins;
mod markers;
mod minutes;
mod oauth;
mod openapi;
mod operating;
mod operation;
mod orders;
mod packages;
mod pages;
mod plugins;
mod pool;
mod readme;
mod records;
mod repository;
mod requests;
mod rights;
mod samples;
mod scopes;
mod scripts;
mod sealed;
mod shown;
mod slow_peers;
mod system_calls;
mod tenants;
mod test_runs;
mod together;
mod tokens;
mod traces;
mod transform;
mod units_of_work;
mod upgrades;
mod uses;
mod walkthrough;
mod wasi_http;
