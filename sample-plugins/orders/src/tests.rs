use super::*;
use lockgate_sdk::testing::database::{assert_all_used, on, statements};

const TAKE: &str = "UPDATE products SET stock = stock - :quantity WHERE sku = :sku AND stock >= :least";
const INSERT: &str = "INSERT INTO orders (number, sku, quantity) VALUES (:number, :sku, :quantity)";

fn order() -> Value {
    json!({ "number": "A-7", "sku": "desk-oak", "quantity": 2 })
}

fn last() -> String {
    statements().pop().map(|last| last.statement).unwrap_or_default()
}

#[test]
fn an_order_takes_its_pieces() {
    on(TAKE).changed(1);
    on(INSERT).changed(1);
    on("SELECT stock FROM products WHERE sku = :sku").rows(json!([{ "stock": 3 }]));
    let placed = PLUGIN.call("place_order", order()).unwrap();
    assert_eq!(placed, json!({ "number": "A-7", "left": 3 }));
    assert_all_used();
    assert_eq!(last(), "COMMIT");
}

#[test]
fn what_can_not_be_placed_is_rolled_back() {
    on(TAKE).changed(0);
    assert_eq!(PLUGIN.call("place_order", order()).unwrap_err().code(), "out_of_stock");
    assert_eq!(last(), "ROLLBACK");
    on(TAKE).changed(1);
    on(INSERT).fail(Failure::new("unique-violation", "duplicate key"));
    assert_eq!(PLUGIN.call("place_order", order()).unwrap_err().code(), "already_placed");
    assert_eq!(last(), "ROLLBACK");
}

#[test]
fn orders_are_listed_page_by_page() {
    on("SELECT number, sku, quantity FROM orders WHERE sku = :sku AND number > :after ORDER BY number")
        .rows(json!([order()]));
    let list = PLUGIN.call("list_orders", json!({ "sku": "desk-oak", "after": "A-6" })).unwrap();
    assert_eq!(list, json!([order()]));
    assert_eq!(statements()[0].options.as_deref(), Some(r#"{"read_only":true,"max_rows":100}"#));
}
