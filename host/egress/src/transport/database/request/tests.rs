use lockgate_domain::database::Dimension;

use super::*;

fn query(statement: &str, parameters: Parameters) -> Query {
    Query {
        database: None,
        statement: StatementText::Written(statement.to_owned()),
        parameters,
        read_only: false,
        max_rows: None,
        timeouts: Timeouts::default(),
    }
}

fn named(values: &[(&str, Value)]) -> Parameters {
    Parameters::Named(values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

fn text(bytes: usize) -> Value {
    Scalar::Text("x".repeat(bytes)).into()
}

fn refused(engine: Engine, query: &Query) -> String {
    query.bind(engine).err().unwrap().to_string()
}

fn numbers(count: usize) -> Value {
    let items = (0..count as i64).map(Scalar::Int64).collect();
    Value::Array(Array { element: String::new(), dimensions: Vec::new(), items })
}

#[test]
fn an_array_is_what_its_dimensions_say_on_every_engine() {
    for (lengths, items, expected) in
        [(vec![1; 1_000_000], 1, "at most 6 dimensions"), (vec![2, 1], 3, "another number of items")]
    {
        let dimensions: Vec<_> = lengths.into_iter().map(|length| Dimension { length, first: 1 }).collect();
        let array = Array { element: String::new(), dimensions, items: vec![Scalar::Int64(1); items] };
        let query = query("SELECT $1", Parameters::Numbered(vec![Value::Array(array)]));
        for engine in [Engine::Postgresql, Engine::Redshift, Engine::Mysql] {
            let error = refused(engine, &query);
            assert!(error.contains(expected), "{engine}: {error}");
        }
    }
}

#[test]
fn a_value_is_not_multiplied_without_a_bound() {
    // A value for each place would take more than 20 GB.
    let many = format!("SELECT :a{}", ",:a".repeat(20_000));
    let large = query(&many, named(&[("a", text(1024 * 1024))]));
    assert!(refused(Engine::Mysql, &large).contains("in several places"));
    assert_eq!(large.bind(Engine::Postgresql).unwrap().values.len(), 1);
    let small = query(&many, named(&[("a", Scalar::Int64(1).into())]));
    assert_eq!(small.bind(Engine::Mysql).unwrap().values.len(), 20_001);
    // What was given may be as large as it is.
    let one = query("SELECT :a", named(&[("a", text(2 * REPEATED_BYTES_MAX))]));
    assert!(one.bind(Engine::Mysql).is_ok());
    let lists = format!("SELECT 1 FROM t WHERE a IN (:a){}", " OR a IN (:a)".repeat(4_000));
    let lists = query(&lists, named(&[("a", numbers(100))]));
    assert!(refused(Engine::Mysql, &lists).contains("65535 values"));
    assert!(refused(Engine::Redshift, &lists).contains("32767 values"));
    assert_eq!(lists.bind(Engine::Postgresql).unwrap().values.len(), 1);
}

#[test]
fn a_list_has_as_many_items_as_a_statement_has_places() {
    let query = |count| query("SELECT 1 FROM t WHERE a IN (:a)", named(&[("a", numbers(count))]));
    assert!(refused(Engine::Redshift, &query(500_000)).contains("32767 values"));
    assert_eq!(query(32_767).bind(Engine::Redshift).unwrap().values.len(), 32_767);
    assert_eq!(query(65_535).bind(Engine::Mysql).unwrap().values.len(), 65_535);
    assert_eq!(query(500_000).bind(Engine::Postgresql).unwrap().values.len(), 1);
}

#[test]
fn names_and_values_meet_once() {
    let one = || Value::from(Scalar::Int64(1));
    for (given, expected) in [
        (vec![("a", one())], "the parameter `b` has no value"),
        (vec![("a", one()), ("b", one()), ("a", one())], "the parameter `:a` has two values"),
        (vec![("a", one()), ("c", one())], "a value was given for `:c`"),
    ] {
        let error = refused(Engine::Postgresql, &query("SELECT :a, :b", named(&given)));
        assert!(error.contains(expected), "{error}");
    }
    let error = refused(Engine::Postgresql, &query("SELECT $1", named(&[("1", one())])));
    assert!(error.contains("`:1`, which the statement has not"), "{error}");
    let bound = query("SELECT :b, :a, :b", named(&[("a", one()), ("b", text(1))])).bind(Engine::Postgresql).unwrap();
    assert_eq!(*bound.values, [text(1), one()]);
}
