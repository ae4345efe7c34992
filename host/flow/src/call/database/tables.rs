//! The tables of a database with their columns and keys, by the views of ISO 9075 that every engine has
//! (`information_schema`); of PostgreSQL by its own catalog, which alone has materialized views, and types by their names.

use lockgate_domain::database::{Engine, Scalar, Value};
use lockgate_egress::database::{Answer, Parameters, Query, Row, StatementText};
use lockgate_egress::{OutboundClient, Timeouts};
use schemars::JsonSchema;
use serde::Serialize;

use crate::FlowError;

/// Columns of all tables that one answer shows.
const COLUMNS_MAX: u64 = 10_000;

/// Which tables are shown.
#[derive(Debug, Clone, Default)]
pub struct TableFilter {
    /// The database, by the name of its destination; needed where the group has several.
    pub destination: Option<String>,
    /// Only tables of this schema.
    pub schema: Option<String>,
    /// Only tables of this name.
    pub table: Option<String>,
}

/// A table or view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Table {
    /// The schema that it is in; of MySQL the database.
    pub schema: String,
    /// The name.
    pub name: String,
    /// `table` or `view`.
    #[schemars(extend("enum" = ["table", "view"]))]
    pub kind: &'static str,
    /// The columns, in their order.
    pub columns: Vec<TableColumn>,
    /// The primary key, foreign keys and what is unique.
    pub keys: Vec<TableKey>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TableColumn {
    /// The name.
    pub name: String,
    /// The type, as the server names it.
    pub r#type: String,
    /// Whether it can be NULL.
    pub nullable: bool,
    /// What a row gets that says nothing, as SQL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// A key of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TableKey {
    /// The name of the constraint.
    pub name: String,
    /// `primary`, `unique` or `foreign`.
    #[schemars(extend("enum" = ["primary", "unique", "foreign"]))]
    pub kind: &'static str,
    /// Its columns, in their order.
    pub columns: Vec<String>,
}

/// Schemas of the servers' own.
const OWN: &str = "('pg_catalog', 'information_schema', 'mysql', 'performance_schema', 'sys')";

/// The columns of what the user may read or write: tables, partitioned and foreign ones, views and materialized views.
const COLUMNS_OF_POSTGRESQL: &str = "SELECT n.nspname::text, c.relname::text, \
     CASE WHEN c.relkind IN ('v', 'm') THEN 'VIEW' ELSE 'TABLE' END, a.attname::text, \
     pg_catalog.format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END, \
     CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END \
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
     LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
     WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
     AND n.nspname !~ '^pg_t(emp|oast)' AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') \
     AND (pg_catalog.has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE') \
     OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE')) \
     AND (:schema::text IS NULL OR n.nspname = :schema) AND (:table::text IS NULL OR c.relname = :table) \
     ORDER BY n.nspname, c.relname, a.attnum";

/// Reads the tables that a filter lets through.
pub(super) async fn read(client: &OutboundClient, engine: Engine, filter: &TableFilter) -> Result<Tables, FlowError> {
    let text = match engine {
        Engine::Postgresql | Engine::Redshift => "varchar",
        Engine::Mysql => "char",
    };
    let columns = match engine {
        Engine::Postgresql => COLUMNS_OF_POSTGRESQL.to_owned(),
        Engine::Redshift => columns_by_standard(text, "c.data_type"),
        // With its length and the words of an `enum`.
        Engine::Mysql => columns_by_standard(text, "c.column_type"),
    };
    let keys = format!(
        "SELECT k.table_schema, k.table_name, k.constraint_name, c.constraint_type, k.column_name \
         FROM information_schema.table_constraints c JOIN information_schema.key_column_usage k \
         ON k.constraint_schema = c.constraint_schema AND k.constraint_name = c.constraint_name \
         AND k.table_schema = c.table_schema AND k.table_name = c.table_name \
         WHERE c.constraint_type IN ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY') AND k.table_schema NOT IN {OWN} \
         AND (CAST(:schema AS {text}(255)) IS NULL OR k.table_schema = :schema) \
         AND (CAST(:table AS {text}(255)) IS NULL OR k.table_name = :table) \
         ORDER BY k.table_schema, k.table_name, k.constraint_name, k.ordinal_position"
    );
    let mut tables: Vec<Table> = Vec::new();
    let (columns, keys) = (ask(client, filter, columns).await?, ask(client, filter, keys).await?);
    let more = columns.more || keys.more;
    for row in columns.rows {
        let (of, column) = column_of(row)?;
        let [schema, name, kind] = of;
        if !tables.last().is_some_and(|last| last.schema == schema && last.name == name) {
            let kind = if kind.contains("VIEW") { "view" } else { "table" };
            tables.push(Table { schema, name, kind, columns: Vec::new(), keys: Vec::new() });
        }
        if let Some(last) = tables.last_mut() {
            last.columns.push(column);
        }
    }
    for row in keys.rows {
        let [schema, table, name, kind, column] = texts(row)?.map(Option::unwrap_or_default);
        let kind = match kind.as_str() {
            "PRIMARY KEY" => "primary",
            "UNIQUE" => "unique",
            _ => "foreign",
        };
        let Some(own) = tables.iter_mut().find(|own| own.schema == schema && own.name == table) else { continue };
        match own.keys.iter_mut().find(|key| key.name == name) {
            Some(key) => key.columns.push(column),
            None => own.keys.push(TableKey { name, kind, columns: vec![column] }),
        }
    }
    Ok(Tables { tables, more })
}

