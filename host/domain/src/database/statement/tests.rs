use super::*;

fn parse(engine: Engine, text: &str) -> Statement {
    Statement::parse(engine, text).unwrap_or_else(|refused| panic!("{text}: {refused}"))
}

/// The text that PostgreSQL gets, and the names of its parameters.
fn postgresql(text: &str) -> (String, Vec<String>) {
    let statement = parse(Engine::Postgresql, text);
    let names = statement.parameters().iter().map(|parameter| match parameter {
        Parameter::Named(name) => name.clone(),
        Parameter::Numbered(number) => number.to_string(),
    });
    (statement.render(|_| None).unwrap().text, names.collect())
}

#[test]
fn names_become_the_servers_placeholders() {
    let (text, names) = postgresql("SELECT * FROM t WHERE a = :a AND b = :b AND c = :a;\n -- end\n");
    assert_eq!(text, "SELECT * FROM t WHERE a = $1 AND b = $2 AND c = $1");
    assert_eq!(names, ["a", "b"]);
    let mysql = parse(Engine::Mysql, "SELECT * FROM t WHERE a = :a AND b = :b AND c = :a").render(|_| None).unwrap();
    assert_eq!(mysql.text, "SELECT * FROM t WHERE a = ? AND b = ? AND c = ?");
    assert_eq!(mysql.places.iter().map(|place| place.parameter).collect::<Vec<_>>(), [0, 1, 0]);
}

#[test]
fn quotes_comments_casts_and_slices_are_no_parameters() {
    for text in [
        "SELECT ':a'",
        "SELECT 'it''s :a'",
        "SELECT E'\\' :a'",
        "SELECT e'\\\\', ':a'",
        "SELECT \":a\"\"\"",
        "SELECT $$ :a $$",
        "SELECT $x$ $$ :a $y$ $x$",
        "SELECT /* :a /* :b */ :c */ 1",
        "SELECT 1 -- :a",
        "SELECT 1::text",
        "SELECT a[1:2]",
        "SELECT a$1 FROM t",
        "SELECT '{\"a\": 1}'::jsonb ? 'a'",
        "SELECT U&':a'",
    ] {
        assert_eq!(postgresql(text), (text.to_owned(), vec![]), "{text}");
    }
    for text in ["SELECT ':a', \":b\"", "SELECT 'it\\'s :a'", "SELECT `:a```", "SELECT 1 # :a", "SELECT 1--1"] {
        assert!(parse(Engine::Mysql, text).parameters().is_empty(), "{text}");
    }
    // A backslash ends no text of PostgreSQL.
    assert_eq!(postgresql("SELECT '\\', :a").1, ["a"]);
    assert_eq!(postgresql("SELECT :a::int, x::text").0, "SELECT $1::int, x::text");
    // What follows `--` without a blank is a sum to MySQL, and a comment to PostgreSQL.
    assert_eq!(parse(Engine::Mysql, "SELECT 1--:a").parameters().len(), 1);
    assert_eq!(postgresql("SELECT 1--:a").1.len(), 0);
}

#[test]
fn comments_and_texts_end_where_the_server_ends_them() {
    // A carriage return ends a comment of PostgreSQL, and none of MySQL.
    assert_eq!(parse(Engine::Postgresql, "--\rCOMMIT /*\nSELECT 1 */").verb(), "commit");
    assert_eq!(parse(Engine::Redshift, "-- a\rDO $$ $$ /*\nSELECT 1 */").verb(), "do");
    assert_eq!(parse(Engine::Mysql, "-- a\rCOMMIT\nSELECT 1").verb(), "select");
    // A text with escapes goes on in the next line, with escapes.
    for between in ["\n", " \n\t", "--x\n", " /* x */ \n -- y\n"] {
        let text = format!("SELECT E'x'{between}'\\' || ' , set_config($$a$$, $$b$$, false) --'");
        assert!(!parse(Engine::Postgresql, &text).keeps_session(), "{text}");
        let text = format!("SELECT E'x'{between}'\\' || :a'");
        assert_eq!(postgresql(&text).1, [""; 0], "{text}");
    }
    // `E` that stands alone is a name.
    assert_eq!(postgresql("SELECT e '\\', :a").1, ["a"]);
    assert_eq!(postgresql("SELECT 'x'\n'\\', :a").1, ["a"]);
    // Only what is a blank to all engines is one.
    for wrong in ['\u{1}', '\u{b}', '\u{c}', '\u{7f}', '\u{85}'] {
        for engine in [Engine::Postgresql, Engine::Redshift, Engine::Mysql] {
            let refused = Statement::parse(engine, &format!("SELECT 1 --{wrong} 2")).unwrap_err();
            assert_eq!(refused, StatementRefused::Character(wrong));
        }
    }
    for blank in ['\u{a0}', '\u{2003}', '\u{3000}', '\u{feff}'] {
        let text = format!("SELECT 1--{blank}, GET_LOCK('a', 1)");
        assert!(!parse(Engine::Mysql, &text).keeps_session(), "{text}");
        assert_eq!(parse(Engine::Postgresql, &format!("SELECT{blank}1")).verb(), format!("select{blank}1"));
    }
}

