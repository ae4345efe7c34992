//! Checks what goes into a connector and what comes out against its schemas. The schema is the author's and the text the
//! caller's, so what the check costs counts as the call's, and a long one waits for its time slices beside other groups'
//! guests.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lockgate_domain::schema::{Document, JsonError, Schema};
use lockgate_domain::{GroupId, Limits, Violation};
use lockgate_engine::{Ended, Engine, Stop};

use crate::FlowError;
use crate::call::cpu_time::CpuTimer;

/// Steps up to which a check is done where the call is: a few milliseconds at most.
const STEPS: u64 = 4_000_000;
/// What a check may take there.
const QUICK: Duration = Duration::from_millis(5);
/// Of a call that has more CPU time left, a check there counts with the time that passed: a thread that lost its core
/// meanwhile makes it a few milliseconds too many, and asking the kernel at each check would cost all calls a system call.
const LITTLE: Duration = Duration::from_millis(100);
/// Bytes up to which a text is read there.
const BYTES: usize = 256 * 1024;

/// The checks of one call.
pub(crate) struct Validation<'h> {
    engine: &'h Engine,
    group: GroupId,
    limits: &'h Limits,
    spent: Duration,
}

/// What is wrong with a text.
enum Wrong {
    NotJson(JsonError),
    Schema(Vec<Violation>),
}

impl<'h> Validation<'h> {
    pub(crate) fn new(engine: &'h Engine, group: GroupId, limits: &'h Limits) -> Self {
        Self { engine, group, limits, spent: Duration::ZERO }
    }

    /// What the checks have taken so far, in microseconds.
    pub(crate) fn cpu_us(&self) -> u64 {
        u64::try_from(self.spent.as_micros()).unwrap_or(u64::MAX)
    }

    /// Gives the input back if it matches the schema.
    ///
    /// # Errors
    /// [`FlowError::InputInvalid`], or the check takes more CPU time than the call has.
    pub(crate) async fn input(&mut self, schema: &Arc<Schema>, text: String) -> Result<String, FlowError> {
        self.check(schema, text).await?.map_err(|wrong| match wrong {
            Wrong::NotJson(error) => FlowError::InputInvalid(vec![Violation::new("", "json", error.to_string())]),
            Wrong::Schema(violations) => FlowError::InputInvalid(violations),
        })
    }

    /// Gives the output back if it matches the schema.
    ///
    /// # Errors
    /// [`FlowError::OutputNotJson`], [`FlowError::OutputInvalid`], or the check takes more CPU time than the call has.
    pub(crate) async fn output(&mut self, schema: &Arc<Schema>, text: String) -> Result<String, FlowError> {
        self.check(schema, text).await?.map_err(|wrong| match wrong {
            Wrong::NotJson(error) => FlowError::OutputNotJson(error),
            Wrong::Schema(violations) => FlowError::OutputInvalid(violations),
        })
    }

    /// Gives the text back if it is right. The size of a text does not say how long its check takes, so it has a few
    /// milliseconds where the call is, then as much of the call's CPU time as is left, in time slices.
    async fn check(&mut self, schema: &Arc<Schema>, text: String) -> Result<Result<String, Wrong>, FlowError> {
        let (mut checked, mut text) = (None, text);
        if text.len() <= BYTES && schema.steps(text.len()) <= STEPS {
            let allowed = self.left().min(QUICK);
            let (timer, began) = ((self.left() < LITTLE).then(CpuTimer::start), Instant::now());
            // Whoever else is served by this thread waits as long as it takes, with a core or without.
            checked = found(schema, &text, move || began.elapsed() >= allowed);
            self.spent += timer.map_or_else(|| began.elapsed(), |timer| timer.used()).min(allowed);
        }
        if checked.is_none() && !self.left().is_zero() {
            let (schema, left) = (Arc::clone(schema), self.left());
            let work = move || {
                let timer = CpuTimer::start();
                let checked = found(&schema, &text, move || timer.has_used(left));
                (checked, timer.used(), text)
            };
            let used;
            (checked, used, text) = self.engine.compute(self.group, work).await?;
            self.spent += used;
        }
        match checked {
            Some(checked) if !self.left().is_zero() => Ok(checked.map(|()| text)),
            _ => Err(FlowError::Ended { ended: Ended::Stopped(Stop::Cpu), limits: Box::new(*self.limits) }),
        }
    }

    fn left(&self) -> Duration {
        Duration::from_millis(self.limits.cpu_ms).saturating_sub(self.spent)
    }
}

/// What came of a check, if its time sufficed.
fn found(schema: &Schema, text: &str, is_over: impl Fn() -> bool + Send + Sync + 'static) -> Option<Result<(), Wrong>> {
    match Document::parse(text) {
        Err(error) => Some(Err(Wrong::NotJson(error))),
        Ok(document) => {
            let document = document.until(is_over);
            let found = schema.validate(&document).map_err(Wrong::Schema);
            (!document.is_time_up()).then_some(found)
        }
    }
}
