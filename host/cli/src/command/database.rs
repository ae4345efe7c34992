//! `lockgate database`: what a group's databases have, and what a statement takes and gives.

use std::fmt::Write as _;

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Target, encoded};
use crate::command::invoke::CallerArguments;
use crate::command::{block_on, cell};
use crate::exit::Usage;
use crate::input;
use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List the tables and views of a database
    Tables {
        /// The group, such as `shop`
        group: String,
        /// Only tables of this schema
        #[arg(long)]
        schema: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Show a table with columns and keys, or what a statement takes and gives
    Describe {
        /// The group, such as `shop`
        group: String,
        /// The table, as `name` or `schema.name`
        #[arg(required_unless_present = "file")]
        table: Option<String>,
        /// In place of a table: the definition of a connector in YAML or JSON, or - for standard input; its statement is
        /// not run
        #[arg(long, short, value_name = "FILE", conflicts_with = "table")]
        file: Option<String>,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, clap::Args)]
struct Place {
    /// The database, by the name of its destination; needed where the group has several
    #[arg(long, value_name = "NAME")]
    destination: Option<String>,
    #[command(flatten)]
    caller: CallerArguments,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    match arguments.action {
        Action::Tables { group, schema, place } => {
            let found = place.tables(&group, schema.as_deref(), None)?;
            if format == Output::Json {
                output::json(&found);
                return Ok(());
            }
            let row = |table: &Value| {
                let count = |name: &str| table.get(name).and_then(Value::as_array).map_or(0, Vec::len).to_string();
                vec![cell(table, "/schema"), cell(table, "/name"), cell(table, "/kind"), count("columns")]
            };
            output::table(&["SCHEMA", "NAME", "KIND", "COLUMNS"], tables(&found).iter().map(row).collect());
            if found.get("more").and_then(Value::as_bool) == Some(true) {
                output::note("there is more than one answer shows: give --schema");
            }
        }
        Action::Describe { group, table: Some(table), file: None, place } => {
            let (schema, name) = match table.split_once('.') {
                Some((schema, name)) => (Some(schema), name),
                None => (None, table.as_str()),
            };
            let found = place.tables(&group, schema, Some(name))?;
            if tables(&found).is_empty() {
                anyhow::bail!("there is no table `{table}` that the connection may see");
            }
            if format == Output::Json {
                output::json(&found);
                return Ok(());
            }
            tables(&found).iter().for_each(show_table);
        }
        Action::Describe { group, table: _, file, place } => {
            let file = file.ok_or_else(|| Usage("expected a table or --file".to_owned()))?;
            let definition = input::document(&file)?;
            let mut database = definition.get("database").cloned().unwrap_or(definition);
            if let (Some(name), Some(members)) = (&place.destination, database.as_object_mut()) {
                members.insert("destination".to_owned(), name.as_str().into());
            }
            let mut body = json!({"database": database});
            place.add_to(&mut body);
            let client = place.target.client()?;
            let path = format!("/groups/{}/databases/describe", encoded(&group));
            let described = block_on(client.json(client.scoped(Method::POST, &path).json(&body)))?;
            if format == Output::Json {
                output::json(&described);
            } else {
                show_statement(&described);
            }
        }
    }
    Ok(())
}

impl Place {
    fn add_to(&self, body: &mut Value) {
        if let Some(members) = body.as_object_mut() {
            members.extend(self.caller.choice().map(|choice| ("connection".to_owned(), choice)));
        }
    }

    fn tables(&self, group: &str, schema: Option<&str>, table: Option<&str>) -> anyhow::Result<Value> {
        let mut body = json!({"destination": self.destination, "schema": schema, "table": table});
        self.add_to(&mut body);
        let client = self.target.client()?;
        let path = format!("/groups/{}/databases/tables", encoded(group));
        block_on(client.json(client.scoped(Method::POST, &path).json(&body)))
    }
}

fn tables(found: &Value) -> &[Value] {
    found.get("tables").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn members<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn show_table(table: &Value) {
    output::line(format!("{} {}.{}", cell(table, "/kind"), cell(table, "/schema"), cell(table, "/name")));
    let row = |column: &Value| {
        let nullable = if cell(column, "/nullable") == "true" { "yes" } else { "no" };
        vec![cell(column, "/name"), cell(column, "/type"), nullable.to_owned(), cell(column, "/default")]
    };
    output::table(&["COLUMN", "TYPE", "NULL", "DEFAULT"], members(table, "columns").iter().map(row).collect());
    let row = |key: &Value| {
        let mut columns = String::new();
        for column in members(key, "columns").iter().filter_map(Value::as_str) {
            // Writing into a `String` does not fail.
            let _ = write!(columns, "{}{column}", if columns.is_empty() { "" } else { ", " });
        }
        vec![cell(key, "/name"), cell(key, "/kind"), columns]
    };
    if !members(table, "keys").is_empty() {
        output::table(&["KEY", "KIND", "COLUMNS"], members(table, "keys").iter().map(row).collect());
    }
}

fn show_statement(described: &Value) {
    let row = |column: &Value| vec![cell(column, "/name"), cell(column, "/type")];
    output::table(&["COLUMN", "TYPE"], members(described, "columns").iter().map(row).collect());
    for (name, title) in [("input_schema", "input"), ("output_schema", "output")] {
        output::line(format!("{title}:"));
        output::json(described.get(name).unwrap_or(&Value::Null));
    }
}
