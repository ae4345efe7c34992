//! What callers ask of a database, and how long it may take.

use std::sync::Arc;

use lockgate_domain::database::statement::{Parameter, Rendered};
use lockgate_domain::database::{Array, Engine, Scalar, Statement, Value};

use super::session::Isolation;
use crate::EgressError;
use crate::connect::Timeouts;

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
    pub(super) values: Vec<Value>,
    /// Whether it leaves nothing in its session.
    pub(super) keeps: bool,
}

/// Words that begin or end a transaction, which the host keeps count of.
const TRANSACTION_VERBS: [&str; 7] = ["begin", "start", "commit", "end", "abort", "rollback", "prepare"];

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
        if self.read_only && !statement.only_reads() {
            let verb = statement.verb().to_uppercase();
            return Err(invalid(format!(
                "`{verb}` is no statement that only reads: expected SELECT, or `read_only: false`"
            )));
        }
        let values = self.values(&statement)?;
        let length = |parameter: usize| match values.get(parameter) {
            Some(Value::Array(array)) => Some(array.items.len()),
            Some(Value::Scalar(_)) | None => None,
        };
        let Rendered { text, places } = statement.render(length);
        let mut bound = Vec::with_capacity(places.len());
        for place in &places {
            let value = values.get(place.parameter).ok_or(EgressError::Host("a parameter has no value"))?;
            bound.push(match (value, place.item) {
                (Value::Array(array), Some(item)) => array.items.get(item).cloned().map_or(Value::NULL, Value::Scalar),
                (Value::Scalar(scalar), None) if place.is_list && *scalar != Scalar::Null => list_of(scalar),
                (value, _) => value.clone(),
            });
        }
        Ok(Bound { text, values: bound, keeps: statement.keeps_session() })
    }

    /// A value for each parameter of the statement.
    fn values(&self, statement: &Statement) -> Result<Vec<Value>, EgressError> {
        let wanted = statement.parameters();
        match &self.parameters {
            Parameters::InOrder(values) if values.len() == wanted.len() => Ok(values.clone()),
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
                Ok(values.clone())
            }
            Parameters::Named(values) => {
                let is_wanted = |name: &str| wanted.iter().any(|own| *own == Parameter::Named(name.to_owned()));
                if let Some((name, _)) = values.iter().find(|(name, _)| !is_wanted(name)) {
                    let name = name.escape_default();
                    return Err(invalid(format!("a value was given for `:{name}`, which the statement has not")));
                }
                let value = |own: &Parameter| {
                    let name = match own {
                        Parameter::Named(name) => name.clone(),
                        Parameter::Numbered(number) => number.to_string(),
                    };
                    let mut given = values.iter().filter(|(own, _)| *own == name);
                    match (given.next(), given.next()) {
                        (Some((_, value)), None) => Ok(value.clone()),
                        (None, _) => Err(invalid(format!("the parameter `{name}` has no value"))),
                        (Some(_), Some(_)) => Err(invalid(format!("the parameter `:{name}` has two values"))),
                    }
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

pub(super) fn invalid(cause: String) -> EgressError {
    EgressError::Request(cause)
}
