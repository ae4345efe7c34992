//! The function that everybody runs: the price of an order of 20 lines.

// Only `price` is called here, and JSON Schemas are the plugin's business.
#[allow(dead_code, unexpected_cfgs, unreachable_pub)]
#[path = "../../../sample-plugins/pricing/src/order.rs"]
mod order;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{fs, path::PathBuf};

/// The connector of the pricing sample that does it.
pub(crate) const CONNECTOR: &str = "price_order";

/// One order as JSON, and the exact bytes of its price.
#[derive(Debug, Clone)]
pub(crate) struct Workload {
    pub(crate) input: String,
    pub(crate) expected: String,
}

impl Workload {
    /// Reads the sample's example, without the white space that is there for people.
    pub(crate) fn load() -> Result<Self> {
        let examples = root().join("sample-plugins/pricing/examples");
        let read = |name: &str| -> Result<Value> {
            let path = examples.join(name);
            let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            Ok(serde_json::from_str(&text)?)
        };
        let input = read("order-20.json")?.to_string();
        let expected = price(input.as_bytes())?;
        let found: Value = serde_json::from_str(&expected)?;
        ensure!(found == read("order-20.expected.json")?, "the sample's code and its expected output differ: {found}");
        Ok(Self { input, expected })
    }
}

/// Parses, computes and serialises: what each rival does for one request.
pub(crate) fn price(order: &[u8]) -> Result<String> {
    Ok(serde_json::to_string(&order::price(serde_json::from_slice(order)?)?)?)
}

/// The repository that this program was built from.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
