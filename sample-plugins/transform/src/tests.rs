use super::PLUGIN;
use lockgate_sdk::testing;
use serde_json::{Value, json};

fn read(json: &str) -> Value {
    serde_json::from_str(json).expect("the example is JSON")
}

fn run(program: &str, data: Value) -> Result<Value, lockgate_sdk::Failure> {
    PLUGIN.call("transform", json!({ "program": program, "data": data })).map(|mut output| output["results"].take())
}

/// The expected outputs are those of the `jq` program, version 1.6.
#[test]
fn the_examples_give_what_jq_gives() {
    for (input, output) in [
        (include_str!("../examples/sum-by-country.json"), include_str!("../examples/sum-by-country.expected.json")),
        (
            include_str!("../examples/recursive-descent.json"),
            include_str!("../examples/recursive-descent.expected.json"),
        ),
        (include_str!("../examples/dates.json"), include_str!("../examples/dates.expected.json")),
    ] {
        assert_eq!(PLUGIN.call("transform", read(input)), Ok(read(output)), "{input}");
    }
    testing::assert_examples(&PLUGIN);
}

#[test]
fn numbers_keep_their_value() {
    let numbers = json!([0, -1, 4_294_967_296_u64, i64::MIN, u64::MAX, 0.1, 1e300]);
    assert_eq!(run(".", numbers.clone()), Ok(json!([numbers])));
    assert_eq!(run("nan, (infinite | -.)", Value::Null), Ok(json!([null, null])));
}

#[test]
fn time_comes_from_the_host() {
    testing::set_unix_time(std::time::Duration::from_millis(1_700_000_000_500));
    assert_eq!(run("now, (now | todate)", Value::Null), Ok(json!([1_700_000_000.5, "2023-11-14T22:13:20.5Z"])));
}

#[test]
fn programs_that_do_not_compile_name_the_places() {
    let failure = |program| run(program, Value::Null).expect_err(program);
    let undefined = failure(".a |\n  frobnicate(1) | $x");
    assert_eq!(undefined.to_string(), "invalid_program: line 2, column 3: undefined filter `frobnicate`");
    assert_eq!(undefined.details_value().map(|details| &details["errors"][1]["column"]), Some(&json!(19)));
    assert!(failure("[1, 2").message().starts_with("line 1, column "));
    assert!(failure("import \"x\" as x; .").message().contains("can't import"));
}

#[test]
fn programs_that_fail_give_their_error() {
    let failure = run("1, 2, error({code: 7})", Value::Null).expect_err("raised");
    assert_eq!(failure.code(), "program_failed");
    assert_eq!(failure.details_value(), Some(&json!({ "value": { "code": 7 }, "results_before": 2 })));
    assert_eq!(run("1, halt, 2", Value::Null), Ok(json!([1])));
}
