//! The database systems that calls reach.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A database system, by its protocol and its dialect of SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// PostgreSQL 12 or newer, and what speaks its protocol and dialect.
    Postgresql,
    /// Amazon Redshift: the protocol of PostgreSQL, with fewer types and settings.
    Redshift,
    /// MySQL 8 or newer, and MariaDB.
    Mysql,
}

impl Engine {
    /// The words of definitions.
    pub(crate) const WORDS: [(&'static str, Self); 3] =
        [("postgresql", Self::Postgresql), ("redshift", Self::Redshift), ("mysql", Self::Mysql)];

    /// The value of `engine` in definitions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Postgresql => "postgresql",
            Self::Redshift => "redshift",
            Self::Mysql => "mysql",
        }
    }

    /// The port that needs not be written.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Postgresql => 5432,
            Self::Redshift => 5439,
            Self::Mysql => 3306,
        }
    }

    /// Settings of a session that a destination may have. Others would change what statements mean, or how values are
    /// written, and so what the host reads.
    pub fn options(self) -> &'static [&'static str] {
        match self {
            Self::Postgresql => &["application_name", "lock_timeout", "role", "search_path", "timezone"],
            Self::Redshift => &["application_name", "query_group", "search_path", "timezone"],
            Self::Mysql => &["time_zone"],
        }
    }

    /// Whether a session can be made as it was after the login. Where it can't, one that is not clean is closed.
    pub fn resets_sessions(self) -> bool {
        match self {
            Self::Postgresql | Self::Mysql => true,
            Self::Redshift => false,
        }
    }

    /// Places of one statement that take a value: its protocol counts them in 16 bits.
    pub fn places_max(self) -> usize {
        match self {
            Self::Postgresql | Self::Mysql => 65_535,
            Self::Redshift => 32_767,
        }
    }

    /// Whether a parameter can be a list, which the server compares with `= ANY`. Where it can't, each item is a
    /// parameter of its own.
    pub fn has_arrays(self) -> bool {
        match self {
            Self::Postgresql => true,
            Self::Redshift | Self::Mysql => false,
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
