//! Asks databases what its caller says, in every way that the interface has.

mod ending;
mod written;

use lockgate_sdk::database::{self, Answer, Query, Transaction};
use lockgate_sdk::prelude::*;
use written::Written;

#[derive(Deserialize, JsonSchema)]
struct Ask {
    statement: String,
    /// Values of `:name`s.
    #[serde(default)]
    named: Vec<(String, Written)>,
    /// Values of `$1` and so on.
    #[serde(default)]
    numbered: Vec<Written>,
    database: Option<String>,
    #[serde(default)]
    read_only: bool,
    max_rows: Option<u64>,
    total_timeout_ms: Option<u64>,
}

#[derive(Serialize, JsonSchema)]
struct Told {
    columns: Vec<String>,
    rows: Vec<Vec<Written>>,
    changed: Option<u64>,
    more: bool,
}

impl Ask {
    fn query<'t>(self, transaction: Option<&'t Transaction>) -> Query<'t> {
        let query = match transaction {
            Some(transaction) => transaction.query(self.statement),
            None => database::query(self.statement),
        };
        let query = self.named.into_iter().fold(query, |query, (name, value)| query.bind(name, value));
        let query = self.numbered.into_iter().fold(query, Query::push);
        let query = self.database.into_iter().fold(query, Query::database);
        let query = if self.read_only { query.read_only() } else { query };
        let query = self.max_rows.into_iter().fold(query, Query::max_rows);
        let time = self.total_timeout_ms.map(std::time::Duration::from_millis);
        time.into_iter().fold(query, Query::total_timeout)
    }
}

impl From<Answer> for Told {
    fn from(answer: Answer) -> Self {
        let columns = answer.rows.first().map(|row| row.columns().to_vec()).unwrap_or_default();
        Self {
            columns: columns.into_iter().map(|column| format!("{} {}", column.name, column.type_name)).collect(),
            rows: answer.rows.iter().map(|row| row.values().iter().cloned().map(Written::from).collect()).collect(),
            changed: answer.changed,
            more: answer.more,
        }
    }
}

/// Run a statement and show all of its answer.
#[connector]
fn query(ask: Ask) -> Result<Told, Failure> {
    ask.query(None).answer().map(Told::from)
}

/// Run a statement and count what it changed.
#[connector]
fn execute(ask: Ask) -> Result<u64, Failure> {
    ask.query(None).execute()
}

/// Run statements one after the other, each by itself.
#[connector]
fn each(asks: Vec<Ask>) -> Result<Vec<Told>, Failure> {
    asks.into_iter().map(query).collect()
}

#[derive(Deserialize, JsonSchema)]
struct Together {
    asks: Vec<Ask>,
    isolation: Option<String>,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    roll_back: bool,
}

/// Run statements in a transaction.
#[connector]
fn together(together: Together) -> Result<Vec<Told>, Failure> {
    let begin = database::begin();
    let begin = match together.isolation.as_deref() {
        None => begin,
        Some("repeatable_read") => begin.isolation(database::Isolation::RepeatableRead),
        Some("serializable") => begin.isolation(database::Isolation::Serializable),
        Some(_) => begin.isolation(database::Isolation::ReadCommitted),
    };
    let transaction = if together.read_only { begin.read_only() } else { begin }.start()?;
    let mut told = Vec::new();
    for ask in together.asks {
        told.push(ask.query(Some(&transaction)).answer()?.into());
    }
    if together.roll_back {
        transaction.roll_back()?
    } else {
        transaction.commit()?
    }
    Ok(told)
}

#[derive(Serialize, JsonSchema)]
struct Sum {
    rows: u64,
    sum: i64,
    /// Of the guest, in bytes.
    memory: usize,
}

/// Add up the numbers of the only column, row by row.
#[connector]
fn sum(ask: Ask) -> Result<Sum, Failure> {
    let (mut rows, mut sum) = (0, 0_i64);
    for number in ask.query(None).stream::<i64>()? {
        rows += 1;
        sum = sum.wrapping_add(number?);
    }
    Ok(Sum { rows, sum, memory: core::arch::wasm32::memory_size(0) * 65_536 })
}

/// Read two answers of one transaction in turns, and add up each.
#[connector]
fn zip(asks: Vec<Ask>) -> Result<Vec<i64>, Failure> {
    let transaction = database::begin().start()?;
    let open = |ask: Ask| ask.query(Some(&transaction)).stream::<i64>();
    let mut answers = asks.into_iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let mut sums = vec![0; answers.len()];
    loop {
        let mut more = false;
        for (sum, answer) in sums.iter_mut().zip(&mut answers) {
            if let Some(number) = answer.next() {
                (*sum, more) = (*sum + number?, true);
            }
        }
        if !more {
            return Ok(sums);
        }
    }
}

lockgate_sdk::plugin!(query, execute, each, together, sum, zip, ending::end);
