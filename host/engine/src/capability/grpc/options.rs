//! The options of calls: a mirror of `wit/grpc/options.schema.json` that refuses what it does not know.

use std::time::Duration;

use bytes::Bytes;
use lockgate_domain::ObjectsOnly;
use lockgate_egress::grpc::{GrpcCall, Metadata};
use lockgate_egress::{Backoff, Timeouts};
use serde::Deserialize;

/// The longest wait that can be asked for.
const BACKOFF_MAX_MS: u64 = 60_000;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    destination: Option<String>,
    #[serde(default)]
    idempotent: bool,
    attempts: Option<u32>,
    backoff_ms: Option<u64>,
    backoff_max_ms: Option<u64>,
    #[serde(default)]
    gzip: bool,
    connect_timeout_ms: Option<u64>,
    first_byte_timeout_ms: Option<u64>,
    idle_timeout_ms: Option<u64>,
    total_timeout_ms: Option<u64>,
}

/// A call with its options; what is left out has the default of egress.
pub(super) fn call(
    options: Option<&str>,
    method: &str,
    message: Bytes,
    metadata: Metadata,
) -> Result<GrpcCall, String> {
    let wanted: Wanted = match options {
        Some(text) => {
            ObjectsOnly::of_slice(text.as_bytes()).map_err(|error| format!("the options do not fit: {error}"))?
        }
        None => Wanted::default(),
    };
    let time = |ms: Option<u64>| ms.map(Duration::from_millis);
    let path = if method.starts_with('/') { method.to_owned() } else { format!("/{method}") };
    Ok(GrpcCall {
        metadata,
        timeouts: Timeouts {
            connect: time(wanted.connect_timeout_ms),
            first_byte: time(wanted.first_byte_timeout_ms),
            idle: time(wanted.idle_timeout_ms),
            total: time(wanted.total_timeout_ms),
        },
        idempotent: wanted.idempotent,
        retry: backoff(&wanted)?,
        gzip: wanted.gzip,
        destination: wanted.destination,
        ..GrpcCall::new(path, message)
    })
}

fn backoff(wanted: &Wanted) -> Result<Option<Backoff>, String> {
    let default = Backoff::default();
    let wait = |ms: Option<u64>, default: Duration, name: &str| match ms {
        None => Ok(default),
        Some(ms) if ms <= BACKOFF_MAX_MS => Ok(Duration::from_millis(ms)),
        Some(ms) => Err(format!("`{name}` is {ms}: expected at most {BACKOFF_MAX_MS}")),
    };
    let (wait, wait_max) = (
        wait(wanted.backoff_ms, default.wait, "backoff_ms")?,
        wait(wanted.backoff_max_ms, default.wait_max, "backoff_max_ms")?,
    );
    match wanted.attempts {
        None | Some(1) => Ok(None),
        Some(attempts) if (2..=Backoff::ATTEMPTS_MAX).contains(&attempts) => {
            Ok(Some(Backoff { attempts, wait, wait_max }))
        }
        Some(attempts) => Err(format!("`attempts` is {attempts}: expected 1 to {}", Backoff::ATTEMPTS_MAX)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const SCHEMA: &str = include_str!("../../../../../wit/grpc/options.schema.json");

    fn parse(options: &str) -> Result<GrpcCall, String> {
        call(Some(options), "a.B/C", Bytes::new(), Metadata::new())
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let call = parse("{}").unwrap();
        assert_eq!((call.path.as_str(), call.destination, call.retry), ("/a.B/C", None, None));
        assert!(call.timeouts == Timeouts::default() && !call.idempotent && !call.gzip);
        let call =
            parse(r#"{"destination": "main", "idempotent": true, "attempts": 3, "backoff_ms": 7, "gzip": true}"#)
                .unwrap();
        let backoff = Backoff { attempts: 3, wait: Duration::from_millis(7), ..Backoff::default() };
        assert_eq!((call.destination.as_deref(), call.retry), (Some("main"), Some(backoff)));
        assert!(call.idempotent && call.gzip);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (text, found) in [
            ("later", "the options do not fit"),
            (r#"{"deadline_ms": 2}"#, "unknown field `deadline_ms`"),
            (r#"{"attempts": 0}"#, "`attempts` is 0"),
            (r#"{"attempts": 11}"#, "`attempts` is 11"),
            (r#"{"backoff_ms": 60001}"#, "`backoff_ms` is 60001"),
            (r#"{"idempotent": 1}"#, "expected a boolean"),
        ] {
            let refused = parse(text).unwrap_err();
            assert!(refused.contains(found), "{text}: {refused}");
        }
    }

    /// With each key that the published schema has, and none more.
    #[test]
    fn the_mirror_has_the_keys_of_the_schema() {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        assert_eq!(schema["additionalProperties"], false);
        let mut keys: Vec<_> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        let refused = parse(r#"{"unknown": null}"#).unwrap_err();
        let mut named: Vec<_> = refused.split('`').skip(1).step_by(2).skip(1).collect();
        named.sort_unstable();
        keys.sort_unstable();
        assert_eq!(named, keys, "{refused}");
    }
}
