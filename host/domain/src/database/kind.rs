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

    /// Whether the same may succeed when it is done again as a whole. Whether the statement had an effect is another question
    /// ([`leaves_open`]).
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
            // Nobody knows whether it took effect.
            "40003" => Self::Other,
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

    /// From an error number of MySQL or MariaDB, whose SQLSTATE says less. A number that is not known is told by that.
    pub fn of_mysql(number: u16, state: &str) -> Self {
        match number {
            // A key is there twice.
            1022 | 1062 | 1169 | 1557 | 1586 | 1761 | 1762 | 1859 => Self::UniqueViolation,
            1216 | 1217 | 1451 | 1452 => Self::ForeignKeyViolation,
            1048 | 1263 | 1364 => Self::NotNullViolation,
            // Of MySQL, and of MariaDB.
            3819 | 4025 => Self::CheckViolation,
            // Out of range, too long, or nothing of the type.
            1138 | 1264 | 1265 | 1292 | 1300 | 1365 | 1366 | 1367 | 1406 | 1411 | 1416 | 1690 | 3140 | 3141 | 3144
            | 3156 => Self::InvalidValue,
            // A row changed since the transaction read it; a group of servers did not agree.
            1020 | 3101 => Self::SerializationFailure,
            1213 | 1614 => Self::Deadlock,
            // Locks, `max_statement_time`, `max_execution_time`, and a cancellation.
            1205 | 1317 | 1969 | 3024 | 3572 => Self::StatementTimeout,
            1044 | 1045 | 1142 | 1143 | 1227 | 1370 | 1410 | 1698 => Self::PermissionDenied,
            1290 | 1792 | 1836 => Self::ReadOnly,
            // No memory, no disk, no connection, or the server ends.
            1021 | 1037 | 1038 | 1040 | 1041 | 1047 | 1053 | 1114 | 1129 | 1203 | 1226 | 1461 | 1637 | 1927 => {
                Self::Unavailable
            }
            1049 | 1054 | 1064 | 1136 | 1146 | 1295 | 1305 => Self::InvalidStatement,
            _ => match state.get(..2).unwrap_or_default() {
                // A wrong number of values, and of parameters.
                "21" | "07" => Self::InvalidStatement,
                _ => Self::of_sqlstate(state),
            },
        }
    }
}

/// Whether a refusal with this SQLSTATE leaves open whether the statement took effect: the completion of the statement or
/// of its transaction is unknown (ISO 9075; CockroachDB says so of a commit).
pub fn leaves_open(state: &str) -> bool {
    matches!(state, "40003" | "08007")
}

impl fmt::Display for DatabaseFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_been_done_is_not_retryable() {
        for state in ["40003", "08007"] {
            assert!(leaves_open(state) && !DatabaseFault::of_sqlstate(state).retryable(), "{state}");
            assert!(!DatabaseFault::of_mysql(65_535, state).retryable(), "{state}");
        }
        assert!(!leaves_open("40001") && DatabaseFault::of_sqlstate("40001").retryable());
    }

    #[test]
    fn errors_of_mysql_are_told_by_their_number() {
        for (number, state, expected) in [
            (1062, "23000", DatabaseFault::UniqueViolation),
            (1452, "23000", DatabaseFault::ForeignKeyViolation),
            (1048, "23000", DatabaseFault::NotNullViolation),
            (4025, "23000", DatabaseFault::CheckViolation),
            (1406, "22001", DatabaseFault::InvalidValue),
            (1213, "40001", DatabaseFault::Deadlock),
            (1205, "HY000", DatabaseFault::StatementTimeout),
            (1969, "70100", DatabaseFault::StatementTimeout),
            (1142, "42000", DatabaseFault::PermissionDenied),
            (1792, "25006", DatabaseFault::ReadOnly),
            (1064, "42000", DatabaseFault::InvalidStatement),
            (1040, "08004", DatabaseFault::Unavailable),
            (65_535, "22003", DatabaseFault::InvalidValue),
            (65_535, "21S01", DatabaseFault::InvalidStatement),
            (65_535, "HY000", DatabaseFault::Other),
            (65_535, "", DatabaseFault::Other),
        ] {
            assert_eq!(DatabaseFault::of_mysql(number, state), expected, "{number}");
        }
    }
}
