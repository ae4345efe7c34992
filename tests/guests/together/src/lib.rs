//! Asks three systems in one call. Whose they are and what they take as a key says the group.

use lockgate_sdk::prelude::*;

#[derive(Serialize, JsonSchema)]
struct Report {
    /// What the server of HTTP answers.
    page: Value,
    /// What the server of gRPC answers.
    item: Value,
    /// What the database has.
    orders: Vec<Order>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Order {
    number: String,
    quantity: i32,
}

/// What is known of an item.
#[connector(read_only)]
fn report(sku: String) -> Result<Report, Failure> {
    let page = http::get("/page").query(&json!({ "sku": sku })).send()?.error_for_status()?.json()?;
    let item = grpc::method("inventory.v1.Inventory/GetItem").call(json!({ "sku": sku }))?;
    let statement = "SELECT number, quantity FROM orders WHERE sku = :sku ORDER BY number";
    let orders = database::query(statement).bind("sku", sku).read_only().rows()?;
    Ok(Report { page, item, orders })
}

lockgate_sdk::plugin!(report);
