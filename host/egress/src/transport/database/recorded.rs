//! What a test route shows of an exchange with a database. Credentials are masked before anything is kept.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lockgate_domain::database::{Engine, Value};
use serde::Serialize;

use super::failed::cut;
use crate::error::{EgressError, Refusal};
use crate::observe::{Recording, Traced};
use crate::scrub::Scrubber;
use crate::transport::RecordedExchange;

/// How much is kept of a text.
const TEXT_MAX: usize = 16 * 1024;
/// Parameters that are shown, and items of one that is a list.
const PARAMETERS_MAX: usize = 100;
const ITEMS_MAX: usize = 1_000;

/// One statement that was sent, and what came back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct DatabaseExchange {
    /// What it was for: `request` or `verify`.
    #[schemars(extend("enum" = ["request", "login", "verify"]))]
    pub purpose: &'static str,
    /// The system.
    pub engine: &'static str,
    /// The database, as `scheme://host/name`.
    pub database: String,
    /// The statement with the server's placeholders, or `BEGIN`, `COMMIT` and `ROLLBACK`.
    pub statement: String,
    /// The values of the placeholders, as JSON has them.
    pub parameters: Vec<serde_json::Value>,
    /// How many rows were read.
    pub rows: u64,
    /// How many rows were changed, of a statement that changes rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<u64>,
    /// The SQLSTATE of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sqlstate: Option<String>,
    /// Why there was no answer, or no end of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// From the beginning until the end of the answer.
    pub duration_us: u64,
}

/// One exchange that is watched: by who tests a connector, and by the trace of the call.
pub(super) struct Watched {
    recording: Option<Recording<RecordedExchange>>,
    traced: Option<Traced>,
    began: Instant,
}

impl Watched {
    /// Begins, with the statement as the connector wrote it.
    pub(super) fn begin(
        watchers: &super::Watchers,
        engine: Engine,
        origin: &str,
        statement: &str,
        parameters: &[Value],
        scrubber: &Arc<Scrubber>,
    ) -> Self {
        let traced = Traced::begin(watchers.trace.as_ref(), watchers.purpose, 1);
        let recording = watchers.recorder.as_ref().and_then(|recorder| {
            let clean = |text: &str| {
                // Of a secret that is cut before it is masked, a part would stay.
                cut(&scrubber.clean_text(cut(text, 2 * TEXT_MAX)), TEXT_MAX).to_owned()
            };
            let shown = |value: &Value| {
                // What nobody reads is not written either: a list can have millions of items.
                if let Value::Array(array) = value
                    && array.items.len() > ITEMS_MAX
                {
                    return serde_json::Value::String(format!("a list of {} items", array.items.len()));
                }
                let text = clean(&value.to_json().to_string());
                serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text))
            };
            recorder.add(RecordedExchange::Database(DatabaseExchange {
                purpose: watchers.purpose.as_str(),
                engine: engine.name(),
                database: origin.to_owned(),
                statement: clean(statement),
                parameters: parameters.iter().take(PARAMETERS_MAX).map(shown).collect(),
                ..DatabaseExchange::default()
            }))
        });
        Self { recording, traced: Some(traced), began: Instant::now() }
    }

    /// Some rows were read.
    pub(super) fn rows(&self, rows: usize) {
        self.change(|exchange| exchange.rows = exchange.rows.saturating_add(rows as u64));
    }

    /// It came to its end.
    pub(super) fn ended(&mut self, changed: Option<u64>) {
        let after = self.began.elapsed();
        self.change(|exchange| (exchange.changed, exchange.duration_us) = (changed, micros(after)));
        if let Some(traced) = self.traced.take() {
            traced.done();
        }
    }

    /// It did not.
    pub(super) fn failed(&mut self, error: &EgressError) {
        let after = self.began.elapsed();
        self.change(|exchange| {
            exchange.error = Some(error.to_string());
            exchange.sqlstate = error.refusal().map(|refusal: &Refusal| refusal.sqlstate.clone());
            exchange.duration_us = micros(after);
        });
        if let Some(traced) = self.traced.take() {
            traced.failed(error);
        }
    }

    fn change(&self, change: impl FnOnce(&mut DatabaseExchange)) {
        let Some(recording) = &self.recording else { return };
        recording.change(|exchange| match exchange {
            RecordedExchange::Database(exchange) => change(exchange),
            RecordedExchange::Http(_) | RecordedExchange::Grpc(_) => {}
        });
    }
}

fn micros(after: Duration) -> u64 {
    u64::try_from(after.as_micros()).unwrap_or(u64::MAX)
}
