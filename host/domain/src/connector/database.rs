//! The `database` type: one statement with named parameters, and what becomes of its answer. Values are bound by the
//! server's protocol, and never written into the statement.

mod input;
mod schemas;

use std::sync::Arc;

use serde_json::Value;

use super::field::Field;
use crate::database::statement::Parameter;
use crate::database::{Engine, Statement};
use crate::destination::Destinations;
use crate::reader::Node;
use crate::schema::DocumentValue;
use crate::{DestinationName, Violation};

pub use schemas::{Columns, DerivedSchemas, derived, unfit_parameter};

/// Rows that are read where the definition says nothing.
const ROWS: u64 = 1_000;
/// Upper bound of `max_rows`; the limit `rows` of the group applies beside it.
pub(crate) const ROWS_MAX: u64 = 10_000_000;

/// What becomes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `{"rows": [{column: value}], "more": false}`.
    Rows,
    /// The only row, or null.
    One,
    /// `{"changed": 3}`.
    Execute,
}

pub(crate) const MODES: [(&str, Mode); 3] = [("rows", Mode::Rows), ("one", Mode::One), ("execute", Mode::Execute)];

/// A connector that is one statement.
#[derive(Debug, Clone, PartialEq)]
pub struct DatabaseDefinition {
    /// The dialect.
    pub engine: Engine,
    /// The statement.
    pub statement: Arc<Statement>,
    /// The fields of the input, one for each parameter of the statement.
    fields: Vec<Field>,
    /// What becomes of the answer.
    pub mode: Mode,
    /// Whether the server refuses what changes anything.
    pub read_only: bool,
    /// How many rows are read.
    pub max_rows: u64,
    /// The database, by the name of its destination; needed where the group has several.
    pub destination: Option<DestinationName>,
}

impl DatabaseDefinition {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut object = node.object()?;
        let engine = object.required("engine").and_then(|node| node.choice(&Engine::WORDS));
        let statement = object.required("statement");
        let mode = object.optional("mode").map_or(Some(Mode::Rows), |node| node.choice(&MODES));
        let read_only = object.optional("read_only");
        let max_rows = object.optional("max_rows").map_or(Some(ROWS), |node| node.number(1, ROWS_MAX));
        let destination = object.optional("destination").map(|node| node.parse("name"));
        object.end();
        let statement_node = statement?;
        let statement = Statement::parse(engine?, statement_node.text()?);
        let statement = statement.map_err(|refused| statement_node.wrong("statement", refused.to_string())).ok()?;
        let read_only = read_only.map_or(Some(true), |node| node.flag())?;
        if read_only && let Some(why) = statement.why_it_writes() {
            statement_node.wrong("read_only", why);
        }
        let fields = fields(&statement, &statement_node)?;
        Some(Self {
            engine: engine?,
            statement: Arc::new(statement),
            fields,
            mode: mode?,
            read_only,
            max_rows: max_rows?,
            destination: match destination {
                Some(name) => Some(name?),
                None => None,
            },
        })
    }

    /// Why it can't be a connector of a group with these destinations: its pointer below the definition, and what to do.
    /// Which database a group will have is not known, if it has none yet.
    pub fn misfit(&self, destinations: &Destinations) -> Option<(&'static str, String)> {
        let name = self.destination.as_ref().map(DestinationName::as_str);
        let (destination, engine) = destinations.database(name).ok()?;
        let place = destination.place();
        (engine != self.engine).then(|| {
            let detail =
                format!("the statement is one of {}, and {place} is {engine}: expected `{engine}`", self.engine);
            ("/database/engine", detail)
        })
    }

    /// Calls `see` with the pointer in the definition and the field of each parameter.
    pub(super) fn each_field(&self, see: &mut dyn FnMut(&str, &Field)) {
        self.fields.iter().for_each(|field| see("/database/statement", field));
    }

    /// The values of the statement's parameters. A member that the input has not is NULL.
    ///
    /// # Errors
    /// A value is none that a parameter can have.
    pub fn bind(&self, root: DocumentValue<'_>) -> Result<Vec<crate::database::Value>, Violation> {
        let bound = self.fields.iter().enumerate().map(|(index, field)| match field.of(root) {
            None => Ok(crate::database::Value::NULL),
            Some(value) => input::value(value, self.statement.is_list(index))
                .map_err(|unbound| Violation::new(field.pointer(), "parameter", unbound.to_string())),
        });
        bound.collect()
    }

    /// The part of a definition that has none of its schemas, for who asks a server for them.
    pub fn of_definition(definition: &Value) -> Option<Result<Self, Vec<Violation>>> {
        let own = definition.get("database").filter(|_| definition.get("type").is_some_and(|own| own == "database"))?;
        let violations = crate::reader::Violations::default();
        Some(match Self::read(&violations.node("/database", own)) {
            Some(read) => violations.result(read),
            None => Err(violations.into_violations()),
        })
    }
}

fn fields(statement: &Statement, node: &Node<'_>) -> Option<Vec<Field>> {
    let field = |parameter: &Parameter| match parameter {
        Parameter::Named(name) => name.parse().ok(),
        Parameter::Numbered(number) => {
            node.wrong("statement", format!("`${number}` has no name: write `:name`, a member of the input"));
            None
        }
    };
    statement.parameters().iter().map(field).collect()
}

#[cfg(test)]
mod tests;
