//! The options of statements and transactions: mirrors of `wit/database/*.schema.json` that refuse what they do not know,
//! and what the function does not take.

use std::time::Duration;

use lockgate_domain::ObjectsOnly;
use lockgate_egress::Timeouts;
use lockgate_egress::database::{Begin, Isolation, Parameters, Query, StatementText};
use serde::Deserialize;

/// The functions that take options of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Query,
    Execute,
    Start,
    TransactionQuery,
    TransactionExecute,
    TransactionStart,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfStatement {
    database: Option<String>,
    read_only: Option<bool>,
    max_rows: Option<u64>,
    connect_timeout_ms: Option<u64>,
    first_byte_timeout_ms: Option<u64>,
    total_timeout_ms: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfBegin {
    database: Option<String>,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    isolation: Level,
    connect_timeout_ms: Option<u64>,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    #[default]
    ReadCommitted,
    RepeatableRead,
    Serializable,
}

impl Function {
    fn is_in_transaction(self) -> bool {
        match self {
            Self::Query | Self::Execute | Self::Start => false,
            Self::TransactionQuery | Self::TransactionExecute | Self::TransactionStart => true,
        }
    }

    /// Rows of an answer whose rows nobody gets.
    fn discards_rows(self) -> bool {
        match self {
            Self::Execute | Self::TransactionExecute => true,
            Self::Query | Self::Start | Self::TransactionQuery | Self::TransactionStart => false,
        }
    }

    fn takes_max_rows(self) -> bool {
        match self {
            Self::Query | Self::TransactionQuery => true,
            Self::Execute | Self::Start | Self::TransactionExecute | Self::TransactionStart => false,
        }
    }
}

impl From<Level> for Isolation {
    fn from(level: Level) -> Self {
        match level {
            Level::ReadCommitted => Self::ReadCommitted,
            Level::RepeatableRead => Self::RepeatableRead,
            Level::Serializable => Self::Serializable,
        }
    }
}

/// A statement with its options.
pub(super) fn query(
    function: Function,
    options: Option<&str>,
    statement: String,
    parameters: Parameters,
) -> Result<Query, String> {
    let own: OfStatement = read(options)?;
    let in_transaction = function.is_in_transaction();
    let refused = [
        ("database", in_transaction && own.database.is_some()),
        ("read_only", in_transaction && own.read_only.is_some()),
        ("connect_timeout_ms", in_transaction && own.connect_timeout_ms.is_some()),
        ("max_rows", !function.takes_max_rows() && own.max_rows.is_some()),
    ];
    if let Some((key, _)) = refused.into_iter().find(|(_, refused)| *refused) {
        let advice = match key {
            "max_rows" => "`query` takes it",
            _ => "`begin` takes it for the whole transaction",
        };
        return Err(format!("the options do not fit: `{key}` has no meaning here: {advice}"));
    }
    Ok(Query {
        database: own.database,
        statement: StatementText::Written(statement),
        parameters,
        read_only: own.read_only.unwrap_or_default(),
        max_rows: if function.discards_rows() { Some(0) } else { own.max_rows },
        timeouts: Timeouts {
            connect: time(own.connect_timeout_ms),
            first_byte: time(own.first_byte_timeout_ms),
            idle: None,
            total: time(own.total_timeout_ms),
        },
    })
}

/// How a transaction is begun.
pub(super) fn begin(options: Option<&str>) -> Result<Begin, String> {
    let own: OfBegin = read(options)?;
    Ok(Begin {
        database: own.database,
        isolation: own.isolation.into(),
        read_only: own.read_only,
        timeouts: Timeouts { connect: time(own.connect_timeout_ms), ..Timeouts::default() },
    })
}

fn read<T: Default + serde::de::DeserializeOwned>(options: Option<&str>) -> Result<T, String> {
    let Some(text) = options else { return Ok(T::default()) };
    ObjectsOnly::of_slice(text.as_bytes()).map_err(|error| format!("the options do not fit: {error}"))
}

fn time(ms: Option<u64>) -> Option<Duration> {
    ms.map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const STATEMENT: &str = include_str!("../../../../../wit/database/options.schema.json");
    const BEGIN: &str = include_str!("../../../../../wit/database/begin.schema.json");

    fn parse(function: Function, options: &str) -> Result<Query, String> {
        query(function, Some(options), "select 1".to_owned(), Parameters::Numbered(Vec::new()))
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let query = parse(Function::Query, "{}").unwrap();
        assert_eq!((query.database, query.read_only, query.max_rows), (None, false, None));
        assert_eq!(query.timeouts, Timeouts::default());
        let query = parse(Function::Query, r#"{"database": "main", "max_rows": 2, "total_timeout_ms": 5}"#).unwrap();
        assert_eq!((query.database.as_deref(), query.max_rows), (Some("main"), Some(2)));
        assert_eq!(query.timeouts.total, Some(Duration::from_millis(5)));
        let begun = begin(Some(r#"{"isolation": "serializable", "read_only": true}"#)).unwrap();
        assert_eq!((begun.isolation, begun.read_only), (Isolation::Serializable, true));
        assert_eq!(begin(None).unwrap().isolation, Isolation::ReadCommitted);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (function, text, found) in [
            (Function::Query, "later", "the options do not fit"),
            (Function::Query, r#"{"rows": 2}"#, "unknown field `rows`"),
            (Function::Query, r#"{"max_rows": -1}"#, "expected u64"),
            (Function::Execute, r#"{"max_rows": 1}"#, "`max_rows`"),
            (Function::Start, r#"{"max_rows": 1}"#, "`max_rows`"),
            (Function::TransactionQuery, r#"{"database": "main"}"#, "`database`"),
            (Function::TransactionExecute, r#"{"read_only": false}"#, "`read_only`"),
            (Function::TransactionStart, r#"{"connect_timeout_ms": 1}"#, "`connect_timeout_ms`"),
        ] {
            let refused = parse(function, text).unwrap_err();
            assert!(refused.contains(found), "{text}: {refused}");
        }
        assert!(begin(Some(r#"{"isolation": "dirty"}"#)).unwrap_err().contains("unknown variant `dirty`"));
    }

    /// With each key that the published schemas have, and none more.
    #[test]
    fn the_mirrors_have_the_keys_of_the_schemas() {
        let unknown = r#"{"unknown": null}"#;
        for (schema, refused) in
            [(STATEMENT, parse(Function::Query, unknown).unwrap_err()), (BEGIN, begin(Some(unknown)).unwrap_err())]
        {
            let schema: Value = serde_json::from_str(schema).unwrap();
            assert_eq!(schema["additionalProperties"], false);
            let mut keys: Vec<_> = schema["properties"].as_object().unwrap().keys().cloned().collect();
            let mut named: Vec<_> = refused.split('`').skip(1).step_by(2).skip(1).map(str::to_owned).collect();
            named.sort();
            keys.sort();
            assert_eq!(named, keys, "{refused}");
        }
    }
}
