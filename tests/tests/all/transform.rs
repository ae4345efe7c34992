//! The `transform` sample against jq itself, on a document of 5 MB that needs higher limits.

use std::path::Path;

use lockgate_tests::{Host, Ran, guests};
use serde_json::{Value, json};

/// Bytes of the document, at least.
const SIZE: usize = 5 << 20;

const SUM_BY_COUNTRY: &str =
    "group_by(.country) | map({country: .[0].country, sum: map(.amount) | add, count: length})";
const ALL_SKUS: &str =
    "[.. | .sku? | strings] | {count: length, first: .[0], last: .[-1], different: (unique | length)}";
const LINES: &str =
    r#".[] | select(.amount > 9900) | "\(.id): \(.amount) on \(.at | strftime("%Y-%m-%d %H:%M")) (\(.at | todate))""#;

/// Orders, each different, from a fixed seed.
fn document() -> Value {
    let mut state = 42_u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut orders = Vec::new();
    let mut size = 0;
    while size < SIZE {
        let items: Vec<_> =
            (0..=random(4)).map(|_| json!({"sku": format!("sku-{}", random(500)), "tags": ["é", "x"]})).collect();
        let country = ["DE", "FR", "IT", "ES", "PL"][random(5) as usize];
        let order = json!({
            "id": format!("order-{}", orders.len()), "country": country, "amount": random(10_000),
            "at": 1_700_000_000 + random(60_000_000), "items": items, "note": null, "paid": random(2) == 1,
        });
        size += order.to_string().len() + 1;
        orders.push(order);
    }
    Value::Array(orders)
}

fn jq(host: &Host, program: &str, data: &Path) -> Vec<Value> {
    let ran = Ran::of(host.home.command("jq").args(["-c", program]).arg(data)).ok();
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Calls, and raises each limit that is named, by the setting that is named, until the call passes.
fn raised_until_it_passes(host: &Host, input: &Path, raised: &mut Vec<String>) -> Value {
    let argument = format!("@{}", input.display());
    for _ in 0..20 {
        let ran = host.run(["invoke", "g/transform", "--output", "json", "--input", &argument]);
        let document = ran.json();
        if ran.code == 0 {
            return document["output"]["results"].clone();
        }
        let limit = &document["limit"];
        let setting = limit["setting"].as_str().unwrap_or_else(|| panic!("no limit is named: {document:#}"));
        let setting = setting.split(' ').next().unwrap();
        let value = limit["value"].as_u64().unwrap() * 4;
        host.run(["group", "set", "g", &format!("{setting}={value}")]).ok();
        raised.push(limit["name"].as_str().unwrap().to_owned());
    }
    panic!("no limit is enough: {raised:?}");
}

#[test]
fn three_programs_give_what_jq_gives() {
    let host = Host::start();
    host.with_guest(&guests::TRANSFORM, json!({}));
    let data = document();
    let file = host.home.write("data.json", data.to_string());
    let mut raised = Vec::new();
    for program in [SUM_BY_COUNTRY, ALL_SKUS, LINES] {
        let expected = jq(&host, program, &file);
        assert!(!expected.is_empty());
        let input = host.home.write("input.json", json!({"program": program, "data": data}).to_string());
        let results = raised_until_it_passes(&host, &input, &mut raised);
        assert_eq!(results, Value::Array(expected), "{program}");
    }
    for name in ["input_bytes", "cpu_ms"] {
        assert!(raised.iter().any(|raised| raised == name), "{name} was not reached: {raised:?}");
    }
}
