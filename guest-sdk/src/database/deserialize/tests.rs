use super::super::{Array, Bytes, Column, Columns, Dimension, Row, Value};
use serde::{Deserialize, de::DeserializeOwned};
use std::{collections::BTreeMap, sync::Arc};

fn row<const N: usize>(values: [(&str, Value); N]) -> Row {
    let (names, values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
    let column = |name: &str| Column { name: name.to_owned(), type_name: String::new() };
    Row::new(Arc::new(Columns::new(names.into_iter().map(column).collect())), values)
}

fn only<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    row([("own", value)]).read().map_err(|failure| failure.message().to_owned())
}

fn decimal(text: &str) -> Value {
    Value::Decimal(text.to_owned())
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Open,
    Shipped,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Order {
    id: i64,
    total: String,
    state: State,
    note: Option<String>,
    tags: Vec<String>,
    extra: BTreeMap<String, i64>,
    seal: Bytes,
    paid: bool,
}

#[test]
fn columns_come_into_fields_by_their_names() {
    let text = |text: &str| Value::Text(text.to_owned());
    let read: Order = row([
        ("unknown", Value::Null),
        ("paid", Value::Int64(1)),
        ("id", Value::Int64(i64::MAX)),
        ("total", decimal("12345678901234567890.10")),
        ("state", text("shipped")),
        ("note", Value::Null),
        ("tags", vec!["a", "b"].into()),
        ("extra", Value::Json(r#"{"weight": 3}"#.to_owned())),
        ("seal", Value::Bytes(vec![0, 255])),
    ])
    .read()
    .unwrap();
    let expected = Order {
        id: i64::MAX,
        total: "12345678901234567890.10".to_owned(),
        state: State::Shipped,
        note: None,
        tags: vec!["a".to_owned(), "b".to_owned()],
        extra: BTreeMap::from([("weight".to_owned(), 3)]),
        seal: Bytes(vec![0, 255]),
        paid: true,
    };
    assert_eq!(read, expected);
}

#[test]
fn a_column_is_missing_null_or_there_twice() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Named {
        name: String,
    }
    let message = |row: Row| row.read::<Named>().unwrap_err().message().to_owned();
    assert_eq!(message(row([("other", Value::Null)])), "the row does not fit: missing field `name`");
    let null = message(row([("name", Value::Null)]));
    assert!(null.contains("column `name` is NULL"), "{null}");
    let twice = message(row([("name", "a".into()), ("id", 1.into()), ("id", 2.into())]));
    assert!(twice.contains("two columns have the name `id`"), "{twice}");
    assert_eq!(row([("id", 1.into()), ("id", 2.into())]).read::<(i64, i64)>().unwrap(), (1, 2));
}

#[test]
fn numbers_lose_nothing() {
    assert_eq!(only::<u64>(Value::Unsigned64(u64::MAX)), Ok(u64::MAX));
    assert_eq!(only::<i64>(decimal("-9223372036854775808")), Ok(i64::MIN));
    assert_eq!(only::<u64>(decimal("18446744073709551615")), Ok(u64::MAX));
    assert_eq!(only::<f64>(Value::Int64(1 << 53)), Ok(9_007_199_254_740_992.0));
    assert_eq!(only::<f32>(Value::Float64(0.5)), Ok(0.5));
    assert!(only::<f64>(Value::Int64((1 << 53) + 1)).is_err());
    assert_eq!(only::<f32>(Value::Int64(1 << 24)), Ok(16_777_216.0));
    assert_eq!(only::<f32>(Value::Float64(0.1)), Ok(0.1));
    assert_eq!(only::<f32>(Value::Float64(f64::NEG_INFINITY)), Ok(f32::NEG_INFINITY));
    for lost in [Value::Int64((1 << 24) + 1), Value::Unsigned64((1 << 24) + 1), Value::Int64(-(1 << 24) - 1)] {
        assert!(only::<f32>(lost).is_err());
    }
    for lost in [std::f64::consts::PI, 1e300, 16_777_217.0, 1e-60] {
        assert!(only::<f32>(Value::Float64(lost)).is_err(), "{lost}");
    }
    assert!(only::<f64>(decimal("1.1")).is_err());
    assert!(only::<i64>(decimal("1.0")).is_err());
    assert!(only::<u8>(Value::Int64(256)).is_err());
    assert!(only::<u64>(Value::Int64(-1)).is_err());
    assert!(only::<bool>(Value::Int64(2)).is_err());
}

#[test]
fn values_stand_alone_in_lists_and_in_tuples() {
    assert_eq!(only::<Option<i64>>(Value::Null), Ok(None));
    assert_eq!(only::<Option<i64>>(Value::Int64(1)), Ok(Some(1)));
    assert_eq!(only::<Vec<u8>>(Value::Bytes(vec![7])).map_err(drop), Err(()), "a list of columns");
    assert_eq!(only::<(Vec<u8>,)>(Value::Bytes(vec![7])), Ok((vec![7],)));
    let items = (1..=4).map(Value::from).collect();
    let dimensions = vec![Dimension { length: 2, first: 0 }; 2];
    let square = Value::Array(Array { element: "int4".to_owned(), dimensions, items });
    assert_eq!(only::<(Vec<Vec<i64>>,)>(square), Ok((vec![vec![1, 2], vec![3, 4]],)));
    let two = || row([("a", 1.into()), ("b", "x".into())]);
    assert_eq!(two().read::<(i64, String)>().unwrap(), (1, "x".to_owned()));
    assert!(two().read::<i64>().unwrap_err().message().contains("2 columns"));
    assert!(two().read::<(i64,)>().unwrap_err().message().contains("2 columns"));
}

#[test]
fn json_is_text_or_what_it_says() {
    let json = |text: &str| Value::Json(text.to_owned());
    assert_eq!(only::<String>(json("{\"a\": 1.10}")), Ok("{\"a\": 1.10}".to_owned()));
    assert_eq!(row([("own", json("[1, 2]"))]).read::<(Vec<i64>,)>().unwrap(), (vec![1, 2],));
    assert_eq!(only::<Option<i64>>(json("null")), Ok(None));
    assert_eq!(row([("own", json("{}"))]).read::<(serde_json::Value,)>().unwrap().0, serde_json::json!({}));
}
