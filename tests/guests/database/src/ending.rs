//! Ends in the middle of a transaction or of an answer.

use std::hint::black_box;

use lockgate_sdk::database;
use lockgate_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
pub struct Ending {
    /// Run first, in a transaction where `within` is one.
    before: Vec<String>,
    within: Within,
    how: How,
    /// A statement with more rows than are read.
    long: String,
    /// A statement that takes a day.
    day: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Within {
    Transaction,
    /// An answer of which some rows were read.
    Rows,
    /// Both, and the transaction ends first.
    RowsOfTransaction,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum How {
    /// As a connector does that forgets to commit.
    Return,
    Fail,
    Trap,
    /// Compute for ever.
    Spin,
    /// Wait for a statement that takes a day.
    Wait,
    /// Return without giving any handle back.
    Keep,
}

/// End in the middle.
#[connector]
pub fn end(ending: Ending) -> Result<(), Failure> {
    let Ending { before, within, how, long, day } = ending;
    match within {
        Within::Transaction => {
            let transaction = database::begin().start()?;
            for statement in before {
                transaction.query(statement).execute()?;
            }
            let over = finish(how, &day, |statement| transaction.query(statement).execute());
            keep(how, transaction);
            over
        }
        Within::Rows => {
            for statement in before {
                database::query(statement).execute()?;
            }
            let mut rows = database::query(long).stream::<i64>()?;
            rows.next().transpose()?;
            let over = finish(how, &day, |statement| database::query(statement).execute());
            keep(how, rows);
            over
        }
        Within::RowsOfTransaction => {
            let transaction = database::begin().start()?;
            for statement in before {
                transaction.query(statement).execute()?;
            }
            let mut rows = transaction.query(long).stream::<i64>()?;
            rows.next().transpose()?;
            drop(transaction);
            let over = finish(how, &day, |statement| database::query(statement).execute());
            // They ended with their transaction.
            let left = rows.filter_map(Result::err).next();
            let code = left.map(|failure| failure.code().to_owned());
            over.and_then(|()| match code.as_deref() {
                Some("invalid-request") => Ok(()),
                other => Err(Failure::new("not_over", format!("{other:?}"))),
            })
        }
    }
}

fn finish(how: How, day: &str, run: impl FnOnce(&str) -> Result<u64, Failure>) -> Result<(), Failure> {
    match how {
        How::Return | How::Keep => Ok(()),
        How::Fail => Err(Failure::new("asked_to", "as asked")),
        How::Trap => core::arch::wasm32::unreachable(),
        How::Spin => loop {
            black_box(0);
        },
        How::Wait => run(day).map(drop),
    }
}

fn keep<T>(how: How, handle: T) {
    match how {
        How::Keep => std::mem::forget(handle),
        How::Return | How::Fail | How::Trap | How::Spin | How::Wait => drop(handle),
    }
}
