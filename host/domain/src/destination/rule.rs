//! What a destination says in terms of its own scheme: what in HTTP is a path and methods, in gRPC a service, and on a
//! database server one database.

use std::collections::{BTreeMap, BTreeSet};

use super::{Scheme, Target, below};
use crate::database::TlsMode;

/// The part of a destination that only requests of its scheme have. The case follows from the scheme.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SchemeRule {
    /// `https://` and `http://`.
    Http {
        /// What every path begins with, resolved; `/` for all. It ends at a segment's border.
        path: String,
        /// The methods; none for all.
        methods: Option<BTreeSet<String>>,
        /// Whether plugins may send `%2F` within a segment of a path.
        encoded_slashes: bool,
    },
    /// gRPC.
    Grpc {
        /// What every path begins with: `/` for all, or a service, or one method of it.
        path: String,
    },
    /// `postgres://`, `redshift://` and `mysql://`.
    Database {
        /// `/` and the database's name, or `/` for the one that the server chooses for the user.
        path: String,
        /// How the connection is secured.
        tls: TlsMode,
        /// Settings of its sessions, by the names that the server has for them.
        options: BTreeMap<String, String>,
    },
}

impl SchemeRule {
    /// The rule that the path of a URL gives, which is resolved; of HTTP with every method.
    pub(super) fn new(scheme: Scheme, path: String) -> Self {
        match scheme {
            Scheme::Https | Scheme::Http => Self::Http { path, methods: None, encoded_slashes: false },
            Scheme::Grpc => Self::Grpc { path },
            Scheme::Postgres | Scheme::Mysql | Scheme::Redshift => {
                Self::Database { path, tls: TlsMode::default(), options: BTreeMap::new() }
            }
        }
    }

    /// The same for some methods alone. Only HTTP has methods.
    pub(super) fn limited_to(self, methods: Option<BTreeSet<String>>) -> Self {
        match self {
            Self::Http { path, encoded_slashes, .. } => Self::Http { path, methods, encoded_slashes },
            other @ (Self::Grpc { .. } | Self::Database { .. }) => other,
        }
    }

    /// The same with what it says of encoded slashes. Only HTTP has them.
    pub(super) fn with_encoded_slashes(self, encoded_slashes: bool) -> Self {
        match self {
            Self::Http { path, methods, .. } => Self::Http { path, methods, encoded_slashes },
            other @ (Self::Grpc { .. } | Self::Database { .. }) => other,
        }
    }

    /// The same with how a connection is secured and with settings of sessions. Only databases have them.
    pub(super) fn secured(self, tls: TlsMode, options: BTreeMap<String, String>) -> Self {
        match self {
            Self::Database { path, .. } => Self::Database { path, tls, options },
            other @ (Self::Http { .. } | Self::Grpc { .. }) => other,
        }
    }

    /// What every path begins with.
    pub fn path(&self) -> &str {
        match self {
            Self::Http { path, .. } | Self::Grpc { path } | Self::Database { path, .. } => path,
        }
    }

    /// The HTTP methods; none for all, and for what is not HTTP.
    pub fn methods(&self) -> Option<&BTreeSet<String>> {
        match self {
            Self::Http { methods, .. } => methods.as_ref(),
            Self::Grpc { .. } | Self::Database { .. } => None,
        }
    }

    /// Whether plugins may send `%2F` within a segment of a path.
    pub fn encoded_slashes(&self) -> bool {
        match self {
            Self::Http { encoded_slashes, .. } => *encoded_slashes,
            Self::Grpc { .. } | Self::Database { .. } => false,
        }
    }

    /// Whether it holds a request of its scheme.
    pub(super) fn matches(&self, target: &Target, method: &str) -> bool {
        below(self.path(), target.path()) && self.methods().is_none_or(|methods| methods.contains(method))
    }

    /// Whether every request of its scheme that `other` holds is held by this one too.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let methods = match (self.methods(), other.methods()) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(other)) => other.is_subset(own),
        };
        let place = match (self, other) {
            // A session is one database's, with these settings.
            (Self::Database { .. }, _) | (_, Self::Database { .. }) => self == other,
            (Self::Http { .. } | Self::Grpc { .. }, Self::Http { .. } | Self::Grpc { .. }) => {
                below(self.path(), other.path())
            }
        };
        place && methods && (self.encoded_slashes() || !other.encoded_slashes())
    }

    /// How a connection to a database is secured; none for what is no database.
    pub fn tls(&self) -> Option<TlsMode> {
        match self {
            Self::Database { tls, .. } => Some(*tls),
            Self::Http { .. } | Self::Grpc { .. } => None,
        }
    }

    /// Whether some request of their scheme may be held by both.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let (own, others) = (self.path(), other.path());
        (below(own, others) || below(others, own)) && self.shares_methods(other)
    }

    /// Whether the two are equally specific for some request of their scheme.
    pub(super) fn collides(&self, other: &Self) -> bool {
        self.path() == other.path() && self.shares_methods(other)
    }

    fn shares_methods(&self, other: &Self) -> bool {
        self.methods().zip(other.methods()).is_none_or(|(own, other)| !own.is_disjoint(other))
    }
}
