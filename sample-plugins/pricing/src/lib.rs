//! Prices an order. `order.rs` has the rules; this file makes a connector of them.

mod order;

use lockgate_sdk::prelude::*;
use order::{Order, PriceError, Quote, price};

/// Compute the price of an order: discounts, one tax per rate, and totals.
///
/// Money is in minor units (cents), rates are in basis points.
#[connector(tags("commerce"), read_only, idempotent)]
fn price_order(order: Order) -> Result<Quote, Failure> {
    price(order).map_err(|error| {
        let failure = Failure::new(error.code(), error.to_string());
        match error {
            PriceError::DiscountTooLarge { line: Some(line) } => failure.details(json!({ "line": line })),
            PriceError::DiscountTooLarge { line: None } | PriceError::AmountTooLarge => failure,
        }
    })
}

lockgate_sdk::plugin!(price_order);

#[cfg(test)]
mod tests;
