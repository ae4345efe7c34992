//! Fresh instances are almost free: they ask the kernel for no memory and change no mapping.

use std::collections::BTreeMap;

use lockgate_tests::{Home, program};

const CALLS: u64 = 10_000;

/// System calls of a process with its threads and children that makes so many calls, by name.
fn counted(calls: u64) -> BTreeMap<String, u64> {
    let home = Home::new();
    let report = home.path().join("strace");
    let mut strace = home.command("strace");
    strace.args(["-f", "-c", "-o"]).arg(&report).arg(program("fresh-calls")).arg(calls.to_string());
    lockgate_tests::Ran::of(&mut strace).ok();
    let report = std::fs::read_to_string(report).unwrap();
    let rows = report.lines().filter_map(|line| {
        // % time, seconds, usecs/call, calls, errors (may be missing), name.
        let columns: Vec<_> = line.split_whitespace().collect();
        Some((columns.last()?.to_string(), columns.get(3)?.parse().ok()?))
    });
    rows.collect()
}

#[test]
fn ten_thousand_fresh_calls_change_fewer_than_100_mappings() {
    let (before, after) = (counted(0), counted(CALLS));
    let more = |name: &str| {
        let count = |calls: &BTreeMap<String, u64>| calls.get(name).copied().unwrap_or(0);
        count(&after).saturating_sub(count(&before))
    };
    let counts = ["mprotect", "mmap", "munmap", "madvise"].map(|name| (name, more(name)));
    let sum: u64 = counts.iter().map(|(_, count)| count).sum();
    eprintln!("{CALLS} fresh calls made {sum} calls to change memory: {counts:?}");
    assert!(sum < 100, "{counts:?}\n{after:#?}");
    assert!(before.contains_key("mmap"), "strace counted: {before:?}");
}
