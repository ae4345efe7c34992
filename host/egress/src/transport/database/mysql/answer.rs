//! Running a statement, and reading its answer row by row.

use std::sync::Arc;

use super::super::failed::Failed;
use super::fields::Fields;
use super::message::{self, ERROR, FILE_WANTED, OK, Refused, Status, out_of_turn};
use super::prepared::{Prepared, RawRow, Shape};
use super::session::{EXECUTE, Ended, FETCH, Session, Step, Transaction, ended};

/// Answers of one session whose rows wait on the server.
const CURSORS_MAX: usize = 64;
/// Rows beyond those that were asked for are read and left out up to here, which takes less time than to cancel the
/// statement and to open another session.
const LEFT_OUT_MAX: usize = 256 * 1024;

/// An answer that is on its way.
#[derive(Debug)]
pub(super) struct Running {
    shape: Arc<Shape>,
    rows: Rows,
}

#[derive(Debug)]
enum Rows {
    /// None: the statement changed so many.
    None(u64),
    /// One after the other. How many of them are wanted, if not all.
    Flowing(Option<u32>),
    /// As many as were fetched from a cursor.
    Fetched(Arc<Prepared>),
}

/// What comes first of an answer.
enum Beginning {
    Running(Arc<Prepared>, Running),
    Refused(Refused),
}

impl Session {
    /// Sends a statement with its parameters, and asks for some rows; all of them with 0. `portal` names an answer that is
    /// read in several steps, which waits in a cursor of the server. The server gives up after the time. With `resets_state` locks
    /// are given back behind it. Comes back with the statement as the answer describes it.
    pub(in super::super) async fn start(
        &mut self,
        prepared: &Arc<Prepared>,
        body: &[u8],
        portal: &str,
        rows: i32,
        timeout_ms: u64,
        resets_state: bool,
    ) -> Result<Arc<Prepared>, Failed> {
        // What was not read yet can say that the transaction is over, and that a setting is another.
        self.settle().await?;
        if self.transaction == Transaction::Ended {
            return Err(ended());
        }
        if let Some(changed) = self.changed {
            return Err(misread(changed));
        }
        let in_steps = !portal.is_empty();
        if in_steps && self.cursors.len() >= CURSORS_MAX {
            return Err(Failed::Invalid(format!(
                "the transaction has {CURSORS_MAX} answers that are not read to their end: expected fewer"
            )));
        }
        self.limit_time(timeout_ms).await?;
        let rows = u32::try_from(rows).ok().filter(|rows| *rows > 0);
        let mut prepared = Arc::clone(prepared);
        let mut again = true;
        loop {
            if in_steps {
                // It would close its cursor if it ran once more.
                self.forget(&prepared);
            }
            match self.execute(&prepared, body, in_steps, rows, resets_state).await? {
                Beginning::Running(prepared, running) => {
                    self.running = Some(running);
                    if let Some(Running { rows: Rows::Fetched(_), .. }) = self.running {
                        self.cursors.push(Arc::clone(&prepared));
                        self.fetch(&prepared, rows).await?;
                    } else {
                        self.keep(&prepared);
                    }
                    return Ok(prepared);
                }
                Beginning::Refused(refused) if again && refused.wants_preparation() => {
                    (self.busy, again) = (false, false);
                    self.wait_for_state_reset().await?;
                    self.forget(&prepared);
                    self.close(&prepared);
                    prepared = self.prepare(&prepared.text, prepared.parameters).await?;
                }
                Beginning::Refused(refused) => {
                    if in_steps {
                        self.keep(&prepared);
                    }
                    return Err(self.refused(refused).await);
                }
            }
        }
    }

    async fn execute(
        &mut self,
        prepared: &Arc<Prepared>,
        parameters: &[u8],
        cursor: bool,
        rows: Option<u32>,
        resets_state: bool,
    ) -> Result<Beginning, Failed> {
        let [one, two, three, four] = prepared.number.to_le_bytes();
        // Once, and to read with a cursor or without.
        let head = [one, two, three, four, u8::from(cursor), 1, 0, 0, 0];
        self.say(EXECUTE, &[&head, parameters].concat());
        if resets_state {
            self.unlock();
        }
        self.send().await?;
        let message = self.wire.next().await?;
        let count = match message.first() {
            Some(&OK) => {
                let done = self.done(&message)?;
                self.note(done.status, done.setting);
                self.other_answers(done.status).await?;
                let running = Running { shape: Arc::clone(&prepared.shape), rows: Rows::None(done.affected) };
                return Ok(Beginning::Running(Arc::clone(prepared), running));
            }
            Some(&ERROR) => return Ok(Beginning::Refused(message::error(&message)?)),
            Some(&FILE_WANTED) => {
                return Err(Failed::Broken("the server asks for a file of the host, which it never gets".to_owned()));
            }
            Some(_) | None => Fields::of(&message).integer()?,
        };
        let (described, status) = self.columns(count).await?;
        let prepared = match prepared.shape.is(&described) {
            true => Arc::clone(prepared),
            false => Arc::new(Prepared {
                number: prepared.number,
                text: Arc::clone(&prepared.text),
                parameters: prepared.parameters,
                shape: Shape::read(&described)?,
            }),
        };
        let from = match status.has_cursor() {
            true => Rows::Fetched(Arc::clone(&prepared)),
            // The server has none for what is no query; its rows are read as they come.
            false => Rows::Flowing(rows.filter(|_| !cursor)),
        };
        let running = Running { shape: Arc::clone(&prepared.shape), rows: from };
        Ok(Beginning::Running(prepared, running))
    }

