//! What a server's refusal of a statement means, in words that are the same for every engine.

use std::fmt;

/// Why a server refused a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseFault {
    /// A row with the same key is there.
    UniqueViolation,
    /// A row that is referred to is not there, or one that refers to it is.
    ForeignKeyViolation,
    /// A column needs a value.
    NotNullViolation,
    /// A condition of the table does not hold.
    CheckViolation,
    /// A value does not fit its type, or is not one of it.
    InvalidValue,
    /// Another transaction was in the way; the same may succeed when it is done again as a whole.
    SerializationFailure,
    /// Two transactions waited for each other; this one was given up.
    Deadlock,
    /// The statement took too long, or waited too long for a lock.
    StatementTimeout,
    /// The user may not do that.
    PermissionDenied,
    /// The transaction only reads.
    ReadOnly,
    /// The statement is not valid, or names what is not there.
    InvalidStatement,
    /// The server has no room, or too much to do.
    Unavailable,
    /// Anything else.
    Other,
}

impl DatabaseFault {
    /// The word by which guests and callers decide.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UniqueViolation => "unique-violation",
            Self::ForeignKeyViolation => "foreign-key-violation",
            Self::NotNullViolation => "not-null-violation",
            Self::CheckViolation => "check-violation",
            Self::InvalidValue => "invalid-value",
            Self::SerializationFailure => "serialization-failure",
            Self::Deadlock => "deadlock",
            Self::StatementTimeout => "statement-timeout",
            Self::PermissionDenied => "permission-denied",
            Self::ReadOnly => "read-only",
            Self::InvalidStatement => "invalid-statement",
            Self::Unavailable => "unavailable",
            Self::Other => "refused",
        }
    }

    /// Whether the same may succeed when it is done again as a whole. None of these had an effect.
    pub fn retryable(self) -> bool {
        match self {
            Self::SerializationFailure | Self::Deadlock | Self::Unavailable => true,
            Self::UniqueViolation
            | Self::ForeignKeyViolation
            | Self::NotNullViolation
            | Self::CheckViolation
            | Self::InvalidValue
            | Self::StatementTimeout
            | Self::PermissionDenied
            | Self::ReadOnly
            | Self::InvalidStatement
            | Self::Other => false,
        }
    }

    /// From a SQLSTATE: the classes of ISO 9075, with PostgreSQL's own codes where those say more.
    pub fn of_sqlstate(state: &str) -> Self {
        match state {
            "23505" => Self::UniqueViolation,
            "23503" => Self::ForeignKeyViolation,
            "23502" => Self::NotNullViolation,
            "23514" | "23P01" => Self::CheckViolation,
            "40001" => Self::SerializationFailure,
            "40P01" => Self::Deadlock,
            "57014" | "55P03" => Self::StatementTimeout,
            "42501" => Self::PermissionDenied,
            "25006" => Self::ReadOnly,
            _ => match state.get(..2).unwrap_or_default() {
                "22" => Self::InvalidValue,
                "40" => Self::SerializationFailure,
                "42" | "0A" | "26" | "34" | "3D" | "3F" => Self::InvalidStatement,
                "53" | "57" => Self::Unavailable,
                _ => Self::Other,
            },
        }
    }
}

impl fmt::Display for DatabaseFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
