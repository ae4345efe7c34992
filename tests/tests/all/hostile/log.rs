//! Guests that write into the host's log.

use lockgate_tests::{Host, Serve, hostile};
use serde_json::{Value, json};

use super::{call, loaded, on_a_host};

/// A host whose log has what guests write.
fn with_its_log(attack: impl FnOnce(&Host)) {
    on_a_host(Serve::new().with(["--log", "info,lockgate::guest=debug"]), attack);
}

/// The lines of guests. After what the host tells at its start, every line is an object, whatever they wrote.
#[track_caller]
fn lines(host: &Host) -> Vec<Value> {
    let log = host.log();
    let lines = log.lines().skip_while(|line| !line.starts_with('{')).map(serde_json::from_str::<Value>);
    let lines = lines.map(|line| line.unwrap_or_else(|error| panic!("no JSON ({error}) in {log}")));
    lines.filter(|line| line["target"] == "lockgate::guest").collect()
}

#[test]
fn a_flood_of_lines() {
    with_its_log(|host| {
        loaded(host, &hostile::LOG_FLOOD);
        call(host).limit(500, "LG3010", "host_calls", 1000);
        let lines = lines(host);
        assert_eq!(lines.len(), 257);
        assert_eq!(lines[256]["message"], "further lines were dropped: limits.log_lines = 256");
    });
}

#[test]
fn a_flood_of_output_without_a_line_break() {
    with_its_log(|host| {
        loaded(host, &hostile::OUTPUT_FLOOD);
        // What it writes is read by the host in the call's own CPU time, which a slow machine would end first.
        host.run(["group", "set", "g", "limits.cpu_ms=30000"]).ok();
        call(host).limit(500, "LG3010", "host_calls", 1000);
        let lines = lines(host);
        assert_eq!(lines.len(), 257);
        assert!(lines[0]["message"].as_str().unwrap().len() <= 4096);
    });
}

#[test]
fn a_line_of_ten_megabytes() {
    with_its_log(|host| {
        loaded(host, &hostile::LOG_LINE_OF_TEN_MEGABYTES);
        call(host).limit(500, "LG3007", "output_bytes", 4 << 20);
        host.run(["group", "set", "g", "limits.output_bytes=16777216"]).ok();
        assert_eq!(call(host).output(), 1);
        let lines = lines(host);
        assert_eq!((lines.len(), lines[0]["message"].as_str().unwrap().len()), (1, 4096));
    });
}

#[test]
fn control_characters_and_forged_json() {
    with_its_log(|host| {
        loaded(host, &hostile::FORGED_LOG_LINES);
        assert_eq!(call(host).output(), 1);
        let log = host.log();
        let raw = |char: char| char.is_control() && char != '\n' || ('\u{202a}'..='\u{202e}').contains(&char);
        assert!(!log.contains(raw), "{log:?}");
        let lines = lines(host);
        assert!(lines.len() >= 2 && lines.iter().all(|line| line["guest_level"] == "info"), "{lines:#?}");
        assert!(lines.iter().all(|line| line["message"] != "forged"), "{lines:#?}");
        let fields: Value = serde_json::from_str(lines[0]["fields"].as_str().unwrap()).unwrap();
        assert_eq!(fields, json!({"fields": r#""},"message":"forged","x":{"y":""#}));
    });
}
