//! Statements in native tests: answered from what the test has set, and recorded.

use super::STATE;
use crate::{
    Failure,
    database::{Asked, BeginOptions, Column, Parameters, Value, options_text},
    testing::database::{Answer as Set, Statement},
};
use std::{collections::VecDeque, vec};

/// What a test has set, and what was asked for.
#[derive(Debug, Default)]
pub(crate) struct Fake {
    pub(crate) answers: VecDeque<(String, Result<Set, Failure>)>,
    pub(crate) statements: Vec<Statement>,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Value>>,
    pub(crate) changed: Option<u64>,
    pub(crate) more: bool,
}

/// A statement without what does not matter between its words.
pub(crate) fn plain(statement: &str) -> String {
    statement.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Fake {
    fn set(&mut self, statement: &str) -> Option<Result<Set, Failure>> {
        let asked = plain(statement);
        let index = self.answers.iter().position(|(own, _)| *own == asked)?;
        self.answers.remove(index).map(|(_, answer)| answer)
    }

    fn answer(&mut self, asked: Asked, in_transaction: bool) -> Result<Set, Failure> {
        let parameters = match asked.parameters {
            Parameters::Named(values) => values,
            Parameters::Numbered(values) => {
                values.into_iter().zip(1..).map(|(value, number)| (format!("${number}"), value)).collect()
            }
        };
        let options = options_text(&asked.options);
        let statement = asked.statement;
        self.statements.push(Statement { statement: statement.clone(), parameters, options, in_transaction });
        self.set(&statement).unwrap_or_else(|| {
            let set: Vec<_> = self.answers.iter().map(|(own, _)| format!("`{own}`")).collect();
            let set =
                if set.is_empty() { "none is".to_owned() } else { format!("there is one for {}", set.join(", ")) };
            Err(Failure::new("unexpected_statement", format!("no answer is set for `{}`: {set}", plain(&statement))))
        })
    }

    /// A step of a transaction, which succeeds unless the test says otherwise.
    fn step(&mut self, word: &str, options: Option<String>) -> Result<(), Failure> {
        let in_transaction = word != "BEGIN";
        self.statements.push(Statement { statement: word.to_owned(), parameters: Vec::new(), options, in_transaction });
        self.set(word).map_or(Ok(()), |set| set.map(drop))
    }
}

fn ask(asked: Asked, in_transaction: bool) -> Result<Answer, Failure> {
    let max = asked.options.max_rows.map_or(usize::MAX, |max| usize::try_from(max).unwrap_or(usize::MAX));
    let Set { columns, mut rows, changed } =
        STATE.with_borrow_mut(|state| state.database.answer(asked, in_transaction))?;
    let more = rows.len() > max;
    rows.truncate(max);
    Ok(Answer { columns, rows, changed, more })
}

pub(crate) fn query(asked: Asked) -> Result<Answer, Failure> {
    ask(asked, false)
}

pub(crate) fn execute(asked: Asked) -> Result<u64, Failure> {
    ask(asked, false).map(|answer| answer.changed.unwrap_or_default())
}

pub(crate) fn start(asked: Asked) -> Result<Rows, Failure> {
    ask(asked, false).map(Rows::new)
}

pub(crate) fn begin(options: &BeginOptions) -> Result<Transaction, Failure> {
    STATE.with_borrow_mut(|state| state.database.step("BEGIN", options_text(options)))?;
    Ok(Transaction { is_open: true })
}

/// A transaction.
#[derive(Debug)]
pub(crate) struct Transaction {
    is_open: bool,
}

impl Transaction {
    pub(crate) fn query(&self, asked: Asked) -> Result<Answer, Failure> {
        ask(asked, true)
    }

    pub(crate) fn execute(&self, asked: Asked) -> Result<u64, Failure> {
        ask(asked, true).map(|answer| answer.changed.unwrap_or_default())
    }

    pub(crate) fn start(&self, asked: Asked) -> Result<Rows, Failure> {
        ask(asked, true).map(Rows::new)
    }

    pub(crate) fn commit(mut self) -> Result<(), Failure> {
        self.is_open = false;
        STATE.with_borrow_mut(|state| state.database.step("COMMIT", None))
    }

    pub(crate) fn roll_back(mut self) -> Result<(), Failure> {
        self.is_open = false;
        STATE.with_borrow_mut(|state| state.database.step("ROLLBACK", None))
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.is_open {
            // Nobody is there who could be told.
            let _ = STATE.with_borrow_mut(|state| state.database.step("ROLLBACK", None));
        }
    }
}

/// Rows that are read in steps.
#[derive(Debug)]
pub(crate) struct Rows {
    columns: Vec<Column>,
    rest: vec::IntoIter<Vec<Value>>,
}

impl Rows {
    fn new(answer: Answer) -> Self {
        Self { columns: answer.columns, rest: answer.rows.into_iter() }
    }

    pub(crate) fn columns(&self) -> Vec<Column> {
        self.columns.clone()
    }

    /// Some at a time, as a host does.
    pub(crate) fn next(&mut self, max: u32) -> Result<Vec<Vec<Value>>, Failure> {
        Ok(self.rest.by_ref().take(2.min(max as usize)).collect())
    }
}
