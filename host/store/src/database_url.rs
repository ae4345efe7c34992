//! The address of a PostgreSQL database, which most often holds a password: nothing prints it.

use std::fmt;
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

/// A URL such as `postgres://user:password@host/database`.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

/// A text that is no such URL. It is not repeated: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a URL such as `postgres://user:password@host/database` (what was found is not shown)")]
pub struct InvalidDatabaseUrl;

impl DatabaseUrl {
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// The host and port of the server, unless it is reached through a file of this machine.
    pub fn server(&self) -> Option<(String, u16)> {
        let options = PgConnectOptions::from_str(&self.0).ok()?;
        let host = options.get_host();
        (options.get_socket().is_none() && !host.starts_with('/')).then(|| (host.to_owned(), options.get_port()))
    }
}

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        let known = text.starts_with("postgres://") || text.starts_with("postgresql://");
        match PgConnectOptions::from_str(text) {
            Ok(_) if known => Ok(Self(text.to_owned())),
            Ok(_) | Err(_) => Err(InvalidDatabaseUrl),
        }
    }
}

/// Scheme, host and database; neither user nor password nor options.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match PgConnectOptions::from_str(&self.0) {
            Ok(options) => {
                let (host, database) = (options.get_host(), options.get_database().unwrap_or_default());
                write!(f, "postgres://***@{host}:{}/{database}", options.get_port())
            }
            Err(_) => f.write_str("postgres://***"),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_has_no_password() {
        for text in [
            "postgres://ada:pass%40word@db.example:5433/lockgate?sslmode=require",
            "postgresql://db.example:5433/lockgate?user=ada&password=pass%40word",
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            for shown in [url.to_string(), format!("{url:?}")] {
                assert_eq!(shown, "postgres://***@db.example:5433/lockgate");
            }
        }
    }

    #[test]
    fn other_schemes_are_refused_without_repeating_them() {
        for text in ["", "mysql://root:secret@db/x", "postgres://[secret", "secret", "sqlite://secret"] {
            let refused = text.parse::<DatabaseUrl>().unwrap_err().to_string();
            assert!(!refused.contains("secret"), "{refused}");
        }
    }
}
