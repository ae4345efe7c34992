//! A connector for each limit: it uses as much as its caller asks for.

use std::hint::black_box;
use std::time::Duration;

use lockgate_sdk::prelude::*;

/// Compute, for so many million rounds of a loop.
#[connector]
fn spin(million_rounds: u64) -> u64 {
    (0..million_rounds * 1_000_000).fold(0, |sum, round| black_box(sum + round))
}

/// Allocate so many bytes and write to all of them.
#[connector]
fn allocate(bytes: usize) -> usize {
    black_box(vec![1_u8; bytes]).len()
}

/// Return a text of so many bytes.
#[connector]
fn output(bytes: usize) -> String {
    "x".repeat(bytes)
}

/// Take any text.
#[connector]
fn input(text: String) -> usize {
    text.len()
}

/// Call the host so many times.
#[connector]
fn host_calls(times: u32) -> u32 {
    (0..times).map(|_| context::attempt()).sum()
}

#[derive(Deserialize, JsonSchema)]
struct Lines {
    lines: usize,
    bytes: usize,
}

/// Log so many lines of so many bytes.
#[connector]
fn write_log(input: Lines) {
    for line in 0..input.lines {
        log::info!("{}", format!("{line} ").repeat(input.bytes).split_at(input.bytes).0);
    }
}

/// Call itself so many times, each call in a frame of its own.
#[connector]
fn recurse(depth: u64) -> u64 {
    deeper(depth)
}

#[inline(never)]
fn deeper(depth: u64) -> u64 {
    if depth == 0 { 0 } else { black_box(deeper(black_box(depth - 1))) + 1 }
}

/// Panic with a message.
#[connector]
fn panic(message: String) -> Result<(), Failure> {
    std::panic!("{message}")
}

/// Execute an instruction that always traps.
#[connector]
fn trap() -> Result<(), Failure> {
    core::arch::wasm32::unreachable()
}

/// Answer with a failure that has everything a failure can have, and another code if the details name one.
#[connector]
fn fail(details: Value) -> Result<(), Failure> {
    let code = details["code"].as_str().unwrap_or("out_of_stock").to_owned();
    let failure = Failure::new(code, "3 pieces left, 5 were ordered").details(details);
    Err(failure.retry_after(Duration::from_millis(1500)))
}

#[derive(Serialize, JsonSchema)]
struct Age {
    #[schemars(with = "u64")]
    age: &'static str,
}

/// Return what its own schema does not allow.
#[connector]
fn lie() -> Age {
    Age { age: "old" }
}

lockgate_sdk::plugin!(spin, allocate, output, input, host_calls, write_log, recurse, panic, trap, fail, lie);
