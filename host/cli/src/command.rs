//! The commands, a file for each.

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod build;
pub(crate) mod calls;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod connection;
pub(crate) mod connector;
pub(crate) mod console;
pub(crate) mod database;
pub(crate) mod dev;
pub(crate) mod doctor;
pub(crate) mod finding;
pub(crate) mod group;
pub(crate) mod grpc;
pub(crate) mod history;
pub(crate) mod installation;
pub(crate) mod invoke;
pub(crate) mod keys;
pub(crate) mod load;
pub(crate) mod local;
pub(crate) mod local_group;
pub(crate) mod new;
pub(crate) mod openapi;
pub(crate) mod organization;
pub(crate) mod packages;
pub(crate) mod plugin;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod serve;
pub(crate) mod tenant;
pub(crate) mod test;
pub(crate) mod token;
pub(crate) mod workspace;

use std::future::Future;

/// The subcommand by which this program starts itself to compile a component; not for people.
pub(crate) const COMPILE_CHILD: &str = "compile-child";

/// Runs a client command to its end.
pub(crate) fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(future)
}

/// A member of a JSON object as a text for a table.
pub(crate) fn cell(value: &serde_json::Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Whether an object is switched on, for a table.
pub(crate) fn enabled(object: &serde_json::Value) -> String {
    let off = object.get("enabled") == Some(&serde_json::Value::Bool(false));
    if off { "no" } else { "yes" }.to_owned()
}

/// The first digits of a digest, enough to tell versions apart in a table.
pub(crate) fn short(digest: &str) -> String {
    digest.strip_prefix("sha256:").unwrap_or(digest).chars().take(12).collect()
}
