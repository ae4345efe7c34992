//! The exchanges with one session: each within the times of the call, watched, and with its errors in the words of
//! egress.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lockgate_domain::database::Engine;
use lockgate_domain::{Limit, LimitHit, Limits};

use super::Watchers;
use super::failed::Failed;
use super::lease::Lease;
use super::reading::Reading;
use super::recorded::Watched;
use super::request::Bound;
use super::rows::{Answer, Column, Row};
use super::session::{Isolation, Prepared, RawRow, Step};
use super::steps::Steps;
use crate::connect::{Clock, Timeouts};
use crate::transport::SendContext;
use crate::{EgressError, Phase};

/// What a value takes in the host beside its bytes.
const VALUE_BYTES: usize = 64;

/// A session and what its exchanges have in common.
pub(super) struct Conversation {
    pub(super) lease: Lease,
    engine: Engine,
    pub(super) limits: Limits,
    pub(super) deadline: Instant,
    watchers: Watchers,
    pub(super) steps: Steps,
    reading: Reading,
    /// Whether the statement that runs was sent.
    sent: bool,
    /// Whether the transaction that is open can change something.
    writes: bool,
}

impl Conversation {
    pub(super) fn new(context: &SendContext<'_>, lease: Lease, engine: Engine) -> Self {
        let limits = *context.limits;
        let steps = Steps::new(limits.upstream_body_bytes);
        let reading = Reading::new(Arc::clone(context.network), context.group);
        let (deadline, watchers) = (context.deadline, Watchers::of(context));
        Self { lease, engine, limits, deadline, watchers, steps, reading, sent: false, writes: false }
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
        // What a transaction wrote before its session was lost is undone by the server; alone it may have been done.
        let writes = self.is_outside() && !bound.keeps && !self.lease.server.is_read_only();
        self.sent = false;
        let mut watched = self.watch(&bound.text, bound);
        let done = self.answer(bound, max_rows, &clock, &watched, of_its_own).await;
        let done = done.map_err(|error| match (writes && self.sent, bound.commits_in_parts) {
            (true, true) => error.uncertain_in_part(),
            (true, false) => error.uncertain(),
            (false, _) => error,
        });
        match &done {
            Ok(answer) => watched.ended(answer.changed),
            Err(error) => watched.failed(error),
        }
        // After an error the session rolls back by itself, when it is given back. Nothing that was left by what only reads is to
        // last.
        if of_its_own && done.is_ok() {
            self.roll_back().await?;
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
        of_its_own: bool,
    ) -> Result<Answer, EgressError> {
        let row_limit = self.limits.rows;
        let wanted = max_rows.unwrap_or(row_limit).min(row_limit);
        // Rows that nobody wants are read past, since how many were changed comes behind them.
        let discards = max_rows == Some(0);
        // One more says whether there are more. A statement that changes rows is not left in the middle.
        let all = discards || bound.runs_on;
        let asked = if all { 0 } else { i32::try_from(wanted.saturating_add(1)).unwrap_or(i32::MAX) };
        let began = Instant::now();
        let mut again = of_its_own || self.is_outside();
        let mut prepared = self.start(bound, "", asked, clock).await?;
        let mut first = self.until_first(clock).map(|limit| limit.saturating_sub(began.elapsed()));
        let mut answer = Answer { columns: self.columns(&prepared), ..Answer::default() };
        let (mut room, mut seen) = (self.limits.upstream_body_bytes, 0_u64);
        loop {
            let step = match self.next(clock, first.take()).await? {
                // Nothing of it ran: it is prepared for the tables as they are now, once.
                Err(Failed::Stale(_)) if std::mem::take(&mut again) => {
                    if of_its_own {
                        // It has failed; in what is begun in its place, nothing ran that could have left anything.
                        self.roll_back().await?;
                        self.begin(Isolation::default(), true, true).await?;
                    }
                    prepared = self.start(bound, "", asked, clock).await?;
                    answer.columns = self.columns(&prepared);
                    continue;
                }
                step => self.check(step)?,
            };
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
                    let row = self.row(row, &mut room).await?;
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
        answer.bytes = self.limits.upstream_body_bytes.saturating_sub(room);
        Ok(answer)
    }

    /// Takes a row for what it takes, items of arrays included. An error leaves the session in the middle of an answer.
    pub(super) async fn row(&mut self, row: RawRow, room: &mut u64) -> Result<Row, EgressError> {
        let cost = row.bytes().saturating_add(row.columns().saturating_mul(VALUE_BYTES)) as u64;
        let Some(left) = room.checked_sub(cost) else {
            self.lease.lose();
            return Err(self.too_large());
        };
        *room = left;
        let (reading, scrubber) = (&mut self.reading, Arc::clone(&self.lease.server.scrubber));
        // A row that nobody waited for is missing from the answer: the session is lost then.
        let read = self.lease.with(async |_| reading.row(row, &scrubber, room).await).await;
        if read.is_err() {
            self.lease.lose();
        }
        match read {
            Err(Failed::TooLarge) => Err(self.too_large()),
            read => self.check(read),
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
        self.writes = !read_only;
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
        let committed = self.command("COMMIT", async |session| session.commit().await).await;
        committed.map_err(|error| if self.writes { error.uncertain() } else { error })
    }

    /// Ends the transaction of rows that were read in steps, and that it was begun for.
    pub(super) async fn end_of_rows(&mut self) -> Result<(), EgressError> {
        // What a session holds that can't be reset is taken back, as behind a single statement.
        match self.reads_in_transactions() {
            true => self.roll_back().await,
            false => self.commit().await,
        }
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
    pub(super) async fn start(
        &mut self,
        bound: &Bound,
        portal: &str,
        rows: i32,
        clock: &Clock,
    ) -> Result<Prepared, EgressError> {
        let timeout_ms = u64::try_from(clock.left().as_millis()).unwrap_or(u64::MAX);
        let (origin, reading, sent) = (self.lease.server.origin.clone(), &self.reading, &mut self.sent);
        let started = self.lease.with(async |session| {
            if !session.in_transaction() {
                session.prepare_for(bound.keeps).await?;
            } else if !bound.keeps {
                session.touch();
            }
            let prepared = session.prepare(&bound.text, bound.values.len()).await?;
            let (encoder, values) = (session.encoder(&prepared), Arc::clone(&bound.values));
            let encoded = reading.on(bound.bytes, move || encoder.encode(&values)).await??;
            *sent = true;
            session.start(&prepared, encoded, portal, rows, timeout_ms, bound.keeps).await
        });
        let started = clock.within(clock.first_byte, Phase::FirstByte, &origin, started).await?;
        self.check(started)
    }

    /// How long the first part of an answer may take where none has come with the start: MySQL waits for one there.
    pub(super) fn until_first(&self, clock: &Clock) -> Option<Duration> {
        match self.engine {
            Engine::Postgresql | Engine::Redshift => clock.first_byte,
            Engine::Mysql => None,
        }
    }

    /// The next part of an answer. The first has to come within the time that is left until then.
    pub(super) async fn step(&mut self, clock: &Clock, first: Option<Duration>) -> Result<Step, EgressError> {
        let next = self.next(clock, first).await?;
        self.check(next)
    }

    async fn next(&mut self, clock: &Clock, first: Option<Duration>) -> Result<Result<Step, Failed>, EgressError> {
        let origin = self.lease.server.origin.clone();
        let next = self.lease.with(async |session| session.next().await);
        clock.within(first, Phase::FirstByte, &origin, next).await
    }

    pub(super) fn watch(&self, text: &str, bound: &Bound) -> Watched {
        let server = &self.lease.server;
        Watched::begin(&self.watchers, self.engine, &server.origin, text, &bound.values, &server.scrubber)
    }

    pub(super) fn check<T>(&self, done: Result<T, Failed>) -> Result<T, EgressError> {
        let message_max = usize::try_from(self.limits.upstream_body_bytes).unwrap_or(usize::MAX);
        done.map_err(|failed| self.lease.server.error(failed, message_max))
    }

    /// Columns as callers get them: their names are the server's words, which may repeat what logged in.
    pub(super) fn columns(&self, prepared: &Prepared) -> Vec<Column> {
        let scrubber = &self.lease.server.scrubber;
        prepared.columns().iter().map(|column| column.cleaned(scrubber)).collect()
    }

    pub(super) fn too_large(&self) -> EgressError {
        let limit = LimitHit::new(Limit::UpstreamBody, self.limits.upstream_body_bytes);
        EgressError::TooLarge { what: "answer of the database", limit }
    }
}