    /// Asks for more rows of an answer that is read in several steps.
    pub(in super::super) async fn resume(&mut self, prepared: &Arc<Prepared>, rows: i32) -> Result<(), Failed> {
        self.settle().await?;
        if !self.cursors.iter().any(|own| own.number == prepared.number) {
            return Err(Failed::Invalid("the rows are gone with their transaction".to_owned()));
        }
        self.running = Some(Running { shape: Arc::clone(&prepared.shape), rows: Rows::Fetched(Arc::clone(prepared)) });
        self.fetch(prepared, u32::try_from(rows).ok()).await
    }

    async fn fetch(&mut self, prepared: &Prepared, rows: Option<u32>) -> Result<(), Failed> {
        let rows = rows.unwrap_or(u32::MAX);
        self.say(FETCH, &[prepared.number.to_le_bytes(), rows.to_le_bytes()].concat());
        self.send().await
    }

    /// The next part of the answer.
    pub(in super::super) async fn next(&mut self) -> Result<Step, Failed> {
        let running = self.running.as_ref().ok_or_else(out_of_turn)?;
        match &running.rows {
            Rows::None(changed) => return Ok(self.ended(Ended::Whole(Some(*changed)))),
            Rows::Flowing(Some(0)) => return self.leave_out().await,
            Rows::Flowing(_) | Rows::Fetched(_) => {}
        }
        let message = self.wire.next().await?;
        match message.first() {
            Some(&OK) => {
                let running = self.running.as_mut().ok_or_else(out_of_turn)?;
                if let Rows::Flowing(Some(wanted)) = &mut running.rows {
                    *wanted -= 1;
                }
                let (shape, utc) = (Arc::clone(&running.shape), self.settings.is_utc());
                Ok(Step::Row(RawRow { shape, message, utc }))
            }
            Some(_) | None => self.rows_ended(&message).await,
        }
    }

    /// What stands behind the rows.
    async fn rows_ended(&mut self, message: &[u8]) -> Result<Step, Failed> {
        if message.first() == Some(&ERROR) {
            self.running = None;
            return Err(self.refused(message::error(message)?).await);
        }
        let status = message::end(message)?.ok_or_else(out_of_turn)?;
        self.note(status, None);
        let running = self.running.as_ref().ok_or_else(out_of_turn)?;
        if let Rows::Fetched(prepared) = &running.rows {
            if !status.last_row_sent() {
                return Ok(self.ended(Ended::More));
            }
            let prepared = Arc::clone(prepared);
            self.cursors.retain(|own| own.number != prepared.number);
            self.keep(&prepared);
        } else {
            self.other_answers(status).await?;
        }
        Ok(self.ended(Ended::Whole(None)))
    }

    /// Reads rows that nobody wants. Where that takes long the session stays busy, and whoever gives it back cancels the
    /// statement.
    async fn leave_out(&mut self) -> Result<Step, Failed> {
        let mut left_out = 0_usize;
        while left_out < LEFT_OUT_MAX {
            let message = self.wire.next().await?;
            if message.first() != Some(&OK) {
                return self.rows_ended(&message).await;
            }
            left_out = left_out.saturating_add(message.len());
        }
        Ok(Step::Ended(Ended::More))
    }

    /// Reads the rest of an answer that was left, so that the session can be asked something else.
    pub(super) async fn settle(&mut self) -> Result<(), Failed> {
        while self.running.is_some() {
            match self.next().await {
                Ok(_) | Err(Failed::Refused(_)) => {}
                Err(failed) => return Err(failed),
            }
        }
        match self.busy {
            true => Err(Failed::Broken("the session was left in the middle of an answer".to_owned())),
            false => self.wait_for_state_reset().await,
        }
    }

    /// Reads the further answers of a procedure, of which the caller has the first.
    async fn other_answers(&mut self, mut status: Status) -> Result<(), Failed> {
        while status.more_answers() {
            let message = self.wire.next().await?;
            status = match message.first() {
                Some(&OK) => {
                    let done = self.done(&message)?;
                    self.note(done.status, done.setting);
                    done.status
                }
                Some(&ERROR) => {
                    self.running = None;
                    return Err(self.refused(message::error(&message)?).await);
                }
                Some(_) | None => {
                    self.columns(Fields::of(&message).integer()?).await?;
                    self.rows_of_another().await?
                }
            };
        }
        Ok(())
    }

    async fn rows_of_another(&mut self) -> Result<Status, Failed> {
        loop {
            let message = self.wire.next().await?;
            if message.first() != Some(&OK) {
                return message::end(&message)?.ok_or_else(out_of_turn);
            }
        }
    }

    fn note(&mut self, status: Status, setting: Option<&'static str>) {
        self.at(status);
        self.note_change(status);
        self.changed = self.changed.or(setting);
    }

    fn ended(&mut self, ended: Ended) -> Step {
        (self.busy, self.running) = (false, None);
        Step::Ended(ended)
    }
}

/// Values would be read wrongly.
fn misread(setting: &str) -> Failed {
    Failed::Invalid(format!("a statement changed `{setting}`, by which the host reads statements and values"))
}
