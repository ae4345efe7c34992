use serde_json::{Value, json};

use super::super::{Action, ConnectorDefinition};
use super::*;
use crate::database::{Scalar, Value as Own};
use crate::schema::Document;

fn read(database: &Value) -> Result<DatabaseDefinition, Vec<Violation>> {
    let definition = json!({
        "name": "orders", "type": "database", "input_schema": true, "output_schema": true, "database": database,
    });
    let read = ConnectorDefinition::read(&definition, "")?;
    match read.action {
        Action::Database(database) => Ok(DatabaseDefinition::clone(&database)),
        Action::Http(_) | Action::Grpc(_) | Action::Function(_) => panic!("another type"),
    }
}

fn refused(database: &Value) -> Vec<(String, String)> {
    read(database).unwrap_err().into_iter().map(|wrong| (wrong.pointer, wrong.rule)).collect()
}

#[test]
fn a_definition_reads_only_unless_it_says_otherwise() {
    let own = read(&json!({"engine": "postgresql", "statement": "SELECT :a"})).unwrap();
    assert!(own.read_only && own.mode == Mode::Rows && own.max_rows == 1_000 && own.destination.is_none());
    let update = json!({"engine": "mysql", "statement": "UPDATE t SET a = :a", "mode": "execute"});
    assert_eq!(refused(&update), [("/database/statement".to_owned(), "read_only".to_owned())]);
    let mut update = update;
    update["read_only"] = false.into();
    assert_eq!(read(&update).unwrap().mode, Mode::Execute);
}

#[test]
fn what_can_not_run_is_refused_with_its_place() {
    for (database, pointer, rule) in [
        (json!({"engine": "oracle", "statement": "SELECT 1"}), "/database/engine", "enum"),
        (json!({"engine": "mysql", "statement": "SELECT 1; SELECT 2"}), "/database/statement", "statement"),
        (json!({"engine": "mysql", "statement": "SELECT $1"}), "/database/statement", "statement"),
        (json!({"engine": "mysql", "statement": "SELECT 1", "mode": "all"}), "/database/mode", "enum"),
        (json!({"engine": "mysql", "statement": "SELECT 1", "max_rows": 0}), "/database/max_rows", "type"),
        (json!({"engine": "mysql", "statement": "SELECT 1", "destination": "A B"}), "/database/destination", "name"),
        (json!({"engine": "mysql", "statement": "SELECT 1", "dsn": "x"}), "/database/dsn", "unknown"),
        (json!({"engine": "mysql"}), "/database", "required"),
    ] {
        assert!(
            refused(&database).contains(&(pointer.to_owned(), rule.to_owned())),
            "{database}: {:?}",
            refused(&database)
        );
    }
}

#[test]
fn the_input_schema_has_the_parameters() {
    let definition = json!({
        "name": "orders", "type": "database", "output_schema": true,
        "input_schema": {"type": "object", "properties": {"a": {"type": "integer"}}},
        "database": {"engine": "postgresql", "statement": "SELECT :a, :b"},
    });
    let wrong = ConnectorDefinition::read(&definition, "").unwrap().check("").unwrap_err();
    assert_eq!(wrong.len(), 1);
    assert!(wrong[0].detail.contains("`:b`"), "{wrong:?}");
}

#[test]
fn values_of_the_input_keep_their_digits() {
    let own = read(&json!({"engine": "postgresql", "statement": "SELECT :a, :b, :c, :d, :e, :f, :g"})).unwrap();
    let text = r#"{"a": 9007199254740993, "b": 1.10, "c": "x", "d": [1, "y", null], "e": {"k": 1.0}, "g": 1.0}"#;
    let document = Document::parse(text).unwrap();
    let bound = own.bind(document.root()).unwrap();
    assert_eq!(bound[0], Scalar::Int64(9_007_199_254_740_993).into());
    assert_eq!(bound[1], Scalar::Decimal("1.10".to_owned()).into());
    assert_eq!(bound[2], Scalar::Text("x".to_owned()).into());
    let Own::Array(array) = &bound[3] else { panic!() };
    assert_eq!(array.items, [Scalar::Int64(1), Scalar::Text("y".to_owned()), Scalar::Null]);
    assert_eq!(bound[4], Scalar::Json(r#"{"k":1.0}"#.to_owned()).into());
    assert_eq!(bound[5], Own::NULL);
    // JSON Schema counts it as an integer.
    assert_eq!(bound[6], Scalar::Int64(1).into());
    let nested = Document::parse(r#"{"a": [[1.10], {"k": 1}]}"#).unwrap();
    let Own::Array(array) = &own.bind(nested.root()).unwrap()[0] else { panic!() };
    assert_eq!(array.items, ["[1.10]", r#"{"k":1}"#].map(|text| Scalar::Json(text.to_owned())));
    let compared = read(&json!({"engine": "postgresql", "statement": "SELECT 1 WHERE 1 IN (:a)"})).unwrap();
    for wrong in [r#"{"a": [[1]]}"#, r#"{"a": [{}]}"#, "{\"a\": \"\\u0000\"}"] {
        assert!(compared.bind(Document::parse(wrong).unwrap().root()).is_err(), "{wrong}");
    }
}

#[test]
fn schemas_follow_from_what_the_server_says() {
    let own =
        read(&json!({"engine": "postgresql", "statement": "SELECT id FROM t WHERE id IN (:ids) AND n > :n"})).unwrap();
    let types = [Some("int8[]".to_owned()), Some("numeric".to_owned())];
    let columns = [("id".to_owned(), "int8".to_owned()), ("at".to_owned(), "timestamptz".to_owned())];
    let schemas = derived(&own, &types, &columns).unwrap();
    assert_eq!(schemas.input["required"], json!(["ids", "n"]));
    assert_eq!(schemas.input["properties"]["ids"]["items"]["type"], "integer");
    assert_eq!(schemas.input["properties"]["n"]["type"], json!(["number", "string"]));
    let row = &schemas.output["properties"]["rows"]["items"];
    assert_eq!(row["properties"]["id"]["type"], json!(["integer", "null"]));
    assert_eq!(row["properties"]["at"]["type"], json!(["string", "null"]));
    let twice = [("id".to_owned(), "int8".to_owned()), ("id".to_owned(), "int8".to_owned())];
    assert!(derived(&own, &types, &twice).unwrap_err().contains("`id`"));
    // MySQL knows no types of parameters.
    let unknown = derived(&own, &[None, None], &columns).unwrap();
    assert_eq!(unknown.input["properties"]["ids"]["type"], "array");
    let any = json!(["string", "number", "boolean"]);
    assert_eq!(unknown.input["properties"]["ids"]["items"]["type"], any);
    assert_eq!(unknown.input["properties"]["n"]["type"], any);
    // What a schema lets through can be bound: no text as JSON, nothing as bytes.
    let types = ["json[]", "jsonb"].map(|own| Some(own.to_owned()));
    assert_eq!(unfit_parameter(&own, &types), None);
    let schemas = derived(&own, &types, &columns).unwrap();
    assert_eq!(schemas.input["properties"]["n"]["type"], json!(["object", "array", "number", "boolean"]));
    for bytes in ["bytea", "bytea[]"] {
        let types = [Some("int8[]".to_owned()), Some(bytes.to_owned())];
        assert!(unfit_parameter(&own, &types).unwrap().contains("decode(:n, 'base64')"), "{bytes}");
    }
}
