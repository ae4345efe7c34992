//! Orders of products, in a database. Which database that is, and who logs in, says the group: the same component runs on
//! PostgreSQL and on MySQL.

use lockgate_sdk::prelude::*;

/// Orders of one answer.
const PAGE: u64 = 100;

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Order {
    /// Chosen by the customer's system: the same order can't be placed twice.
    #[schemars(length(min = 1, max = 64))]
    number: String,
    sku: String,
    #[schemars(range(min = 1, max = 1000))]
    quantity: i32,
}

#[derive(Serialize, JsonSchema)]
struct Placed {
    number: String,
    /// Pieces that are left.
    left: i32,
}

/// Place an order and take its pieces from the stock: both or neither.
#[connector(tags("orders"))]
fn place_order(order: Order) -> Result<Placed, Failure> {
    database::transaction(|transaction| {
        let taken = transaction
            .query("UPDATE products SET stock = stock - :quantity WHERE sku = :sku AND stock >= :least")
            .bind("quantity", order.quantity)
            .bind("sku", &order.sku)
            .bind("least", order.quantity)
            .execute()?;
        if taken == 0 {
            let message = format!("fewer than {} pieces of `{}` are left", order.quantity, order.sku);
            return Err(Failure::new("out_of_stock", message));
        }
        let inserted = transaction
            .query("INSERT INTO orders (number, sku, quantity) VALUES (:number, :sku, :quantity)")
            .bind("number", &order.number)
            .bind("sku", &order.sku)
            .bind("quantity", order.quantity)
            .execute();
        inserted.map_err(|failure| match failure.code() {
            "unique-violation" => Failure::new("already_placed", format!("there is an order `{}`", order.number)),
            _ => failure,
        })?;
        let left = transaction.query("SELECT stock FROM products WHERE sku = :sku").bind("sku", &order.sku).one()?;
        Ok(Placed { number: order.number.clone(), left })
    })
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListOrders {
    sku: String,
    /// The last number of the page before.
    #[serde(default)]
    after: String,
}

/// List the orders of a product, at most 100 at a time.
#[connector(tags("orders"), read_only, idempotent)]
fn list_orders(input: ListOrders) -> Result<Vec<Order>, Failure> {
    database::query("SELECT number, sku, quantity FROM orders WHERE sku = :sku AND number > :after ORDER BY number")
        .bind("sku", input.sku)
        .bind("after", input.after)
        .read_only()
        .max_rows(PAGE)
        .rows()
}

lockgate_sdk::plugin!(place_order, list_orders);

#[cfg(test)]
mod tests;
