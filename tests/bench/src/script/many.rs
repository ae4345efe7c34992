//! Many scripts in one host: the time to save one, and the memory of all.

use super::source;
use crate::{
    density::host::{GROUPS, Host},
    interrupt,
    sample::Recorder,
    table::thousands,
};
use anyhow::{Result, ensure};
use serde_json::json;
use std::{path::Path, time::Instant};

/// Scripts of a group.
const IN_GROUP: usize = 500;
/// What is asked.
const SAVE_MS: f64 = 50.0;
const MEMORY_MB: f64 = 400.0;

const JSON: &str = "application/json";

/// Saves that many one after the other, starts the host anew and calls each once.
pub(super) fn measure(lockgate: &Path, scripts: usize) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let mut host = Host::start(lockgate, &data)?;
    let saves = save(&mut host, scripts)?;
    host.end()?;

    let mut host = Host::start(lockgate, &data)?;
    let at_start = host.held()?.anonymous_bytes;
    let calls = call(&mut host, scripts)?;
    let after = host.held()?.anonymous_bytes;
    let count = thousands(scripts as f64);
    let rows = [
        ("save of one: compiled, checked and stored".to_owned(), saves.quantiles(), format!("below {SAVE_MS:.0} ms")),
        (format!("memory of a host with {count} after the start"), megabytes(at_start), String::new()),
        ("memory after each was called once".to_owned(), megabytes(after), format!("below {MEMORY_MB:.0} MB")),
        ("first call of a script since the start".to_owned(), calls.quantiles(), String::new()),
    ];
    let rows: String =
        rows.iter().map(|(what, measured, target)| format!("| {what} | {measured} | {target} |\n")).collect();
    Ok(format!("| what | measured | target |\n| --- | --- | --- |\n{rows}"))
}

fn group(number: usize) -> String {
    format!("group-{:04}", number / IN_GROUP)
}

fn connectors(number: usize) -> String {
    format!("{GROUPS}/{}/connectors", group(number))
}

fn definition(number: usize, name: &str) -> Vec<u8> {
    let script = json!({"language": "typescript", "source": source::of(number)});
    json!({"name": name, "type": "function", "script": script}).to_string().into_bytes()
}

fn name(number: usize) -> String {
    format!("script_{number}")
}

/// Times the saves. The host compiles its own components at the first, which is another's.
fn save(host: &mut Host, scripts: usize) -> Result<Recorder> {
    let mut recorder = Recorder::new()?;
    for number in 0..scripts {
        interrupt::check()?;
        if number % IN_GROUP == 0 {
            let slug = group(number);
            let made = json!({"slug": slug, "name": slug, "resource_type": "EXTERNAL"});
            host.send("POST", GROUPS, JSON, made.to_string().as_bytes())?;
        }
        if number == 0 {
            host.send("POST", &connectors(0), JSON, &definition(scripts, "first"))?;
        }
        let body = definition(number, &name(number));
        let began = Instant::now();
        host.send("POST", &connectors(number), JSON, &body)?;
        recorder.success(began.elapsed());
    }
    Ok(recorder)
}

fn call(host: &mut Host, scripts: usize) -> Result<Recorder> {
    let mut recorder = Recorder::new()?;
    let body = json!({"input": source::input()}).to_string();
    for number in 0..scripts {
        interrupt::check()?;
        let path = format!("{}/{}/invoke", connectors(number), name(number));
        let began = Instant::now();
        let answer = host.send("POST", &path, JSON, body.as_bytes())?;
        recorder.success(began.elapsed());
        let expected = format!("{{\"output\":{},\"call\":", source::output(number));
        ensure!(answer.starts_with(expected.as_bytes()), "a wrong answer: {}", String::from_utf8_lossy(&answer));
    }
    Ok(recorder)
}

fn megabytes(bytes: u64) -> String {
    format!("{:.0} MB", bytes as f64 / 1e6)
}
