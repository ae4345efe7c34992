//! The exchanges with one session: each within the times of the call, watched, and with its errors in the words of
//! egress.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lockgate_domain::database::Engine;
use lockgate_domain::{Limit, LimitHit, Limits};

use super::Watchers;
use super::failed::Failed;
use super::lease::Lease;
use super::recorded::Watched;
use super::request::{Bound, invalid};
use super::rows::{Answer, Column, Row};
use super::session::{Isolation, Prepared, RawRow, Step};
use super::steps::{Kept, OPEN_MAX, STEP_BYTES, STEP_ROWS_FIRST, Steps, Stepwise};
use crate::connect::{Clock, Timeouts};
use crate::{EgressError, Phase};

/// What a value takes in the host beside its bytes.
const VALUE_BYTES: usize = 64;

/// A session and what its exchanges have in common.
pub(super) struct Conversation {
    lease: Lease,
    engine: Engine,
    limits: Limits,
    deadline: Instant,
    watchers: Watchers,
    steps: Steps,
}

impl Conversation {
    pub(super) fn new(lease: Lease, engine: Engine, limits: Limits, deadline: Instant, watchers: Watchers) -> Self {
        let steps = Steps::new(limits.upstream_body_bytes);
        Self { lease, engine, limits, deadline, watchers, steps }
    }

    pub(super) fn engine(&self) -> Engine {
        self.engine
    }

    /// Whether no transaction is open, as far as that is known: what is lost is not known.
    pub(super) fn is_outside(&self) -> bool {
        self.lease.in_transaction() == Some(false)
    }

    /// Runs a statement, and reads at most `max_rows` rows, or all that a call may have.
    pub(super) async fn run(
        &mut self,
        bound: &Bound,
        max_rows: Option<u64>,
        timeouts: &Timeouts,
    ) -> Result<Answer, EgressError> {
        let clock = Clock::start(timeouts, self.deadline);
        self.finish_step(&clock).await?;
        let of_its_own = self.reads_in_transactions() && self.is_outside();
        if of_its_own {
            self.begin(Isolation::default(), true, bound.keeps).await?;
        }
        let mut watched = self.watch(&bound.text, bound);
        let done = self.answer(bound, max_rows, &clock, &watched).await;
        match &done {
            Ok(answer) => watched.ended(answer.changed),
            Err(error) => watched.failed(error),
        }
        // After an error the session rolls back by itself, when it is given back.
        if of_its_own && done.is_ok() {
            self.commit().await?;
        }
        done
    }

    /// Whether a transaction is what holds the session to reading.
    fn reads_in_transactions(&self) -> bool {
        let holds = match self.engine {
            Engine::Redshift => true,
            Engine::Postgresql | Engine::Mysql => false,
        };
        holds && self.lease.server.is_read_only()
    }

