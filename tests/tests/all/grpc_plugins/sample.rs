//! The sample `inventory`, with a real server.

use lockgate_tests::guests;
use serde_json::{Value, json};

use super::with;

#[test]
fn the_sample_finds_lists_and_reserves() {
    let setup = with(guests::INVENTORY.bytes(), json!({}));
    let pen = setup.invoke("get_item", &json!("pen-1")).output();
    assert_eq!((&pen["name"], &pen["stock"], &pen["fixed"]), (&json!("Pen"), &json!("12"), &json!("199")));
    setup.refused("get_item", &json!("pen-9"), "not_found");
    let listed = setup.invoke("list_items", &json!({"warehouse": "north", "name": "p"})).output();
    let listed: Vec<&Value> = listed.as_array().unwrap().iter().map(|item| &item["sku"]).collect();
    assert_eq!(listed, ["paper-3", "pen-1"]);
    let reserve = |pieces: u32| json!({"sku": "pen-1", "pieces": pieces});
    assert_eq!(setup.invoke("reserve", &reserve(5)).output(), json!({"id": "r-1", "left": "7"}));
    setup.refused("reserve", &reserve(8), "out_of_stock");
}
