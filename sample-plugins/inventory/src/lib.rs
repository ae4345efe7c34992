//! The stock of a warehouse, over gRPC. Which server that is, what it takes as a key, and what its messages are, says the
//! group: no code here is generated from a `.proto` file.

use lockgate_sdk::{
    grpc::{Code, Status},
    prelude::*,
};

/// Items of one answer.
const ITEMS: usize = 100;

/// An item, as the service has it. JSON of protobuf leaves out what has its default, and writes 64-bit numbers as texts.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct Item {
    sku: String,
    name: String,
    /// Pieces, or grams of what is weighed.
    stock: String,
    /// When it was counted, as in RFC 3339.
    counted_at: Option<String>,
    /// In cents.
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_request: Option<String>,
}

/// Find an item by its number.
#[connector(tags("inventory"), read_only, idempotent, example("pen-1"))]
fn get_item(sku: String) -> Result<Item, Failure> {
    let item = grpc::method("inventory.v1.Inventory/GetItem").idempotent(3).call(json!({ "sku": sku }));
    item.map_err(|failure| not_found(failure, &sku))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListItems {
    warehouse: String,
    /// A part of the name.
    #[serde(default)]
    name: String,
}

/// List the items of a warehouse whose name has a part, at most 100.
#[connector(tags("inventory"), read_only, idempotent)]
fn list_items(input: ListItems) -> Result<Vec<Item>, Failure> {
    let all =
        grpc::method("inventory.v1.Inventory/ListItems").stream::<Item>(json!({ "warehouse": input.warehouse }))?;
    let wanted = input.name.to_lowercase();
    let fits =
        |item: &Result<Item, Failure>| item.as_ref().map_or(true, |item| item.name.to_lowercase().contains(&wanted));
    // The rest is never sent: a stream that is dropped ends at the server.
    all.filter(fits).take(ITEMS).collect()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Reserve {
    sku: String,
    #[schemars(range(min = 1, max = 10_000))]
    pieces: u32,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Reservation {
    id: String,
    /// Pieces that are left.
    #[serde(default)]
    left: String,
}

/// Take pieces out of the stock.
#[connector(tags("inventory"))]
fn reserve(input: Reserve) -> Result<Reservation, Failure> {
    let request = json!({ "sku": input.sku, "pieces": input.pieces.to_string() });
    let reserved = grpc::method("inventory.v1.Inventory/Reserve").metadata("x-purpose", "order").call(request);
    reserved.map_err(|failure| match Status::of(&failure) {
        Some(status) if status.code() == Code::FailedPrecondition => Failure::new("out_of_stock", status.message()),
        Some(_) | None => not_found(failure, &input.sku),
    })
}

/// What is not there has a code of the connector's own.
fn not_found(failure: Failure, sku: &str) -> Failure {
    match Status::of(&failure).map(|status| status.code()) {
        Some(Code::NotFound) => Failure::new("not_found", format!("there is no item `{sku}`")),
        Some(_) | None => failure,
    }
}

lockgate_sdk::plugin!(get_item, list_items, reserve);

#[cfg(test)]
mod tests;
