//! A statement as it goes to the host.

use super::{Isolation, Value};
use serde::Serialize;
use std::time::Duration;

/// Statement, values and options.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    pub(crate) statement: String,
    pub(crate) parameters: Parameters,
    pub(crate) options: Options,
}

/// Values of parameters.
#[derive(Debug, Clone)]
pub(crate) enum Parameters {
    Numbered(Vec<Value>),
    Named(Vec<(String, Value)>),
}

impl Default for Parameters {
    fn default() -> Self {
        Self::Numbered(Vec::new())
    }
}

/// `wit/database/options.schema.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Options {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) database: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) read_only: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_rows: Option<u64>,
    #[serde(rename = "connect_timeout_ms", serialize_with = "ms", skip_serializing_if = "Option::is_none")]
    pub(crate) connect: Option<Duration>,
    #[serde(rename = "first_byte_timeout_ms", serialize_with = "ms", skip_serializing_if = "Option::is_none")]
    pub(crate) first_byte: Option<Duration>,
    #[serde(rename = "total_timeout_ms", serialize_with = "ms", skip_serializing_if = "Option::is_none")]
    pub(crate) total: Option<Duration>,
}

/// `wit/database/begin.schema.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct BeginOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) database: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) read_only: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) isolation: Option<Isolation>,
    #[serde(rename = "connect_timeout_ms", serialize_with = "ms", skip_serializing_if = "Option::is_none")]
    pub(crate) connect: Option<Duration>,
}

fn ms<S: serde::Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    let ms = time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    ms.serialize(serializer)
}

/// The JSON text of some options; none when nothing was set.
pub(crate) fn text<T: Default + PartialEq + Serialize>(options: &T) -> Option<String> {
    // Numbers, booleans and texts always have a JSON form.
    if *options == T::default() { None } else { serde_json::to_string(options).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn assert_all_of(schema: &str, options: &Value) {
        let text = std::fs::read_to_string(format!("../wit/database/{schema}.schema.json")).unwrap();
        let schema: Value = serde_json::from_str(&text).unwrap();
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(options), keys(&schema["properties"]), "a key of the schema has no method here");
    }

    #[test]
    fn what_was_set_is_said_in_the_words_of_the_contract() {
        assert_eq!((text(&Options::default()), text(&BeginOptions::default())), (None, None));
        let time = |ms| Some(Duration::from_millis(ms));
        let (database, read_only) = (Some("main".to_owned()), true);
        let options = Options {
            database: database.clone(),
            read_only,
            max_rows: Some(1),
            connect: time(2),
            first_byte: time(3),
            total: time(4),
        };
        let options: Value = serde_json::from_str(&text(&options).unwrap()).unwrap();
        let expected = json!({
            "database": "main", "read_only": true, "max_rows": 1, "connect_timeout_ms": 2, "first_byte_timeout_ms": 3,
            "total_timeout_ms": 4,
        });
        assert_eq!(options, expected);
        assert_all_of("options", &options);
        let isolation = Some(Isolation::RepeatableRead);
        let begin = text(&BeginOptions { database, read_only, isolation, connect: time(2) }).unwrap();
        let begin: Value = serde_json::from_str(&begin).unwrap();
        assert_eq!(begin["isolation"], "repeatable_read");
        assert_all_of("begin", &begin);
    }
}
