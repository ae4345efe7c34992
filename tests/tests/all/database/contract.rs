//! What was published stays loadable: a component that was compiled for the contract as it was then.

use serde_json::json;

use super::with;

/// `lockgate:database` as it was first published.
const DATABASE_0_1_0: &[u8] = include_bytes!("../../../fixtures/contract/database-0.1.0.wasm");

#[test]
fn every_function_as_it_was_first_published() {
    let setup = with(DATABASE_0_1_0, json!({}));
    setup.server.sql("CREATE TABLE items (id int); GRANT ALL ON items TO ada; INSERT INTO items VALUES (1), (2)");
    for connector in ["alone", "together"] {
        let got = setup.invoke(connector, &json!({})).output();
        assert_eq!(got, json!({"text": "Grüße", "number": 7, "changed": 2, "sum": 500_500}), "{connector}");
    }
    setup.nothing_is_open("it came to its end");
}
