//! A call as it goes to the host.

use super::Pairs;
use serde::Serialize;
use std::time::Duration;

/// Method, metadata and options.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) metadata: Pairs,
    pub(crate) options: Options,
}

/// `wit/grpc/options.schema.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Options {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) destination: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) idempotent: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) attempts: Option<u32>,
    #[serde(rename = "backoff_ms", serialize_with = "ms", skip_serializing_if = "Option::is_none")]
    pub(crate) backoff: Option<Duration>,
    #[serde(rename = "backoff_max_ms", serialize_with = "ms", skip_serializing_if = "Option::is_none")]
    pub(crate) backoff_max: Option<Duration>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) gzip: bool,
    #[serde(rename = "connect_timeout_ms", serialize_with = "ms", skip_serializing_if = "Option::is_none")]
    pub(crate) connect: Option<Duration>,
    #[serde(rename = "first_byte_timeout_ms", serialize_with = "ms", skip_serializing_if = "Option::is_none")]
    pub(crate) first_byte: Option<Duration>,
    #[serde(rename = "idle_timeout_ms", serialize_with = "ms", skip_serializing_if = "Option::is_none")]
    pub(crate) idle: Option<Duration>,
    #[serde(rename = "total_timeout_ms", serialize_with = "ms", skip_serializing_if = "Option::is_none")]
    pub(crate) total: Option<Duration>,
}

fn ms<S: serde::Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    let ms = time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    ms.serialize(serializer)
}

/// The JSON text of the options; none when nothing was set.
pub(crate) fn text(options: &Options) -> Option<String> {
    // Numbers, booleans and texts always have a JSON form.
    if *options == Options::default() { None } else { serde_json::to_string(options).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn what_was_set_is_said_in_the_words_of_the_contract() {
        assert_eq!(text(&Options::default()), None);
        let time = |ms| Some(Duration::from_millis(ms));
        let options = Options {
            destination: Some("main".to_owned()),
            idempotent: true,
            attempts: Some(3),
            backoff: time(1),
            backoff_max: time(2),
            gzip: true,
            connect: time(3),
            first_byte: time(4),
            idle: time(5),
            total: time(6),
        };
        let options: Value = serde_json::from_str(&text(&options).unwrap()).unwrap();
        assert_eq!((&options["attempts"], &options["total_timeout_ms"]), (&3.into(), &6.into()));
        let schema = std::fs::read_to_string("../wit/grpc/options.schema.json").unwrap();
        let schema: Value = serde_json::from_str(&schema).unwrap();
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&options), keys(&schema["properties"]), "a key of the schema has no method here");
    }
}
