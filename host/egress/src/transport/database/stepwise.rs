//! The answers of a conversation that are read in steps.

use std::collections::VecDeque;

use super::conversation::Conversation;
use super::request::{Bound, invalid};
use super::rows::Row;
use super::session::Step;
use super::steps::{Kept, OPEN_MAX, STEP_BYTES, STEP_ROWS_FIRST, Stepwise};
use crate::connect::{Clock, Timeouts};
use crate::{EgressError, Phase};

impl Conversation {
    /// Begins an answer that is read in steps. A transaction must be open.
    pub(super) async fn open(&mut self, bound: &Bound, timeouts: &Timeouts) -> Result<Stepwise, EgressError> {
        let clock = Clock::start(timeouts, self.deadline);
        self.finish_step(&clock).await?;
        self.forget_left();
        if !self.steps.has_place() {
            return Err(invalid(format!(
                "the transaction has {OPEN_MAX} answers that are not read to their end: expected fewer"
            )));
        }
        let mut watched = self.watch(&bound.text, bound);
        let number = self.steps.next();
        match self.start(bound, &portal(number), STEP_ROWS_FIRST as i32, &clock).await {
            Ok(prepared) if !self.steps.has_room(&prepared) => {
                // Its first step stands before whatever is asked next.
                self.lease.lose();
                let error = self.too_large();
                watched.failed(&error);
                Err(error)
            }
            Ok(prepared) => {
                let columns = self.columns(&prepared);
                Ok(self.steps.open(number, prepared, columns, watched))
            }
            Err(error) => {
                watched.failed(&error);
                Err(error)
            }
        }
    }

    /// The next rows of an answer, at most so many; none at its end.
    pub(super) async fn more(
        &mut self,
        answer: &mut Stepwise,
        max: usize,
        timeouts: &Timeouts,
    ) -> Result<Vec<Row>, EgressError> {
        if answer.failed {
            return Err(invalid("there are no further rows: reading them has failed".to_owned()));
        }
        let clock = Clock::start(timeouts, self.deadline);
        let read = self.read_on(answer, max, &clock).await;
        match &read {
            Ok(rows) => answer.watched.rows(rows.len()),
            Err(error) => {
                answer.failed = true;
                answer.watched.failed(error);
                if self.steps.running == Some(answer.number) {
                    self.steps.running = None;
                }
            }
        }
        if answer.ended && read.is_ok() {
            answer.watched.ended(None);
        }
        if answer.ended || read.is_err() {
            self.close(answer.number);
        }
        read
    }

    async fn read_on(&mut self, answer: &mut Stepwise, max: usize, clock: &Clock) -> Result<Vec<Row>, EgressError> {
        match self.steps.kept(answer.number, max) {
            Kept::Nothing => {}
            Kept::Rows(rows) => return Ok(rows),
            Kept::Last(rows) => {
                answer.ended = true;
                return Ok(rows);
            }
            Kept::Failed(error) => return Err(error),
        }
        let (mut rows, mut bytes) = (Vec::new(), 0_usize);
        while rows.is_empty() && !answer.ended {
            if self.steps.running != Some(answer.number) {
                self.finish_step(clock).await?;
                let (prepared, name) = (answer.prepared.clone(), portal(answer.number));
                let count = i32::try_from(answer.rows).unwrap_or(i32::MAX);
                let origin = self.lease.server.origin.clone();
                let resumed = self.lease.with(async |session| session.resume(&prepared, &name, count).await);
                let resumed = clock.within(None, Phase::Total, &origin, resumed).await?;
                self.check(resumed)?;
                self.steps.running = Some(answer.number);
            }
            while rows.len() < max && bytes < STEP_BYTES {
                let first = self.until_first(clock).filter(|_| std::mem::take(&mut answer.is_first));
                match self.step(clock, first).await? {
                    Step::Row(row) => {
                        let mut room = self.limits.upstream_body_bytes;
                        rows.push(self.row(row, &mut room).await?);
                        let cost = self.limits.upstream_body_bytes - room;
                        bytes = bytes.saturating_add(usize::try_from(cost).unwrap_or(usize::MAX));
                    }
                    Step::Whole(_) => {
                        (self.steps.running, answer.ended) = (None, true);
                        break;
                    }
                    Step::More => {
                        self.steps.running = None;
                        answer.fit(bytes, rows.len());
                        break;
                    }
                }
            }
        }
        Ok(rows)
    }

    /// Reads the rest of a step that somebody left, so that the session can be asked something else. That the server
    /// refuses the rest is told to whoever reads it; any other error is the end of the session.
    pub(super) async fn finish_step(&mut self, clock: &Clock) -> Result<(), EgressError> {
        let Some(number) = self.steps.running else { return Ok(()) };
        let mut rows = VecDeque::new();
        let end = loop {
            match self.step(clock, None).await {
                Ok(Step::Row(_)) if !self.steps.has_reader(number) => {}
                Ok(Step::Row(row)) => {
                    let mut room = self.steps.room;
                    let read = self.row(row, &mut room).await?;
                    rows.push_back((read, self.steps.room - room));
                    self.steps.room = room;
                }
                Ok(Step::Whole(_)) => break Some(Ok(())),
                Ok(Step::More) => break None,
                Err(error) if self.lease.is_lost() => return Err(error),
                Err(error) => break Some(Err(error)),
            }
        };
        self.steps.running = None;
        self.steps.keep(number, rows, end);
        Ok(())
    }

    /// Gives back what answers took that nobody reads any more.
    pub(super) fn forget_left(&mut self) {
        for number in self.steps.left() {
            self.close(number);
        }
    }

    fn close(&mut self, number: u64) {
        if let Some((number, prepared)) = self.steps.close(number) {
            self.lease.release(&prepared, portal(number));
        }
    }
}

fn portal(number: u64) -> String {
    format!("lockgate_{number}")
}
