//! The exchanges with one session: each within the times of the call, watched, and with its errors in the words of
//! egress.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use lockgate_domain::database::Engine;
use lockgate_domain::{Limit, LimitHit, Limits};

use super::Watchers;
use super::failed::Failed;
use super::lease::Lease;
use super::recorded::Watched;
use super::request::Bound;
use super::rows::{Answer, Row};
use super::session::{Isolation, Prepared, Step};
use crate::connect::{Clock, Timeouts};
use crate::{EgressError, Phase};

/// What a value takes in the host beside its bytes.
const VALUE_BYTES: usize = 64;
/// Rows of one step of an answer that is read in several: what they take at the most, and how many they are.
const STEP_BYTES: usize = 256 * 1024;
const STEP_ROWS_FIRST: u32 = 16;
const STEP_ROWS_MAX: u32 = 4_096;

/// A session and what its exchanges have in common.
pub(super) struct Conversation {
    lease: Lease,
    engine: Engine,
    limits: Limits,
    deadline: Instant,
    watchers: Watchers,
    /// The answer of which a step is on its way.
    stepping: Option<u64>,
    /// Rows of answers that were read because something else was asked in between.
    kept: Vec<(u64, VecDeque<Row>, bool)>,
    /// Answers that were begun.
    opened: u64,
}

/// An answer that is read in steps.
pub(super) struct Stepwise {
    number: u64,
    prepared: Prepared,
    watched: Watched,
    rows: u32,
    ended: bool,
}

impl Conversation {
    pub(super) fn new(lease: Lease, engine: Engine, limits: Limits, deadline: Instant, watchers: Watchers) -> Self {
        Self { lease, engine, limits, deadline, watchers, stepping: None, kept: Vec::new(), opened: 0 }
    }

    pub(super) fn engine(&self) -> Engine {
        self.engine
    }

