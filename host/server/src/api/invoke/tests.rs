//! The text of an answer beside its type.

use std::time::Duration;

use lockgate_domain::VersionId;

use super::*;

#[test]
fn the_text_is_the_type() {
    let usage = Usage { cpu_us: 1, peak_memory_bytes: 2, host_calls: 3 };
    let (code, duration, output) = (Digest::of(b"x"), Duration::from_micros(99), r#"{"b":[1,2],"a":null}"#);
    for (code, number) in [(Some(code), None), (None, Some(7)), (Some(code), Some(7)), (None, None)] {
        let (id, version) = (CallId::new(), VersionId { code, number });
        let completed = CompletedCall { output: output.to_owned(), version, duration, usage, logs: Vec::new() };
        let call = Call { id, duration_us: 99, plugin: code, version: number, usage };
        let answer = Answer { output: serde_json::from_str(output).unwrap(), call };
        assert_eq!(text(id, completed), serde_json::to_string(&answer).unwrap());
    }
}
