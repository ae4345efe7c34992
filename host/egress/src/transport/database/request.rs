//! What callers ask of a database, and how long it may take.

use std::collections::HashMap;
use std::sync::Arc;

use lockgate_domain::database::statement::{Parameter, Rendered};
use lockgate_domain::database::{Array, Engine, Scalar, Statement, Value};

use super::session::Isolation;
use crate::EgressError;
use crate::connect::Timeouts;

/// What the values of a statement may take beyond those that were given, in bytes: MySQL gets one again for each place that
/// it stands in, and nobody has reserved memory for that.
const REPEATED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How much is shown of a name that is no parameter's, in characters.
const NAME_SHOWN: usize = 100;

/// One statement with its parameters.
#[derive(Debug, Clone)]
pub struct Query {
    /// The database, by the name of its destination; needed where the group has several.
    pub database: Option<String>,
    /// The statement.
    pub statement: StatementText,
    /// The values of its parameters.
    pub parameters: Parameters,
    /// Whether the server refuses what changes anything.
    pub read_only: bool,
    /// How many rows are read. With none as many as the call may have, and more are an error. With 0 all of them are read
    /// past, and how many were changed is known.
    pub max_rows: Option<u64>,
    /// How long its parts may take.
    pub timeouts: Timeouts,
}

/// A statement, as it was written or as it was read.
#[derive(Debug, Clone)]
pub enum StatementText {
    /// As text.
    Written(String),
    /// Read before, for the engine of the destination.
    Parsed(Arc<Statement>),
}

/// Values of parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum Parameters {
    /// Of `$1` and those that follow.
    Numbered(Vec<Value>),
    /// Of `:name`s.
    Named(Vec<(String, Value)>),
    /// In the order of [`Statement::parameters`], whatever they are called.
    InOrder(Vec<Value>),
}

/// Begins a transaction.
#[derive(Debug, Clone, Default)]
pub struct Begin {
    /// The database, as of a [`Query`].
    pub database: Option<String>,
    /// What it sees of others.
    pub isolation: Isolation,
    /// Whether the server refuses what changes anything.
    pub read_only: bool,
    /// How long its parts may take.
    pub timeouts: Timeouts,
}

/// Reads the rows of a statement in steps.
#[derive(Debug, Clone)]
pub struct Open(pub Query);

/// Asks the server about a statement, without running it.
#[derive(Debug, Clone)]
pub struct Describe {
    /// The database, as of a [`Query`].
    pub database: Option<String>,
    /// The statement.
    pub statement: StatementText,
    /// Whether it is one that only reads. MySQL prepares others in sessions alone that can write.
    pub read_only: bool,
}

/// A statement as it is sent.
pub(super) struct Bound {
    pub(super) text: String,
    pub(super) values: Arc<[Value]>,
    /// What the values take.
    pub(super) bytes: usize,
    /// Whether it leaves nothing in its session.
    pub(super) keeps: bool,
    /// Whether it can be held to reading.
    pub(super) only_reads: bool,
    /// Whether it is about a savepoint.
    pub(super) of_savepoint: bool,
    /// Whether it runs another statement.
    pub(super) wraps_another: bool,
    /// Whether parts of it can last though it is refused.
    pub(super) commits_in_parts: bool,
    /// Whether it comes to its end also when its rows do not matter: what is left in the middle is undone.
    pub(super) runs_on: bool,
    /// Whether the rows that it gives are those that it has changed, of which the server says nothing else.
    pub(super) counts_rows: bool,
}

/// Words that begin or end a transaction, which the host keeps count of.
const TRANSACTION_VERBS: [&str; 8] = ["begin", "start", "commit", "end", "abort", "rollback", "prepare", "xa"];
/// Words of statements about savepoints, beside `ROLLBACK TO`.
const SAVEPOINT_VERBS: [&str; 2] = ["savepoint", "release"];
/// Words of MySQL's statements that change rows.
const CHANGING_VERBS: [&str; 4] = ["insert", "replace", "update", "delete"];

impl StatementText {
    /// The statement in the dialect of an engine.
    pub(super) fn read(&self, engine: Engine) -> Result<Arc<Statement>, EgressError> {
        let statement = match self {
            Self::Parsed(statement) if statement.engine() == engine => Arc::clone(statement),
            Self::Parsed(statement) => {
                let own = statement.engine();
                return Err(invalid(format!("the statement is one of {own}, and the destination is {engine}")));
            }
            Self::Written(text) => {
                Arc::new(Statement::parse(engine, text).map_err(|refused| invalid(refused.to_string()))?)
            }
        };
        if TRANSACTION_VERBS.contains(&statement.verb()) && !statement.is_of_savepoint() {
            return Err(invalid(format!(
                "`{}` is no statement of its own: a transaction is begun, committed and rolled back by the functions for that",
                statement.verb().to_uppercase()
            )));
        }
        Ok(statement)
    }
}

