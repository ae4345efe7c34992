//! The sample `orders`: a transaction over two statements, of which both happen or neither.

use std::fs;

use lockgate_tests::guests;
use serde_json::{Value, json};

use super::{Setup, with};

fn prepared() -> Setup {
    let setup = with(guests::ORDERS.bytes(), json!({}));
    let tables = fs::read_to_string(guests::ORDERS.folder().join("tables.sql")).unwrap();
    setup.server.sql(&tables);
    setup.server.sql("GRANT ALL ON products, orders TO ada");
    setup
}

fn order(number: &str, quantity: u32) -> Value {
    json!({"number": number, "sku": "desk-oak", "quantity": quantity})
}

#[test]
fn both_statements_happen_or_neither() {
    let setup = prepared();
    assert_eq!(setup.invoke("place_order", &order("A-1", 2)).output(), json!({"number": "A-1", "left": 3}));
    let stock = || setup.server.sql("SELECT stock FROM products WHERE sku = 'desk-oak'");
    for (input, code) in [(order("A-2", 4), "out_of_stock"), (order("A-1", 1), "already_placed")] {
        assert_eq!(setup.failure("place_order", &input)["code"], code);
        assert_eq!((stock(), setup.server.sql("SELECT count(*) FROM orders")), ("3".to_owned(), "1".to_owned()));
    }
    setup.invoke("place_order", &order("A-3", 3)).status(200);
    let list = setup.invoke("list_orders", &json!({"sku": "desk-oak"})).output();
    assert_eq!(list, json!([order("A-1", 2), order("A-3", 3)]));
    let rest = setup.invoke("list_orders", &json!({"sku": "desk-oak", "after": "A-1"})).output();
    assert_eq!(rest, json!([order("A-3", 3)]));
    setup.nothing_is_open("every transaction is over");
}

#[test]
fn the_last_piece_is_sold_once() {
    let setup = prepared();
    let orders = (0..10).map(|number| setup.call("place_order", &order(&format!("A-{number}"), 1)));
    let answers = setup.host.send_all(orders.collect::<Vec<_>>());
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 5);
    for refused in answers.into_iter().filter(|answer| answer.status != 200) {
        assert_eq!(refused.problem(422, "LG3001")["failure"]["code"], "out_of_stock");
    }
    assert_eq!(setup.server.sql("SELECT sum(quantity) FROM orders"), "5");
}