#[test]
fn numbers_are_parameters_too() {
    let (text, names) = postgresql("SELECT $2, $1, $2");
    assert_eq!((text.as_str(), names.len()), ("SELECT $1, $2, $1", 2));
    let places = parse(Engine::Postgresql, "SELECT $2, $1, $2").render(|_| None).unwrap().places;
    assert_eq!(places.iter().map(|place| place.parameter).collect::<Vec<_>>(), [1, 0]);
    // One that the text leaves out is a parameter all the same.
    assert_eq!(postgresql("SELECT $3").1.len(), 3);
}

#[test]
fn lists_are_compared_as_arrays_or_item_by_item() {
    let (text, _) = postgresql("SELECT 1 FROM t WHERE a IN (:a) AND b not  in ( :b ) AND c IN (:c, :d)");
    assert_eq!(text, "SELECT 1 FROM t WHERE a = ANY ($1) AND b <> ALL ($2) AND c IN ($3, $4)");
    let statement = parse(Engine::Mysql, "SELECT 1 FROM t WHERE a IN (:a) AND b NOT IN (:b) AND c IN (:c)");
    let lengths = [Some(2), Some(0), None];
    let rendered = statement.render(|index| lengths[index]).unwrap();
    assert_eq!(rendered.text, "SELECT 1 FROM t WHERE a IN (?, ?) AND b NOT IN (SELECT NULL WHERE 1 = 0) AND c IN (?)");
    assert_eq!(rendered.places.len(), 3);
    assert_eq!(rendered.places[1], Place { parameter: 0, item: Some(1), is_list: false });
    assert!(statement.is_list(0));
    let redshift = parse(Engine::Redshift, "SELECT 1 FROM t WHERE a IN (:a) OR b = :b").render(|_| Some(2)).unwrap();
    assert_eq!(redshift.text, "SELECT 1 FROM t WHERE a IN ($1, $2) OR b = $3");
}

#[test]
fn what_is_no_single_statement_is_refused() {
    let refused = |engine, text: &str| Statement::parse(engine, text).unwrap_err();
    for engine in [Engine::Postgresql, Engine::Mysql] {
        assert_eq!(refused(engine, "SELECT 1; DROP TABLE t"), StatementRefused::Several);
        assert_eq!(refused(engine, "SELECT 1;; ;SELECT 2"), StatementRefused::Several);
        assert_eq!(refused(engine, " -- nothing\n ; "), StatementRefused::Empty);
        assert_eq!(refused(engine, ""), StatementRefused::Empty);
        assert_eq!(refused(engine, "SELECT 'a"), StatementRefused::Unterminated("text in '…'"));
        assert_eq!(refused(engine, "SELECT /* a"), StatementRefused::Unterminated("comment"));
        assert_eq!(refused(engine, "SELECT 1\0"), StatementRefused::Character('\0'));
        assert_eq!(refused(engine, &"x".repeat(70_000)), StatementRefused::TooLong);
        assert_eq!(refused(engine, "SELECT :a, $1"), StatementRefused::Mixed);
        assert_eq!(refused(engine, "SELECT $0"), StatementRefused::Number("$0".to_owned()));
        assert!(matches!(refused(engine, "SELECT $99999999999999999999999"), StatementRefused::Number(_)));
        let many: String = (0..1_001).map(|number| format!(", :a{number}")).collect();
        assert_eq!(refused(engine, &format!("SELECT 1{many}")), StatementRefused::TooMany);
    }
    assert!(matches!(refused(Engine::Postgresql, "SELECT $a$ b"), StatementRefused::Unterminated(_)));
    assert_eq!(refused(Engine::Mysql, "SELECT /*!50000 1 */"), StatementRefused::ExecutableComment);
    assert_eq!(refused(Engine::Mysql, "SELECT /*M! 1 */"), StatementRefused::ExecutableComment);
    assert_eq!(refused(Engine::Mysql, "SELECT ?"), StatementRefused::QuestionMark);
    // To MySQL the first `*/` ends a comment, to PostgreSQL the one that belongs to it.
    assert_eq!(refused(Engine::Postgresql, "SELECT 1 /* /* */"), StatementRefused::Unterminated("comment"));
    assert_eq!(parse(Engine::Mysql, "SELECT 1 /* /* */").verb(), "select");
}