/// The columns by the views of the standard. `text` is the type of texts, `kind` the column that has the type.
fn columns_by_standard(text: &str, kind: &str) -> String {
    format!(
        "SELECT t.table_schema, t.table_name, t.table_type, c.column_name, {kind}, c.is_nullable, c.column_default \
         FROM information_schema.tables t JOIN information_schema.columns c \
         ON c.table_schema = t.table_schema AND c.table_name = t.table_name \
         WHERE t.table_schema NOT IN {OWN} \
         AND (CAST(:schema AS {text}(255)) IS NULL OR t.table_schema = :schema) \
         AND (CAST(:table AS {text}(255)) IS NULL OR t.table_name = :table) \
         ORDER BY t.table_schema, t.table_name, c.ordinal_position"
    )
}

async fn ask(client: &OutboundClient, filter: &TableFilter, statement: String) -> Result<Answer, FlowError> {
    let value = |text: &Option<String>| text.clone().map_or(Value::NULL, |text| Value::Scalar(Scalar::Text(text)));
    let parameters = vec![("schema".to_owned(), value(&filter.schema)), ("table".to_owned(), value(&filter.table))];
    let query = Query {
        database: filter.destination.clone(),
        statement: StatementText::Written(statement),
        parameters: Parameters::Named(parameters),
        read_only: true,
        max_rows: Some(COLUMNS_MAX),
        timeouts: Timeouts::default(),
    };
    Ok(client.send(query).await?)
}

/// What is shown of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tables {
    /// In the order of their names.
    pub tables: Vec<Table>,
    /// Whether there are more columns or keys than one answer shows: then ask for one schema or table.
    pub more: bool,
}

/// A column, with schema, name and kind of its table. An empty default is one: MySQL writes `DEFAULT ''` so.
fn column_of(row: Row) -> Result<([String; 3], TableColumn), FlowError> {
    let [schema, table, kind, name, own, nullable, default] = texts(row)?;
    let of = [schema, table, kind].map(Option::unwrap_or_default);
    let nullable = nullable.is_some_and(|nullable| nullable == "YES");
    let column = TableColumn { name: name.unwrap_or_default(), r#type: own.unwrap_or_default(), nullable, default };
    Ok((of, column))
}

/// The values of a row as texts; NULL is none.
fn texts<const N: usize>(row: Row) -> Result<[Option<String>; N], FlowError> {
    let text = |value: Value| match value {
        Value::Scalar(Scalar::Text(text) | Scalar::Other { text, .. }) => Some(text),
        Value::Scalar(Scalar::Bytes(bytes)) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Value::Scalar(_) | Value::Array(_) => None,
    };
    let texts: Vec<Option<String>> = row.into_iter().map(text).collect();
    texts.try_into().map_err(|_| {
        let cause = "the server described its tables in another form than it was asked for".to_owned();
        lockgate_egress::EgressError::Protocol { origin: "information_schema".to_owned(), cause }.into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_default_is_one_and_null_is_none() {
        let default = |default: Scalar| {
            let text = |text: &str| Scalar::Text(text.to_owned());
            let row = [text("s"), text("t"), text("BASE TABLE"), text("c"), text("varchar(9)"), text("YES"), default];
            let (of, column) = column_of(row.map(Value::Scalar).to_vec()).unwrap();
            assert_eq!((of.join("."), column.name.as_str(), column.nullable), ("s.t.BASE TABLE".to_owned(), "c", true));
            serde_json::to_value(column).unwrap().get("default").cloned()
        };
        assert_eq!(default(Scalar::Null), None);
        assert_eq!(default(Scalar::Text(String::new())), Some("".into()));
        assert_eq!(default(Scalar::Bytes(b"'x'".to_vec())), Some("'x'".into()));
        assert!(column_of(vec![Value::NULL; 6]).is_err());
    }
}
