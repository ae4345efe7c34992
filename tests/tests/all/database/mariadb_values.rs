//! Every kind of value of MariaDB, at its edges, as a column and as a parameter. What `mariadb` prints is the oracle, in both
//! directions.

use lockgate_tests::database_servers::MariaDb;
use serde_json::{Value, json};

use super::on;

/// A type, a literal of it, and what a guest has of that.
fn cases() -> Vec<(&'static str, &'static str, Value)> {
    let int = |text: &str| json!({"int64": text});
    let unsigned = |text: &str| json!({"unsigned64": text});
    let double = |text: &str| json!({"float64": text});
    let decimal = |text: &str| json!({"decimal": text});
    let text = |own: &str| json!({"text": own});
    let date = |own: &str| json!({"date": own});
    let moment = |own: &str| json!({"timestamp": own});
    let zoned = |own: &str| json!({"timestamp-tz": own});
    let time = |own: &str| json!({"interval": own});
    vec![
        ("TINYINT", "-128", int("-128")),
        ("TINYINT", "127", int("127")),
        ("BOOLEAN", "true", int("1")),
        ("TINYINT UNSIGNED", "255", unsigned("255")),
        ("SMALLINT", "-32768", int("-32768")),
        ("SMALLINT UNSIGNED", "65535", unsigned("65535")),
        ("MEDIUMINT", "-8388608", int("-8388608")),
        ("MEDIUMINT UNSIGNED", "16777215", unsigned("16777215")),
        ("INT", "-2147483648", int("-2147483648")),
        ("INT UNSIGNED", "4294967295", unsigned("4294967295")),
        ("BIGINT", "-9223372036854775808", int("-9223372036854775808")),
        ("BIGINT", "9223372036854775807", int("9223372036854775807")),
        ("BIGINT UNSIGNED", "18446744073709551615", unsigned("18446744073709551615")),
        ("BIT(1)", "b'0'", unsigned("0")),
        ("BIT(64)", "18446744073709551615", unsigned("18446744073709551615")),
        ("YEAR", "1901", int("1901")),
        ("YEAR", "2155", int("2155")),
        ("FLOAT", "0.5", double("0.5")),
        ("FLOAT", "-0.1", double("-0.1")),
        ("DOUBLE", "1.7976931348623157e308", double("1.7976931348623157e308")),
        ("DOUBLE", "2.2250738585072014e-308", double("2.2250738585072014e-308")),
        ("DOUBLE", "0.1", double("0.1")),
        ("DECIMAL(38,0)", "99999999999999999999999999999999999999", decimal("99999999999999999999999999999999999999")),
        (
            "DECIMAL(65,30)",
            "-99999999999999999999999999999999999.999999999999999999999999999999",
            decimal("-99999999999999999999999999999999999.999999999999999999999999999999"),
        ),
        (
            "DECIMAL(38,38)",
            "-0.00000000000000000000000000000000000001",
            decimal("-0.00000000000000000000000000000000000001"),
        ),
        ("DECIMAL(10,2)", "1.10", decimal("1.10")),
        ("DATE", "'0001-01-01'", date("0001-01-01")),
        ("DATE", "'9999-12-31'", date("9999-12-31")),
        ("DATE", "'0000-00-00'", date("0000-00-00")),
        ("DATETIME", "'0001-01-01 00:00:00'", moment("0001-01-01T00:00:00")),
        ("DATETIME(6)", "'9999-12-31 23:59:59.999999'", moment("9999-12-31T23:59:59.999999")),
        ("DATETIME(3)", "'2026-11-29 10:20:30.5'", moment("2026-11-29T10:20:30.500")),
        ("DATETIME", "'0000-00-00 00:00:00'", moment("0000-00-00 00:00:00")),
        ("TIMESTAMP", "'1970-01-01 00:00:01'", zoned("1970-01-01T00:00:01Z")),
        ("TIMESTAMP(6)", "'2038-01-19 03:14:07.999999'", zoned("2038-01-19T03:14:07.999999Z")),
        ("TIMESTAMP", "'0000-00-00 00:00:00'", moment("0000-00-00 00:00:00")),
        ("TIME", "'-838:59:59'", time("-838:59:59")),
        ("TIME(6)", "'838:59:59.999999'", time("838:59:59.999999")),
        ("TIME(6)", "'-00:00:00.000001'", time("-00:00:00.000001")),
        ("CHAR(4)", "'ab'", text("ab")),
        ("VARCHAR(20)", "''", text("")),
        ("VARCHAR(20)", "'ab  '", text("ab  ")),
        ("TEXT", "'\\' \" \\\\ ; -- ? :v \\n\u{1F600}'", text("' \" \\ ; -- ? :v \n\u{1F600}")),
        ("LONGTEXT CHARACTER SET latin1", "'äöü'", text("äöü")),
        ("VARBINARY(10)", "x''", json!({"bytes": []})),
        ("BLOB", "x'0001ff275c'", json!({"bytes": [0, 1, 255, 39, 92]})),
        ("BINARY(4)", "x'00ff'", json!({"bytes": [0, 255, 0, 0]})),
        ("ENUM('happy', 'it''s')", "'it''s'", text("it's")),
        ("SET('a', 'b', 'c')", "'a,c'", text("a,c")),
        ("JSON", "'{\"a\" : 1.10}'", text("{\"a\" : 1.10}")),
        ("UUID", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")),
        ("INET6", "'2001:DB8::1'", text("2001:db8::1")),
    ]
}

/// Whether the client prints it as bytes.
fn is_raw(name: &str, value: &Value) -> bool {
    name.starts_with("BIT") || value.get("bytes").is_some()
}

#[test]
fn every_kind_goes_both_ways() {
    let setup = on::<MariaDb>(json!({"limits": {"host_calls": 1000}}));
    let cases = cases();
    let columns: Vec<String> =
        cases.iter().enumerate().map(|(index, (name, ..))| format!("v{index} {name} NULL")).collect();
    let literals: Vec<&str> = cases.iter().map(|(_, literal, _)| *literal).collect();
    // A server that is not strict takes zeros for dates.
    setup.server.sql(&format!(
        "SET sql_mode = ''; CREATE TABLE given ({columns}); CREATE TABLE back ({columns}); CREATE TABLE nothing ({columns}); INSERT INTO given VALUES ({literals})",
        columns = columns.join(", "),
        literals = literals.join(", "),
    ));
    let names: Vec<String> = (0..cases.len()).map(|index| format!("v{index}")).collect();
    let read = |table: &str| {
        let ask = json!({"statement": format!("SELECT {} FROM {table}", names.join(", "))});
        setup.invoke("query", &ask).output()["rows"].take()
    };
    let told = read("given");
    for (index, (name, literal, value)) in cases.iter().enumerate() {
        assert_eq!(told[0][index], *value, "{name} {literal}");
    }
    // Back as a parameter: each in its own column, and NULL in each.
    let write = |table: &str, values: Vec<Value>| {
        let parameters: Vec<String> = names.iter().map(|name| format!(":{name}")).collect();
        let statement = format!("INSERT INTO {table} VALUES ({})", parameters.join(", "));
        let named: Vec<Value> = names.iter().zip(values).map(|(name, value)| json!([name, value])).collect();
        assert_eq!(setup.invoke("execute", &json!({"statement": statement, "named": named})).output(), 1);
    };
    // Zeros are no dates in the host's sessions, which are strict.
    let is_zero = |literal: &str| literal.starts_with("'0000-");
    let null = |literal: &str, value: &Value| if is_zero(literal) { json!("null") } else { value.clone() };
    write("back", cases.iter().map(|(_, literal, value)| null(literal, value)).collect());
    write("nothing", vec![json!("null"); cases.len()]);
    for (index, (name, literal, value)) in cases.iter().enumerate() {
        if is_zero(literal) {
            continue;
        }
        let column = format!("v{index}");
        let shown = if is_raw(name, value) { format!("HEX({column})") } else { format!("{column}, HEX({column})") };
        let [one, other] = ["given", "back"].map(|table| setup.server.sql(&format!("SELECT {shown} FROM {table}")));
        assert_ne!(one, "NULL", "{name} {literal}");
        assert_eq!(one, other, "{name} {literal}");
    }
    let all_null = names.iter().map(|name| format!("{name} IS NULL")).collect::<Vec<_>>().join(" AND ");
    assert_eq!(setup.server.sql(&format!("SELECT {all_null} FROM nothing")), "1");
    assert_eq!(read("nothing"), json!([vec!["null"; cases.len()]]));
}

/// What a guest has is the text that `mariadb` prints, but for how the contract writes moments.
#[test]
fn the_cases_are_what_mariadb_prints() {
    let setup = on::<MariaDb>(json!({}));
    for (name, literal, value) in cases() {
        let (kind, own) = value.as_object().unwrap().iter().next().unwrap();
        let shown = if is_raw(name, &value) { "HEX(v)" } else { "v" };
        let shown = setup.server.sql(&format!(
            "SET sql_mode = ''; CREATE OR REPLACE TABLE t (v {name} NULL); INSERT INTO t VALUES ({literal}); SELECT {shown} FROM t"
        ));
        let text = || own.as_str().unwrap();
        match kind.as_str() {
            "bytes" => {
                let bytes = own.as_array().unwrap().iter().map(|byte| format!("{:02X}", byte.as_u64().unwrap()));
                assert_eq!(shown, bytes.collect::<String>(), "{name} {literal}");
            }
            "float64" => assert_eq!(shown.parse::<f64>(), text().parse(), "{name} {literal}"),
            "timestamp" | "timestamp-tz" => {
                assert_eq!(shown, text().replace('T', " ").trim_end_matches('Z'), "{name} {literal}");
            }
            "unsigned64" if name.starts_with("BIT") => {
                assert_eq!(u64::from_str_radix(&shown, 16), text().parse(), "{name} {literal}");
            }
            _ => assert_eq!(shown, text(), "{name} {literal}"),
        }
    }
}

#[test]
fn large_texts_go_both_ways() {
    let setup = on::<MariaDb>(json!({"limits": {"input_bytes": 8 << 20}}));
    let own = "ä\u{1F600}".repeat(175_000);
    let ask = json!({"statement": "SELECT :own AS own, LENGTH(:own) AS length", "named": [["own", {"text": own}]]});
    let told = setup.invoke("query", &ask).output();
    assert!(told["rows"][0][0]["text"] == json!(own), "another text came back");
    assert_eq!(told["rows"][0][1], json!({"int64": own.len().to_string()}));
}

#[test]
fn what_is_no_value_of_its_type_is_refused() {
    let setup = on::<MariaDb>(json!({}));
    setup.server.sql("CREATE TABLE t (i INT, d DECIMAL(4,2), s VARCHAR(3), at DATETIME)");
    for (column, value, code) in [
        ("i", json!({"int64": "2147483648"}), "invalid-value"),
        ("i", json!({"text": "seven"}), "invalid-value"),
        ("d", json!({"decimal": "123.45"}), "invalid-value"),
        ("d", json!({"decimal": "1; DROP TABLE t"}), "invalid-request"),
        ("d", json!({"float64": "NaN"}), "invalid-request"),
        ("d", json!({"float64": "inf"}), "invalid-request"),
        ("s", json!({"text": "four"}), "invalid-value"),
        ("at", json!({"timestamp": "2026-02-30T00:00:00"}), "invalid-value"),
        ("at", json!({"timestamp": "0000-00-00 00:00:00"}), "invalid-value"),
    ] {
        let statement = format!("INSERT INTO t ({column}) VALUES (:v)");
        let failure = setup.failure("execute", &json!({"statement": statement, "named": [["v", value]]}));
        assert_eq!(failure["code"], code, "{column}: {failure}");
    }
    assert_eq!(setup.server.sql("SELECT count(*) FROM t"), "0");
}