#[test]
fn what_could_stay_in_a_session_is_known() {
    for text in [
        "SELECT id, count(*) FROM orders WHERE a IN (1, 2) AND lower(name) = :n GROUP BY id",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "VALUES (1, 2)",
    ] {
        assert!(parse(Engine::Postgresql, text).keeps_session(), "{text}");
    }
    for text in [
        // A trigger can do anything.
        "INSERT INTO orders (id) VALUES (:a)",
        "UPDATE t SET a = coalesce(:a, a)",
        "DELETE FROM t WHERE a = :a",
        "WITH x AS (INSERT INTO t VALUES (1) RETURNING a) SELECT * FROM x",
        "SELECT set_config('search_path', 'x', false)",
        "SELECT pg_catalog.set_config('search_path', 'x', false)",
        "SELECT \"set_config\"('search_path', 'x', false)",
        "SELECT set_config /* x */ ('search_path', 'x', false)",
        "SELECT lower(pg_advisory_lock(1)::text)",
        "SELECT x.lower('a')",
        "SELECT lastval()",
        "SELECT 1 INTO TEMP t",
        "SELECT 1 AS a INTO t",
        "WITH x AS (SELECT 1 AS a) SELECT a INTO t FROM x",
        "SELECT * FROM pg_temp_3.t",
        "UPDATE pg_settings SET setting = 's' WHERE name = 'search_path'",
        "UPDATE \"pg_settings\" SET setting = 's' WHERE name = 'search_path'",
        "SELECT 999 AS id INTO U&\"\\0070g_temp\".orders",
        "SELECT 999 AS id INTO u&\"!0070g_temp\" UESCAPE '!'.orders",
        "SELECT statement FROM pg_prepared_statements",
        "SELECT * FROM pg_catalog.pg_cursors",
        "SET search_path TO x",
        "PREPARE p AS SELECT 1",
        "LISTEN x",
        "DO $$ BEGIN END $$",
        "CREATE TABLE t ()",
    ] {
        assert!(!parse(Engine::Postgresql, text).keeps_session(), "{text}");
    }
    for text in [
        "SELECT @a",
        "SELECT GET_LOCK('a', 1)",
        "SELECT LAST_INSERT_ID()",
        "SET @a = 1",
        "SELECT PREVIOUS VALUE FOR s",
        "SELECT s.currval",
        "SELECT s.nextval",
        "SELECT NEXT VALUE FOR s",
        "SELECT next /* a */ value for s",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "SELECT 1 INTO x",
        "SELECT SQL_CALC_FOUND_ROWS 1",
        "SELECT * FROM performance_schema.user_variables_by_thread",
    ] {
        assert!(!parse(Engine::Mysql, text).keeps_session(), "{text}");
    }
}

