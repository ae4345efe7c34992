//! Databases as upstreams of connectors: real ones with TLS, a likeness of Amazon Redshift, and ones that keep to no rule.
//!
//! MySQL is tested as MariaDB, which Debian has; no package of Debian holds Oracle's server. MariaDB has no
//! `caching_sha2_password`, with which MySQL 8 logs in.

mod mariadb;
mod postgresql;
mod process;
pub mod redshift;
pub mod rogue;

pub use mariadb::MariaDb;
pub use postgresql::PostgreSql;
pub use redshift::Redshift;
pub use rogue::RogueDatabase;

use crate::{Authority, Identity};

/// The database that connectors use.
pub const DATABASE: &str = "orders";
/// Owns that database, and nothing else.
pub const USER: &str = "ada";
pub const PASSWORD: &str = "db-password-5e02c4";
/// May do everything, for statements that only an administrator may run.
pub const SUPERUSER: &str = "administrator";
pub const SUPERUSER_PASSWORD: &str = "db-superuser-91af3d";

/// What a server shows a client that wants TLS.
#[derive(Debug, Clone, Copy, Default)]
pub enum Certificate {
    /// For `localhost` and 127.0.0.1.
    #[default]
    Right,
    /// Of the right authority, for another name.
    OtherName,
    /// For the right name, by an authority that nobody trusts.
    OtherAuthority,
    /// Over since 2001.
    Expired,
}

/// How a server differs from the usual one.
#[derive(Debug, Default)]
pub struct Options {
    pub certificate: Certificate,
    /// Takes sessions without TLS too.
    pub plain: bool,
    /// Is tried first, whether it is free or not.
    pub port: Option<u16>,
    /// Arguments of the server beside its own, which they override.
    pub arguments: Vec<String>,
}

impl Certificate {
    /// Such a certificate, of this authority or of another.
    pub fn of(self, authority: &Authority) -> Identity {
        const NAMES: [&str; 2] = ["localhost", "127.0.0.1"];
        match self {
            Self::Right => authority.identify(&NAMES, None),
            Self::OtherName => authority.identify(&["db.other.example"], None),
            Self::OtherAuthority => Authority::new().identify(&NAMES, None),
            Self::Expired => authority.identify(&NAMES, Some(2001)),
        }
    }
}
