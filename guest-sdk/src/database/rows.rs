//! Rows that are read as they come.

use super::{Columns, Row, Value};
use crate::{Failure, host};
use serde::de::DeserializeOwned;
use std::{marker::PhantomData, sync::Arc, vec};

/// Rows of one step at the most. The host ends a step at 256 KiB.
const STEP: u32 = 4096;

/// The rows of one statement, made by [`Query::stream`](super::Query::stream). Dropped before their end, they cancel the
/// statement.
#[derive(Debug)]
pub struct Rows<T> {
    source: host::database::Rows,
    columns: Arc<Columns>,
    step: vec::IntoIter<Vec<Value>>,
    ended: bool,
    row: PhantomData<fn() -> T>,
}

impl<T> Rows<T> {
    pub(super) fn new(source: host::database::Rows) -> Self {
        let columns = Arc::new(Columns::new(source.columns()));
        Self { source, columns, step: Vec::new().into_iter(), ended: false, row: PhantomData }
    }

    /// The next row as it came, whatever the type of the others.
    pub fn next_row(&mut self) -> Option<Result<Row, Failure>> {
        loop {
            if let Some(values) = self.step.next() {
                return Some(Ok(Row::new(Arc::clone(&self.columns), values)));
            }
            if self.ended {
                return None;
            }
            match self.source.next(STEP) {
                Ok(rows) => {
                    self.ended = rows.is_empty();
                    self.step = rows.into_iter();
                }
                Err(failure) => {
                    self.ended = true;
                    return Some(Err(failure));
                }
            }
        }
    }
}

impl<T: DeserializeOwned> Iterator for Rows<T> {
    type Item = Result<T, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_row().map(|row| row?.read())
    }
}
