//! Settings by arguments and environment variables. Arguments override the environment, and the environment the file.

use std::fmt;
use std::path::PathBuf;

use crate::environment;

#[derive(Default, clap::Args)]
pub(crate) struct Overrides {
    /// Configuration file (TOML)
    #[arg(long, env = environment::CONFIG, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Folder of everything that the host keeps [default: ./lockgate-data]
    #[arg(long, env = environment::DATA_DIR, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// PostgreSQL database to keep everything in, instead of a file in the data folder. Others can read arguments:
    /// prefer the environment or the configuration file for a URL with a password
    #[arg(long, env = environment::DATABASE_URL, hide_env_values = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// Address to listen on; port 0 is any free one [default: 127.0.0.1:7747]
    #[arg(long, env = environment::LISTEN, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// Certificate chain of the listener (PEM), the host's own first
    #[arg(long, env = environment::TLS_CERT, value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key of that certificate (PEM)
    #[arg(long, env = environment::TLS_KEY, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// A proxy before the host adds TLS, so it may listen beyond this machine; the proxy's X-Forwarded-For and
    /// X-Forwarded-Proto are believed
    #[arg(long, env = environment::BEHIND_PROXY, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) behind_proxy: Option<bool>,
    /// Where people and other systems reach the host, such as https://gate.example
    #[arg(long, env = environment::PUBLIC_URL, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// Let the first admin's token work from other machines
    #[arg(long, env = environment::ALLOW_REMOTE_ADMIN, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) allow_remote_admin: Option<bool>,
    /// Collector of traces (OTLP over HTTP), such as http://127.0.0.1:4318
    #[arg(long, env = environment::OTLP_ENDPOINT, value_name = "URL")]
    pub(crate) otlp_endpoint: Option<String>,
    /// Headers for it, such as authorization=…; others can read arguments: prefer the environment or the configuration
    /// file
    #[arg(long, env = environment::OTLP_HEADERS, hide_env_values = true, value_name = "NAME=VALUE,…")]
    pub(crate) otlp_headers: Option<String>,
    /// Folder of ready-made groups, besides `community` beside the program and in the working directory; may be
    /// repeated
    #[arg(long = "community-dir", env = environment::COMMUNITY_DIR, value_name = "DIR", value_delimiter = ':')]
    pub(crate) community_dirs: Vec<PathBuf>,
    /// What is logged: a level, or a filter such as `info,lockgate::guest=debug`
    #[arg(long, env = environment::LOG, value_name = "FILTER")]
    pub(crate) log: Option<String>,
}

/// Without the values: the URL of a database may hold a password.
impl fmt::Debug for Overrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Overrides").finish_non_exhaustive()
    }
}
