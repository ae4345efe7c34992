//! What a database says about a statement that it refused.

use std::fmt;

use lockgate_domain::database::DatabaseFault;
use serde::Serialize;

/// What a server says about a statement that it refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// What it means, in one word.
    #[serde(serialize_with = "word")]
    pub fault: DatabaseFault,
    /// The SQLSTATE (ISO 9075).
    pub sqlstate: String,
    /// What the server says.
    pub message: String,
    /// What it says beside that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What it advises.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The table that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// The column that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The constraint that does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    /// The character of the statement, from 1, at which it is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.sqlstate)?;
        if let Some(position) = self.position {
            write!(f, " at character {position}")?;
        }
        [&self.detail, &self.hint].into_iter().flatten().try_for_each(|more| write!(f, "; {more}"))
    }
}

fn word<S: serde::Serializer>(fault: &DatabaseFault, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(fault.as_str())
}
