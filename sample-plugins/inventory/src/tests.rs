use super::*;
use lockgate_sdk::testing::grpc::{Answer, Message, assert_all_used, calls, on};

const GET: &str = "inventory.v1.Inventory/GetItem";
const LIST: &str = "inventory.v1.Inventory/ListItems";
const RESERVE: &str = "inventory.v1.Inventory/Reserve";

fn pen() -> Value {
    json!({ "sku": "pen-1", "name": "Pen", "stock": "12", "countedAt": "2026-11-29T10:20:30Z", "fixed": "199" })
}

#[test]
fn an_item_is_found_by_its_number() {
    on(GET).reply(pen());
    assert_eq!(PLUGIN.call("get_item", json!("pen-1")).unwrap(), pen());
    let call = calls().remove(0);
    assert_eq!(call.request, Message::Json(json!({ "sku": "pen-1" })));
    assert_eq!(call.options.as_deref(), Some(r#"{"idempotent":true,"attempts":3}"#));
    on(GET).status(Status::new(Code::NotFound, "no item `pen-9`"));
    assert_eq!(PLUGIN.call("get_item", json!("pen-9")).unwrap_err().code(), "not_found");
    on(GET).status(Status::new(Code::Unavailable, "later"));
    assert!(PLUGIN.call("get_item", json!("pen-1")).unwrap_err().is_retryable());
}

#[test]
fn items_are_listed_as_they_come() {
    let ink = json!({ "sku": "ink-7", "name": "Ink, blue" });
    on(LIST).answer(Answer::stream([ink.clone(), pen()]));
    let found = PLUGIN.call("list_items", json!({ "warehouse": "north", "name": "PEN" })).unwrap();
    assert_eq!(found, json!([pen()]));
    on(LIST).answer(Answer::stream([ink]).ended(Status::new(Code::Aborted, "moved")));
    let failure = PLUGIN.call("list_items", json!({ "warehouse": "north" })).unwrap_err();
    assert_eq!(failure.code(), "grpc-aborted");
    assert_all_used();
}

#[test]
fn pieces_are_reserved_or_there_is_a_reason() {
    let input = json!({ "sku": "pen-1", "pieces": 5 });
    on(RESERVE).reply(json!({ "id": "r-1", "left": "7" }));
    assert_eq!(PLUGIN.call("reserve", input.clone()).unwrap(), json!({ "id": "r-1", "left": "7" }));
    let call = calls().remove(0);
    assert_eq!(call.request, Message::Json(json!({ "sku": "pen-1", "pieces": "5" })));
    assert_eq!(call.metadata, [("x-purpose".to_owned(), b"order".to_vec())]);
    on(RESERVE).status(Status::new(Code::FailedPrecondition, "only 3 of `pen-1` are left"));
    let failure = PLUGIN.call("reserve", input).unwrap_err();
    assert_eq!((failure.code(), failure.message()), ("out_of_stock", "only 3 of `pen-1` are left"));
}
