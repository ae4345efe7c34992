//! The options of `exchange`: a mirror of `wit/http/options.schema.json` that refuses what it does not know.

use std::time::Duration;

use lockgate_domain::ObjectsOnly;
use lockgate_domain::destination::Slashes;
use lockgate_egress::{Options, Redirects, Timeouts};
use serde::Deserialize;

use super::retry::Rules;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    connect_timeout_ms: Option<u64>,
    first_byte_timeout_ms: Option<u64>,
    idle_timeout_ms: Option<u64>,
    total_timeout_ms: Option<u64>,
    follow_redirects: Option<u8>,
    retry: Option<Rules>,
}

/// Reads the options; what is left out has the default of egress.
pub(super) fn parse(text: &str) -> Result<Options, String> {
    let wanted: Wanted =
        ObjectsOnly::of_slice(text.as_bytes()).map_err(|error| format!("the options do not fit: {error}"))?;
    let time = |ms: Option<u64>| ms.map(Duration::from_millis);
    Ok(Options {
        timeouts: Timeouts {
            connect: time(wanted.connect_timeout_ms),
            first_byte: time(wanted.first_byte_timeout_ms),
            idle: time(wanted.idle_timeout_ms),
            total: time(wanted.total_timeout_ms),
        },
        redirects: wanted.follow_redirects.map_or(Redirects::Manual, redirects),
        retry: wanted.retry.map(Rules::checked).transpose()?,
        // A guest writes its paths itself, and its group says which servers get encoded slashes.
        slashes: Slashes::AsDestination,
    })
}

/// At most so many hops.
pub(super) fn redirects(max: u8) -> Redirects {
    if max == 0 { Redirects::Manual } else { Redirects::Follow { max } }
}

#[cfg(test)]
mod tests {
    use lockgate_egress::{Backoff, Retry};
    use serde_json::Value;

    use super::*;

    const SCHEMA: &str = include_str!("../../../../../wit/http/options.schema.json");
    const RETRY: &str = include_str!("../../../../../wit/http/retry.schema.json");

    #[test]
    fn what_is_left_out_has_its_default() {
        let options = parse("{}").unwrap();
        assert_eq!((options.timeouts, options.redirects), (Timeouts::default(), Redirects::Manual));
        assert!(options.retry.is_none());
        let options = parse(r#"{"idle_timeout_ms": 5, "follow_redirects": 2, "retry": {"attempts": 5}}"#).unwrap();
        assert_eq!(
            (options.timeouts.idle, options.redirects),
            (Some(Duration::from_millis(5)), Redirects::Follow { max: 2 })
        );
        let backoff = Backoff { attempts: 5, ..Backoff::default() };
        assert_eq!(options.retry.unwrap(), Retry { backoff, ..Retry::default() });
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (text, found) in [
            ("later", "the options do not fit"),
            (r#"{"timeout_ms": 2}"#, "unknown field `timeout_ms`"),
            (r#"{"follow_redirects": 256}"#, "expected u8"),
            (r#"{"retry": {"attempts": 0}}"#, "`attempts` is 0"),
            (r#"{"retry": {"attempt": 1}}"#, "unknown field `attempt`"),
        ] {
            let refused = parse(text).unwrap_err();
            assert!(refused.contains(found), "{text}: {refused}");
        }
    }

    /// With each key that the published schemas have, and none more.
    #[test]
    fn the_mirror_has_the_keys_of_the_schema() {
        let keys = |schema: &str| -> Vec<String> {
            let schema: Value = serde_json::from_str(schema).unwrap();
            assert_eq!(schema["additionalProperties"], false);
            schema["properties"].as_object().unwrap().keys().cloned().collect()
        };
        for (schema, parse) in [
            (SCHEMA, &(|text: &str| parse(text).map(drop)) as &dyn Fn(&str) -> Result<(), String>),
            (RETRY, &|text: &str| super::super::retry::parse(text).map(drop)),
        ] {
            let refused = parse(r#"{"unknown": null}"#).unwrap_err();
            let named: Vec<_> = refused.split('`').skip(1).step_by(2).skip(1).map(str::to_owned).collect();
            let (mut named, mut keys) = (named, keys(schema));
            named.sort();
            keys.sort();
            assert_eq!(named, keys, "{refused}");
        }
    }
}