    /// Whether a transaction is open.
    pub(super) async fn in_transaction(&mut self) -> bool {
        self.lease.with(async |session| Ok(session.in_transaction())).await.unwrap_or(false)
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
        let of_its_own = self.reads_in_transactions() && !self.in_transaction().await;
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
        // One more says whether there are more.
        let asked = if discards { 0 } else { i32::try_from(wanted.saturating_add(1)).unwrap_or(i32::MAX) };
        let prepared = self.start(bound, "", asked, clock).await?;
        let mut answer = Answer { columns: prepared.columns().to_vec(), ..Answer::default() };
        let mut room = self.limits.upstream_body_bytes;
        loop {
            match self.step(clock).await? {
                Step::Row(_) if discards => answer.more = true,
                Step::Row(_) if answer.rows.len() as u64 >= wanted && answer.more => {
                    return self
                        .check(Err(Failed::Broken("the server sends more rows than were asked for".to_owned())));
                }
                Step::Row(_) if answer.rows.len() as u64 >= wanted => {
                    answer.more = true;
                    if max_rows.is_none_or(|max| max > row_limit) {
                        let limit = LimitHit::new(Limit::Rows, row_limit);
                        return Err(EgressError::TooLarge { what: "answer of the database", limit });
                    }
                }
                Step::Row(row) => {
                    let cost = row.bytes() + answer.columns.len() * VALUE_BYTES;
                    room = room.checked_sub(cost as u64).ok_or_else(|| self.too_large())?;
                    answer.rows.push(self.check(row.read(&self.lease.server.scrubber))?);
                }
                Step::Whole(changed) => {
                    answer.changed = changed;
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
        let mut watched = self.watch(&bound.text, bound);
        self.opened += 1;
        let number = self.opened;
        match self.start(bound, &portal(number), STEP_ROWS_FIRST as i32, &clock).await {
            Ok(prepared) => {
                self.stepping = Some(number);
                Ok(Stepwise { number, prepared, watched, rows: STEP_ROWS_FIRST, ended: false })
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
        let clock = Clock::start(timeouts, self.deadline);
        let read = self.read_on(answer, max, &clock).await;
        match &read {
            Ok(rows) => answer.watched.rows(rows.len()),
            Err(error) => answer.watched.failed(error),
        }
        if answer.ended && read.is_ok() {
            answer.watched.ended(None);
        }
        read
    }

    async fn read_on(&mut self, answer: &mut Stepwise, max: usize, clock: &Clock) -> Result<Vec<Row>, EgressError> {
        let (mut rows, mut bytes) = (Vec::new(), 0);
        if let Some(at) = self.kept.iter().position(|(number, ..)| *number == answer.number) {
            let (_, kept, ended) = self.kept.get_mut(at).ok_or(EgressError::Host("rows were lost"))?;
            rows.extend(kept.drain(..max.min(kept.len())));
            if kept.is_empty() {
                answer.ended |= *ended;
                self.kept.swap_remove(at);
            }
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
        while rows.is_empty() && !answer.ended {
            if self.stepping != Some(answer.number) {
                self.finish_step(clock).await?;
                let (prepared, name) = (answer.prepared.clone(), portal(answer.number));
                let count = i32::try_from(answer.rows).unwrap_or(i32::MAX);
                let origin = self.lease.server.origin.clone();
                let resumed = self.lease.with(async |session| session.resume(&prepared, &name, count).await);
                let resumed = clock.within(None, Phase::Total, &origin, resumed).await?;
                self.check(resumed)?;
                self.stepping = Some(answer.number);
            }
            while rows.len() < max && bytes < STEP_BYTES {
                match self.step(clock).await? {
                    Step::Row(row) => {
                        bytes += row.bytes() + answer.prepared.columns().len() * VALUE_BYTES;
                        rows.push(self.check(row.read(&self.lease.server.scrubber))?);
                    }
                    Step::Whole(_) => {
                        (self.stepping, answer.ended) = (None, true);
                        break;
                    }
                    Step::More => {
                        self.stepping = None;
                        // Rows that came in one step say how many the next may have.
                        let each = bytes / rows.len().max(1);
                        let fit = STEP_BYTES.checked_div(each).unwrap_or(STEP_BYTES);
                        answer.rows = u32::try_from(fit).unwrap_or(STEP_ROWS_MAX).clamp(1, STEP_ROWS_MAX);
                        break;
                    }
                }
            }
        }
        Ok(rows)
    }

    /// Reads the rest of a step that somebody left, so that the session can be asked something else.
    async fn finish_step(&mut self, clock: &Clock) -> Result<(), EgressError> {
        let Some(number) = self.stepping else { return Ok(()) };
        let (mut rows, mut room) = (VecDeque::new(), self.limits.upstream_body_bytes);
        let ended = loop {
            match self.step(clock).await? {
                Step::Row(row) => {
                    let read = self.check(row.read(&self.lease.server.scrubber))?;
                    let cost = row.bytes() + read.len() * VALUE_BYTES;
                    room = room.checked_sub(cost as u64).ok_or_else(|| self.too_large())?;
                    rows.push_back(read);
                }
                Step::Whole(_) => break true,
                Step::More => break false,
            }
        };
        self.stepping = None;
        self.kept.push((number, rows, ended));
        Ok(())
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

    async fn step(&mut self, clock: &Clock) -> Result<Step, EgressError> {
        let origin = self.lease.server.origin.clone();
        let next = self.lease.with(async |session| session.next().await);
        let next = clock.within(None, Phase::Total, &origin, next).await?;
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

    fn too_large(&self) -> EgressError {
        let limit = LimitHit::new(Limit::UpstreamBody, self.limits.upstream_body_bytes);
        EgressError::TooLarge { what: "answer of the database", limit }
    }
}

impl Stepwise {
    pub(super) fn columns(&self) -> &[super::rows::Column] {
        self.prepared.columns()
    }

    pub(super) fn ended(&self) -> bool {
        self.ended
    }
}

fn portal(number: u64) -> String {
    format!("lockgate_{number}")
}
