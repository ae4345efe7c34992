//! Every environment variable that the program reads, and nothing else reads one.

/// The address of the host that client commands talk to, such as `http://127.0.0.1:7747`.
pub(crate) const URL: &str = "LOCKGATE_URL";
/// The access token that client commands show.
pub(crate) const TOKEN: &str = "LOCKGATE_TOKEN";
/// A file (PEM) of the authorities that client commands trust over TLS, instead of those of the web.
pub(crate) const CA: &str = "LOCKGATE_CA";
/// The workspace that client commands work in.
pub(crate) const WORKSPACE: &str = "LOCKGATE_WORKSPACE";
/// The organization that client commands work in, instead of a workspace.
pub(crate) const ORGANIZATION: &str = "LOCKGATE_ORGANIZATION";
/// The folder of everything that a host keeps; as `--data-dir`.
pub(crate) const DATA_DIR: &str = "LOCKGATE_DATA_DIR";
/// The address that the host listens on; as `--listen`.
pub(crate) const LISTEN: &str = "LOCKGATE_LISTEN";
/// Folders of ready-made groups, with colons between them; as `--community-dir`.
pub(crate) const COMMUNITY_DIR: &str = "LOCKGATE_COMMUNITY_DIR";
/// The certificate chain of the listener; as `--tls-cert`.
pub(crate) const TLS_CERT: &str = "LOCKGATE_TLS_CERT";
/// The private key of the listener's certificate; as `--tls-key`.
pub(crate) const TLS_KEY: &str = "LOCKGATE_TLS_KEY";
/// `true` when a proxy with TLS is before the host; as `--behind-proxy`.
pub(crate) const BEHIND_PROXY: &str = "LOCKGATE_BEHIND_PROXY";
/// Where people and other systems reach the host; as `--public-url`.
pub(crate) const PUBLIC_URL: &str = "LOCKGATE_PUBLIC_URL";
/// `true` to let the first admin's token work from other machines; as `--allow-remote-admin`.
pub(crate) const ALLOW_REMOTE_ADMIN: &str = "LOCKGATE_ALLOW_REMOTE_ADMIN";
/// The collector of traces; as `--otlp-endpoint`.
pub(crate) const OTLP_ENDPOINT: &str = "LOCKGATE_OTLP_ENDPOINT";
/// Headers of requests to it; as `--otlp-headers`.
pub(crate) const OTLP_HEADERS: &str = "LOCKGATE_OTLP_HEADERS";
/// The PostgreSQL database that the host keeps everything in; as `--database-url`.
pub(crate) const DATABASE_URL: &str = "LOCKGATE_DATABASE_URL";
/// The host's key ring itself, a line for each key: for machines whose secrets come by the environment.
pub(crate) const MASTER_KEY: &str = "LOCKGATE_MASTER_KEY";
/// The configuration file; as `--config`.
pub(crate) const CONFIG: &str = "LOCKGATE_CONFIG";
/// What is logged: a level, or a filter of `tracing` such as `info,lockgate::guest=debug`.
pub(crate) const LOG: &str = "LOCKGATE_LOG";
/// Where the user's run-time files go (XDG Base Directory Specification).
pub(crate) const RUNTIME_DIR: &str = "XDG_RUNTIME_DIR";
/// Where the user's caches go (XDG Base Directory Specification).
pub(crate) const CACHE_HOME: &str = "XDG_CACHE_HOME";
/// The user's folder, for when the two above are not set.
pub(crate) const HOME: &str = "HOME";

/// The value of a variable that is set and not empty.
pub(crate) fn get(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