impl Query {
    /// Puts the values into the order in which the statement takes them.
    pub(super) fn bind(&self, engine: Engine) -> Result<Bound, EgressError> {
        let statement = self.statement.read(engine)?;
        if self.read_only
            && let Some(why) = statement.why_it_writes()
        {
            return Err(invalid(why));
        }
        let values = self.values(&statement)?;
        let mut room = REPEATED_BYTES_MAX;
        for value in &values {
            if let Value::Array(array) = value {
                array.lengths().map_err(|refused| invalid(refused.to_string()))?;
            }
            room = room.saturating_add(bytes(value));
        }
        let length = |parameter: usize| match values.get(parameter) {
            Some(Value::Array(array)) => Some(array.items.len()),
            Some(Value::Scalar(_)) | None => None,
        };
        let rendered = statement.render(length);
        let Rendered { text, places } = rendered.map_err(|refused| invalid(refused.to_string()))?;
        let mut bound = Vec::with_capacity(places.len());
        for place in &places {
            let value = *values.get(place.parameter).ok_or(EgressError::Host("a parameter has no value"))?;
            let one = match (value, place.item) {
                (Value::Array(array), Some(item)) => array.items.get(item).cloned().map_or(Value::NULL, Value::Scalar),
                (Value::Scalar(scalar), None) if place.is_list && *scalar != Scalar::Null => list_of(scalar),
                (value, _) => {
                    room = room.checked_sub(bytes(value)).ok_or_else(repeated)?;
                    bound.push(value.clone());
                    continue;
                }
            };
            room = room.checked_sub(bytes(&one)).ok_or_else(repeated)?;
            bound.push(one);
        }
        let (is_mysql, keeps, only_reads) =
            (engine == Engine::Mysql, statement.keeps_session(), statement.only_reads());
        Ok(Bound {
            text,
            bytes: bound.iter().map(bytes).sum(),
            values: bound.into(),
            keeps,
            only_reads,
            of_savepoint: statement.is_of_savepoint() || SAVEPOINT_VERBS.contains(&statement.verb()),
            wraps_another: statement.wraps_another(),
            commits_in_parts: statement.commits_in_parts(),
            // A function of one's own may change rows too.
            runs_on: !only_reads || is_mysql && !keeps,
            counts_rows: is_mysql && CHANGING_VERBS.contains(&statement.verb()),
        })
    }

    /// A value for each parameter of the statement.
    fn values(&self, statement: &Statement) -> Result<Vec<&Value>, EgressError> {
        let wanted = statement.parameters();
        match &self.parameters {
            Parameters::InOrder(values) if values.len() == wanted.len() => Ok(values.iter().collect()),
            Parameters::InOrder(_) => {
                Err(EgressError::Host("a statement has another number of parameters than values"))
            }
            Parameters::Numbered(values) => {
                if values.len() != wanted.len() {
                    let (wanted, given) = (wanted.len(), values.len());
                    return Err(invalid(format!(
                        "the statement has {wanted} parameters, and {given} values were given"
                    )));
                }
                if let Some(Parameter::Named(name)) = wanted.first() {
                    return Err(invalid(format!(
                        "the statement has the parameter `:{name}`: expected values with names"
                    )));
                }
                Ok(values.iter().collect())
            }
            Parameters::Named(values) => {
                let mut given: HashMap<&str, Option<&Value>> = HashMap::with_capacity(wanted.len());
                for own in wanted {
                    match own {
                        Parameter::Named(name) => drop(given.insert(name, None)),
                        Parameter::Numbered(_) => {}
                    }
                }
                for (name, value) in values {
                    let Some(place) = given.get_mut(name.as_str()) else {
                        let name: String = name.chars().take(NAME_SHOWN).flat_map(char::escape_default).collect();
                        return Err(invalid(format!("a value was given for `:{name}`, which the statement has not")));
                    };
                    if place.replace(value).is_some() {
                        return Err(invalid(format!("the parameter `:{name}` has two values")));
                    }
                }
                let value = |own: &Parameter| match own {
                    Parameter::Named(name) => given
                        .get(name.as_str())
                        .copied()
                        .flatten()
                        .ok_or_else(|| invalid(format!("the parameter `{name}` has no value"))),
                    Parameter::Numbered(number) => Err(invalid(format!("the parameter `{number}` has no value"))),
                };
                wanted.iter().map(value).collect()
            }
        }
    }
}

/// A single value where a list is expected is a list of one.
fn list_of(scalar: &Scalar) -> Value {
    Value::Array(Array { element: String::new(), dimensions: Vec::new(), items: vec![scalar.clone()] })
}

/// What a value takes in the host.
fn bytes(value: &Value) -> usize {
    let own = match value {
        Value::Scalar(scalar) => scalar.length(),
        Value::Array(Array { element, dimensions, items }) => {
            let items = items.iter().map(|item| size_of::<Scalar>() + item.length());
            element.len() + size_of_val(dimensions.as_slice()) + items.sum::<usize>()
        }
    };
    size_of::<Value>() + own
}

fn repeated() -> EgressError {
    invalid(format!(
        "the values take more than {REPEATED_BYTES_MAX} bytes beyond their own, since they stand in several places: expected \
         fewer places for a large value"
    ))
}

pub(super) fn invalid(cause: String) -> EgressError {
    EgressError::Request(cause)
}

#[cfg(test)]
mod tests;
