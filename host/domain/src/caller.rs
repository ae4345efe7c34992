//! Who asks: the facts behind an access token.

use std::fmt;
use std::str::FromStr;

use crate::{Scope, TokenId};

/// What the holder of a token may do, each role including those below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Reads definitions and records.
    Viewer,
    /// Calls connectors.
    Invoker,
    /// Changes groups, connectors and plugins.
    Editor,
    /// Grants capabilities and reach.
    Operator,
    /// Everything in its scope.
    Admin,
}

impl Role {
    /// All of them, from the least to the most.
    pub const ALL: [Role; 5] = [Self::Viewer, Self::Invoker, Self::Editor, Self::Operator, Self::Admin];

    /// The word in the store and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Invoker => "invoker",
            Self::Editor => "editor",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(())
    }
}

/// Who makes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The token that was shown.
    pub token: TokenId,
    /// Where it holds.
    pub scope: Scope,
    /// What it allows.
    pub role: Role,
}
