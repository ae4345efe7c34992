//! What was current when, of plugins and of declarative connectors, and the mark of a version.

use lockgate_domain::TokenId;
use lockgate_flow::HistoryEntry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::list::{Listed, Page};
use crate::response::Refusal;
use crate::time::Time;

/// A version that became current.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HistoryEntry")]
pub(crate) struct Became {
    /// The plugin or connector.
    name: String,
    /// The digest or number; null where the current version was deleted.
    version: Option<String>,
    /// What made it current.
    #[schemars(extend("enum" = ["load", "save", "switch", "rollback", "retire", "delete"]))]
    action: String,
    /// When.
    at: Time,
    /// Who; null for what is not known.
    token: Option<TokenId>,
}

/// What is said of a version.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mark {
    /// Whether no rollback may go to it.
    pub(crate) bad: bool,
}

impl Became {
    fn of(entry: &HistoryEntry) -> Self {
        Self {
            name: entry.name.clone(),
            version: entry.version.clone(),
            action: entry.action.clone(),
            at: Time(entry.at),
            token: entry.token,
        }
    }
}

/// The place in the history before which a page begins.
pub(crate) fn before(page: &Page) -> Result<i64, Refusal> {
    page.without_text()?;
    let before = page.cursor().map(str::parse).transpose();
    let before = before.map_err(|_| Refusal::malformed("`cursor`: expected that of the page before"))?;
    Ok(before.unwrap_or(i64::MAX))
}

pub(crate) fn page(page: &Page, found: Vec<HistoryEntry>) -> Listed<Became> {
    page.of_query(found, |entry| entry.sequence.to_string(), Became::of)
}