#[test]
fn what_only_reads_is_known_by_its_first_word_and_where_its_rows_go() {
    for (text, reads) in [
        ("select 1", true),
        ("WITH x AS (SELECT 1) SELECT 1", true),
        ("do $$ $$", false),
        ("call p()", false),
        ("explain select 1", true),
        ("explain analyze select 1", false),
        ("EXPLAIN (costs off, ANALYSE) CREATE TABLE t AS SELECT 1", false),
        ("select 'analyze'", true),
        ("select analyze from t", true),
        ("select lo_from_bytea(0, 'x')", false),
        ("select pg_catalog.\"lo_unlink\"(1)", false),
        ("select pg_notify('a', 'b')", false),
        ("select dblink_exec('', 'delete from t')", false),
        ("select \"lo_create\"(0), loaded from t", false),
        ("select lo_create /* a */ (0)", false),
        ("select \"lo_create\", lo_price, loaded from dblink_log", true),
        ("select ts_stat, pg_notify from crosstab", true),
        ("select query_to_xml('select lo_create(0)', true, true, '')", false),
        ("select cursor_to_xmlschema('c', true, true, '')", false),
        ("select ts_stat('select 1')", false),
        ("select ts_status from t", true),
        ("select pg_stat_reset_shared('bgwriter')", false),
        ("select pg_stat_get_numscans(1)", true),
        ("select pg_log_backend_memory_contexts(1)", false),
        ("select pg_import_system_collations('public')", false),
        ("select U&\"l\\006f_create\"(0)", false),
    ] {
        assert_eq!(parse(Engine::Postgresql, text).only_reads(), reads, "{text}");
    }
    for (text, reads) in [
        ("select 1 INTO /* a */ Outfile '/tmp/x'", false),
        ("table t into dumpfile '/tmp/x'", false),
        ("select 'outfile', `outfile` from t", true),
    ] {
        assert_eq!(parse(Engine::Mysql, text).only_reads(), reads, "{text}");
    }
    assert_eq!(parse(Engine::Postgresql, "/* a */ insert INTO t VALUES (1)").verb(), "insert");
}

#[test]
fn places_are_counted_while_they_are_written() {
    for (engine, max) in [(Engine::Mysql, 65_535), (Engine::Redshift, 32_767)] {
        let one = parse(engine, "SELECT 1 FROM t WHERE a IN (:a)");
        assert_eq!(one.render(|_| Some(max)).unwrap().places.len(), max);
        assert_eq!(one.render(|_| Some(max + 1)), Err(StatementRefused::TooManyPlaces(max)));
        assert_eq!(one.render(|_| Some(usize::MAX)), Err(StatementRefused::TooManyPlaces(max)));
        // Where they are the same places, the text grows all the same.
        let again = parse(engine, "SELECT 1 FROM t WHERE a IN (:a) OR b IN (:a)");
        assert_eq!(again.render(|_| Some(max / 2 + 1)), Err(StatementRefused::TooManyPlaces(max)));
    }
    let arrays = parse(Engine::Postgresql, "SELECT 1 FROM t WHERE a IN (:a)");
    assert_eq!(arrays.render(|_| Some(usize::MAX)).unwrap().places.len(), 1);
}

#[test]
fn what_can_last_in_part_is_known() {
    for text in ["CALL p(:a)", "do $$ begin commit; end $$", "execute x", "CREATE INDEX concurrently i ON t (a)"] {
        assert!(parse(Engine::Postgresql, text).commits_in_parts(), "{text}");
    }
    for text in ["CALL p()", "SET STATEMENT max_statement_time = 1 FOR CALL p()", "EXECUTE IMMEDIATE 'CALL p()'"] {
        assert!(parse(Engine::Mysql, text).commits_in_parts(), "{text}");
    }
    for text in ["INSERT INTO call VALUES (1)", "UPDATE t SET a = 'concurrently'", "SELECT p()"] {
        assert!(!parse(Engine::Postgresql, text).commits_in_parts(), "{text}");
    }
}

#[test]
fn why_a_statement_writes_is_said_in_its_own_words() {
    let why = |text| parse(Engine::Postgresql, text).why_it_writes();
    assert_eq!(why("SELECT 1"), None);
    assert!(why("SELECT pg_notify('a', 'b')").unwrap().contains("in spite of a transaction that only reads"));
    assert!(why("DELETE FROM t").unwrap().contains("`DELETE` is no statement that only reads"));
}
