//! Answers of a transaction that are read in steps. At most one of them is on its way; what was read of the others is kept
//! until it is asked for.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use super::recorded::Watched;
use super::rows::{Column, Row};
use super::session::Prepared;
use crate::EgressError;

/// Answers of one transaction that are open at one time. Each takes memory of the server until its end.
pub(super) const OPEN_MAX: usize = 64;
/// Rows of one step: what they take at the most, and how many they are.
pub(super) const STEP_BYTES: usize = 256 * 1024;
pub(super) const STEP_ROWS_FIRST: u32 = 16;
const STEP_ROWS_MAX: u32 = 4_096;

/// The answers of one transaction.
pub(super) struct Steps {
    /// The answer of which a step is on its way.
    pub(super) running: Option<u64>,
    answers: Vec<Opened>,
    /// Answers that were begun.
    begun: u64,
    /// What rows that are kept and descriptions of columns may still take, of all answers together.
    pub(super) room: u64,
}

/// An answer that has not been read to its end.
struct Opened {
    number: u64,
    prepared: Prepared,
    /// What the description takes of the room.
    described: u64,
    /// Nothing is there when nobody can ask for its rows any more.
    reader: Weak<()>,
    /// Rows that were read because something else was asked in between, with what they take.
    kept: VecDeque<(Row, u64)>,
    /// Its end, which comes behind the rows that are kept.
    end: Option<Result<(), EgressError>>,
}

/// An answer that is read in steps, as its reader holds it.
pub(super) struct Stepwise {
    pub(super) number: u64,
    pub(super) prepared: Prepared,
    pub(super) columns: Vec<Column>,
    pub(super) watched: Watched,
    /// How many rows the next step asks for.
    pub(super) rows: u32,
    /// Whether nothing of it was read yet.
    pub(super) is_first: bool,
    pub(super) ended: bool,
    pub(super) failed: bool,
    /// Its answer is kept for as long as this is there.
    reader: Option<Arc<()>>,
}

/// What was kept of an answer.
pub(super) enum Kept {
    Nothing,
    Rows(Vec<Row>),
    /// Rows behind which there are no more.
    Last(Vec<Row>),
    Failed(EgressError),
}

impl Steps {
    pub(super) fn new(room: u64) -> Self {
        Self { running: None, answers: Vec::new(), begun: 0, room }
    }

    /// The number of the next answer.
    pub(super) fn next(&mut self) -> u64 {
        self.begun += 1;
        self.begun
    }

    /// Whether there may be another answer.
    pub(super) fn has_place(&self) -> bool {
        self.answers.len() < OPEN_MAX
    }

    /// Whether there is room for the description of another answer.
    pub(super) fn has_room(&self, prepared: &Prepared) -> bool {
        prepared.bytes() as u64 <= self.room
    }

    /// An answer was begun, of which the first step is on its way.
    pub(super) fn open(&mut self, number: u64, prepared: Prepared, columns: Vec<Column>, watched: Watched) -> Stepwise {
        let reader = Arc::new(());
        let described = prepared.bytes() as u64;
        self.room = self.room.saturating_sub(described);
        self.running = Some(number);
        self.answers.push(Opened {
            number,
            prepared: prepared.clone(),
            described,
            reader: Arc::downgrade(&reader),
            kept: VecDeque::new(),
            end: None,
        });
        let (rows, reader) = (STEP_ROWS_FIRST, Some(reader));
        Stepwise { number, prepared, columns, watched, rows, is_first: true, ended: false, failed: false, reader }
    }

    /// Whether somebody can still ask for the rows of an answer.
    pub(super) fn has_reader(&self, number: u64) -> bool {
        self.answers.iter().any(|own| own.number == number && own.reader.strong_count() > 0)
    }

    /// Keeps what was read of a step, whose rows have taken their room.
    pub(super) fn keep(&mut self, number: u64, rows: VecDeque<(Row, u64)>, end: Option<Result<(), EgressError>>) {
        if let Some(own) = self.answers.iter_mut().find(|own| own.number == number) {
            own.kept.extend(rows);
            own.end = end;
        }
    }

    /// What was kept of an answer: at most so many rows, or its end.
    pub(super) fn kept(&mut self, number: u64, max: usize) -> Kept {
        let Some(own) = self.answers.iter_mut().find(|own| own.number == number) else { return Kept::Nothing };
        let taken = own.kept.drain(..max.min(own.kept.len()));
        let mut rows = Vec::with_capacity(taken.len());
        for (row, cost) in taken {
            self.room = self.room.saturating_add(cost);
            rows.push(row);
        }
        if own.kept.is_empty() {
            match own.end.take_if(|end| end.is_ok() || rows.is_empty()) {
                Some(Ok(())) => return Kept::Last(rows),
                Some(Err(error)) => return Kept::Failed(error),
                None => {}
            }
        }
        if rows.is_empty() { Kept::Nothing } else { Kept::Rows(rows) }
    }

    /// An answer is over. Comes back with what the session knows it by.
    pub(super) fn close(&mut self, number: u64) -> Option<(u64, Prepared)> {
        let at = self.answers.iter().position(|own| own.number == number)?;
        let own = self.answers.swap_remove(at);
        self.room = self.room.saturating_add(own.described);
        self.room = own.kept.iter().fold(self.room, |room, (_, cost)| room.saturating_add(*cost));
        Some((own.number, own.prepared))
    }

    /// Answers that nobody reads any more, but for the one on its way, of which what was kept goes.
    pub(super) fn left(&mut self) -> Vec<u64> {
        let mut left = Vec::new();
        for own in self.answers.iter_mut().filter(|own| own.reader.strong_count() == 0) {
            for (_, cost) in own.kept.drain(..) {
                self.room = self.room.saturating_add(cost);
            }
            if self.running != Some(own.number) {
                left.push(own.number);
            }
        }
        left
    }

    /// Why an answer ended before its end, which its reader has not seen yet.
    pub(super) fn unseen(&mut self) -> Option<EgressError> {
        let failed = self.answers.iter_mut().find_map(|own| own.end.take_if(|end| end.is_err()));
        failed.and_then(Result::err)
    }
}

impl Stepwise {
    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Nobody will ask for its rows any more.
    pub(super) fn leave(&mut self) {
        self.reader = None;
    }

    /// Rows that came in one step say how many the next may have.
    pub(super) fn fit(&mut self, bytes: usize, rows: usize) {
        // Where all of them were taken before, it is as known from then.
        if let Some(each) = bytes.checked_div(rows) {
            let fit = STEP_BYTES.checked_div(each).unwrap_or(STEP_BYTES);
            self.rows = u32::try_from(fit).unwrap_or(STEP_ROWS_MAX).clamp(1, STEP_ROWS_MAX);
        }
    }
}
