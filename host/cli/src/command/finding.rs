//! What a look at the machine or the configuration found, as `doctor` and `serve --check` print it.

use serde_json::json;

use crate::output::{self, Output};

/// The result of one check.
pub(crate) struct Finding {
    what: &'static str,
    state: State,
    detail: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Good,
    /// It works, with a remark.
    Note,
    Bad,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Note => "note",
            Self::Bad => "problem",
        }
    }
}

impl Finding {
    pub(crate) fn good(what: &'static str, detail: impl Into<String>) -> Self {
        Self { what, state: State::Good, detail: detail.into() }
    }

    pub(crate) fn note(what: &'static str, detail: impl Into<String>) -> Self {
        Self { what, state: State::Note, detail: detail.into() }
    }

    pub(crate) fn bad(what: &'static str, detail: impl Into<String>) -> Self {
        Self { what, state: State::Bad, detail: detail.into() }
    }
}

/// Prints all findings, and fails if one of them is an error.
pub(crate) fn report(findings: &[Finding], format: Output) -> anyhow::Result<()> {
    if format == Output::Json {
        let shown =
            findings.iter().map(|one| json!({"what": one.what, "state": one.state.as_str(), "detail": one.detail}));
        output::json(&shown.collect());
    } else {
        let row = |one: &Finding| vec![one.what.to_owned(), one.state.as_str().to_owned(), one.detail.clone()];
        output::table(&["CHECK", "STATE", "DETAIL"], findings.iter().map(row).collect());
    }
    let bad = findings.iter().filter(|one| one.state == State::Bad).count();
    anyhow::ensure!(bad == 0, "{bad} of {} checks found a problem", findings.len());
    Ok(())
}