    async fn answer(
        &mut self,
        bound: &Bound,
        max_rows: Option<u64>,
        clock: &Clock,
        watched: &Watched,
    ) -> Result<Answer, EgressError> {
        let row_limit = self.limits.rows;
        let wanted = max_rows.unwrap_or(row_limit).min(row_limit);
        // Rows that nobody wants are read past, since how many were changed comes behind them.
        let discards = max_rows == Some(0);
        // One more says whether there are more. A statement that changes rows is not left in the middle.
        let all = discards || bound.runs_on;
        let asked = if all { 0 } else { i32::try_from(wanted.saturating_add(1)).unwrap_or(i32::MAX) };
        let began = Instant::now();
        let prepared = self.start(bound, "", asked, clock).await?;
        let mut first = self.until_first(clock).map(|limit| limit.saturating_sub(began.elapsed()));
        let mut answer = Answer { columns: self.columns(&prepared), ..Answer::default() };
        let (mut room, mut seen) = (self.limits.upstream_body_bytes, 0_u64);
        loop {
            let step = self.step(clock, first.take()).await?;
            seen += u64::from(matches!(step, Step::Row(_)));
            match step {
                Step::Row(_) if discards => answer.more = true,
                Step::Row(_) if answer.rows.len() as u64 >= wanted && answer.more && !all => {
                    self.lease.lose();
                    return self
                        .check(Err(Failed::Broken("the server sends more rows than were asked for".to_owned())));
                }
                Step::Row(_) if answer.rows.len() as u64 >= wanted => {
                    answer.more = true;
                    if max_rows.is_none_or(|max| max > row_limit) {
                        // The rest of it stands before whatever is asked next.
                        self.lease.lose();
                        let limit = LimitHit::new(Limit::Rows, row_limit);
                        return Err(EgressError::TooLarge { what: "answer of the database", limit });
                    }
                }
                Step::Row(row) => {
                    let row = self.row(&row, answer.columns.len(), &mut room)?;
                    answer.rows.push(row);
                }
                Step::Whole(changed) => {
                    // MariaDB does not say how many rows a statement with `RETURNING` has changed: it gives each of them.
                    answer.changed = changed.or(bound.counts_rows.then_some(seen));
                    break;
                }
                Step::More => break,
            }
        }
        watched.rows(answer.rows.len());
        Ok(answer)
    }

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
                        rows.push(self.row(&row, answer.columns.len(), &mut room)?);
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
    async fn finish_step(&mut self, clock: &Clock) -> Result<(), EgressError> {
        let Some(number) = self.steps.running else { return Ok(()) };
        let mut rows = VecDeque::new();
        let end = loop {
            match self.step(clock, None).await {
                Ok(Step::Row(_)) if !self.steps.has_reader(number) => {}
                Ok(Step::Row(row)) => {
                    let mut room = self.steps.room;
                    let columns = row.columns();
                    let read = self.row(&row, columns, &mut room)?;
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

    /// Takes a row for what it takes, items of arrays included. An error leaves the session in the middle of an answer.
    fn row(&mut self, row: &RawRow, columns: usize, room: &mut u64) -> Result<Row, EgressError> {
        let cost = row.bytes().saturating_add(columns.saturating_mul(VALUE_BYTES)) as u64;
        let read = match room.checked_sub(cost) {
            Some(left) => {
                *room = left;
                let read = row.read(&self.lease.server.scrubber, room);
                match read {
                    Err(Failed::TooLarge) => Err(self.too_large()),
                    read => self.check(read),
                }
            }
            None => Err(self.too_large()),
        };
        if read.is_err() {
            self.lease.lose();
        }
        read
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

    /// Begins the transaction that the conversation is for. `keeps` says that its statements see nothing of those before:
    /// inside of a transaction no session is reset.
    pub(super) async fn begin(
        &mut self,
        isolation: Isolation,
        read_only: bool,
        keeps: bool,
    ) -> Result<(), EgressError> {
        let begin = async |session: &mut super::session::Session| {
            if !keeps {
                session.refresh().await?;
            }
            session.begin(isolation, read_only).await
        };
        self.command("BEGIN", begin).await
    }

    /// Commits it.
    pub(super) async fn commit(&mut self) -> Result<(), EgressError> {
        let clock = Clock::start(&Timeouts::default(), self.deadline);
        self.finish_step(&clock).await?;
        // A part of a statement that was refused is no part of what somebody wants to last.
        if let Some(error) = self.steps.unseen() {
            return Err(error);
        }
        self.command("COMMIT", async |session| session.commit().await).await
    }

    /// Rolls it back.
    pub(super) async fn roll_back(&mut self) -> Result<(), EgressError> {
        self.command("ROLLBACK", async |session| session.roll_back().await).await
    }

    async fn command(
        &mut self,
        name: &str,
        work: impl AsyncFnOnce(&mut super::session::Session) -> Result<(), Failed>,
    ) -> Result<(), EgressError> {
        let clock = Clock::start(&Timeouts::default(), self.deadline);
        self.finish_step(&clock).await?;
        let server = Arc::clone(&self.lease.server);
        let mut watched = Watched::begin(&self.watchers, self.engine, &server.origin, name, &[], &server.scrubber);
        let done = clock.within(None, Phase::Total, &server.origin, self.lease.with(work)).await;
        let done = done.and_then(|done| self.check(done));
        match &done {
            Ok(()) => watched.ended(None),
            Err(error) => watched.failed(error),
        }
        done
    }

    /// Prepares a statement and sends it with its parameters.
    async fn start(&mut self, bound: &Bound, portal: &str, rows: i32, clock: &Clock) -> Result<Prepared, EgressError> {
        let timeout_ms = u64::try_from(clock.left().as_millis()).unwrap_or(u64::MAX);
        let origin = self.lease.server.origin.clone();
        let started = self.lease.with(async |session| {
            if !session.in_transaction() {
                session.prepare_for(bound.keeps).await?;
            } else if !bound.keeps {
                session.touch();
            }
            let prepared = session.prepare(&bound.text).await?;
            session.start(&prepared, &bound.values, portal, rows, timeout_ms).await
        });
        let started = clock.within(clock.first_byte, Phase::FirstByte, &origin, started).await?;
        self.check(started)
    }

    /// How long the first part of an answer may take where none has come with the start: MySQL waits for one there.
    fn until_first(&self, clock: &Clock) -> Option<Duration> {
        match self.engine {
            Engine::Postgresql | Engine::Redshift => clock.first_byte,
            Engine::Mysql => None,
        }
    }

    /// The next part of an answer. The first has to come within the time that is left until then.
    async fn step(&mut self, clock: &Clock, first: Option<Duration>) -> Result<Step, EgressError> {
        let origin = self.lease.server.origin.clone();
        let next = self.lease.with(async |session| session.next().await);
        let next = clock.within(first, Phase::FirstByte, &origin, next).await?;
        self.check(next)
    }

    fn watch(&self, text: &str, bound: &Bound) -> Watched {
        let server = &self.lease.server;
        Watched::begin(&self.watchers, self.engine, &server.origin, text, &bound.values, &server.scrubber)
    }

    fn check<T>(&self, done: Result<T, Failed>) -> Result<T, EgressError> {
        let message_max = usize::try_from(self.limits.upstream_body_bytes).unwrap_or(usize::MAX);
        done.map_err(|failed| self.lease.server.error(failed, message_max))
    }

    /// Columns as callers get them: their names are the server's words, which may repeat what logged in.
    fn columns(&self, prepared: &Prepared) -> Vec<Column> {
        let scrubber = &self.lease.server.scrubber;
        prepared.columns().iter().map(|column| column.cleaned(scrubber)).collect()
    }

    fn too_large(&self) -> EgressError {
        let limit = LimitHit::new(Limit::UpstreamBody, self.limits.upstream_body_bytes);
        EgressError::TooLarge { what: "answer of the database", limit }
    }
}

fn portal(number: u64) -> String {
    format!("lockgate_{number}")
}
