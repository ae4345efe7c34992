use super::PLUGIN;
use serde_json::{Value, json};

fn read(json: &str) -> Value {
    serde_json::from_str(json).expect("the example is JSON")
}

fn one_line(price: u64, tax_rate: u16, discount: Value) -> Value {
    let line = json!({ "sku": "a", "quantity": 1, "unit_price": price, "tax_rate": tax_rate });
    json!({ "currency": "EUR", "lines": [line], "discount": discount })
}

#[test]
fn the_example_gives_what_it_says() {
    let order = read(include_str!("../examples/order-20.json"));
    let quote = read(include_str!("../examples/order-20.expected.json"));
    assert_eq!(PLUGIN.call("price_order", order), Ok(quote));
}

#[test]
fn halves_are_rounded_up_once_per_rate() {
    let quote = PLUGIN.call("price_order", one_line(50, 700, Value::Null)).expect("priced");
    assert_eq!((&quote["tax"], &quote["total"]), (&json!(4), &json!(54)), "7% of 50 is 3.5");
    let line = json!({ "sku": "a", "quantity": 1, "unit_price": 50, "tax_rate": 700 });
    let quote = PLUGIN.call("price_order", json!({ "currency": "EUR", "lines": [line, line] })).expect("priced");
    assert_eq!(quote["tax"], 7, "7% of 100, not twice the rounded 4");
}

#[test]
fn an_order_discount_is_spread_without_a_remainder() {
    let line = |rate: u16| json!({ "sku": "a", "quantity": 1, "unit_price": 100, "tax_rate": rate });
    let order = json!({ "currency": "EUR", "lines": [line(0), line(700), line(1900)], "discount": { "amount": 100 } });
    let quote = PLUGIN.call("price_order", order).expect("priced");
    let bases: Vec<_> = quote["taxes"].as_array().into_iter().flatten().map(|tax| &tax["base"]).collect();
    assert_eq!(bases, [&json!(67), &json!(67), &json!(66)]);
}

#[test]
fn impossible_orders_are_refused() {
    let refusal = |order| PLUGIN.call("price_order", order).expect_err("refused");
    let failure = refusal(one_line(100, 0, json!({ "amount": 101 })));
    assert_eq!(failure.to_string(), "discount_too_large: the order's discount exceeds the sum of its lines");
    assert_eq!(refusal(one_line(u64::MAX, 1900, Value::Null)).code(), "amount_too_large");

    let line = json!({ "sku": "a", "quantity": 1, "unit_price": 9_999, "tax_rate": 0, "discount": { "rate": 10_001 } });
    let failure = refusal(json!({ "currency": "EUR", "lines": [line] }));
    assert_eq!((failure.code(), failure.details_value()), ("discount_too_large", Some(&json!({ "line": 1 }))));
}
