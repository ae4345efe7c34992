//! Redshift, as far as a proxy before PostgreSQL refuses what Redshift refuses.

use lockgate_tests::database_group::{self, call};
use std::fs;

use lockgate_tests::database_servers::redshift::REFUSALS;
use lockgate_tests::database_servers::{Redshift, USER};
use lockgate_tests::{Authority, Host, root};
use serde_json::{Value, json};

fn host(redshift: &Redshift, authority: &Authority, user: &str, connectors: &[(&str, Value)]) -> Host {
    database_group::host("redshift", redshift.port(), authority, user, connectors)
}

#[test]
fn statements_run_without_what_redshift_lacks() {
    let authority = Authority::new();
    let redshift = Redshift::start(&authority);
    redshift.server().sql(&format!(
        "CREATE TABLE t (id bigint, name varchar(10), price numeric(10,2), f float8); ALTER TABLE t OWNER TO {USER}; \
         INSERT INTO t VALUES (1, 'a', 1.10, 0.1), (2, 'b', 2.20, 1e300), (9007199254740993, 'c', NULL, 'NaN')"
    ));
    let read = json!({"statement": "SELECT id, name, price, f FROM t WHERE name IN (:names) ORDER BY id"});
    let write = json!({"statement": "INSERT INTO t (id) VALUES (:id::bigint)", "mode": "execute", "read_only": false});
    let set = json!({"statement": "SET search_path TO pg_catalog", "mode": "execute", "read_only": false});
    let path = json!({"statement": "SELECT current_setting('search_path') AS path", "read_only": false});
    let sneaky = json!({"statement": "WITH x AS (SELECT 1) SELECT * FROM x"});
    let connectors = [("read", read), ("write", write), ("set", set), ("path", path), ("with", sneaky)];
    for user in [USER, Redshift::MD5_USER] {
        let host = host(&redshift, &authority, user, &connectors);
        let output = call(&host, "read", &json!({"names": ["a", "c", "x"]})).output();
        let expected = json!([
            {"id": 1, "name": "a", "price": "1.10", "f": 0.1},
            {"id": 9_007_199_254_740_993_i64, "name": "c", "price": null, "f": "NaN"},
        ]);
        assert_eq!(output["rows"], expected, "{user}");
        assert_eq!(call(&host, "read", &json!({"names": []})).output()["rows"], json!([]));
        call(&host, "with", &json!({})).status(200);
        let before = call(&host, "path", &json!({})).output();
        call(&host, "set", &json!({})).status(200);
        assert_eq!(call(&host, "path", &json!({})).output(), before, "{user}");
    }
    let host = host(&redshift, &authority, USER, &connectors);
    assert_eq!(call(&host, "write", &json!({"id": 5})).output(), json!({"changed": 1}));
    // What could see something that others left gets a session of its own.
    call(&host, "path", &json!({})).status(200);
    assert_eq!(redshift.refused(), 0);
    assert!(redshift.server().log().contains("READ ONLY"), "reading is a transaction's matter here");
}

/// A statement that only reads is in a transaction here, which has to begin again too.
#[test]
fn a_table_that_has_changed_is_read_as_it_is_now() {
    let authority = Authority::new();
    let redshift = Redshift::start(&authority);
    redshift
        .server()
        .sql(&format!("CREATE TABLE t (n int, m text); ALTER TABLE t OWNER TO {USER}; INSERT INTO t VALUES (1, 'a')"));
    let read = json!({"statement": "SELECT * FROM t"});
    let host = host(&redshift, &authority, USER, &[("read", read)]);
    let rows = || call(&host, "read", &json!({})).output()["rows"].clone();
    assert_eq!(rows(), json!([{"n": 1, "m": "a"}]));
    redshift.server().sql("ALTER TABLE t ALTER COLUMN n TYPE text, ADD COLUMN more int DEFAULT 2");
    assert_eq!(rows(), json!([{"n": "1", "m": "a", "more": 2}]));
}

/// What the proxy refuses is what the page says, with where that comes from.
#[test]
fn the_page_has_every_source() {
    let page = fs::read_to_string(root().join("docs/database.md")).unwrap();
    let (_, section) = page.split_once("## Amazon Redshift").unwrap();
    let missing: Vec<_> = REFUSALS.iter().filter(|refusal| !section.contains(refusal.source)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
    // Functions by their names; the types are named in many ways.
    for refusal in REFUSALS.iter().filter(|refusal| refusal.code == "42883") {
        let name = refusal.words[0];
        let family = name.split_once("advisory_").map_or(name.to_owned(), |(start, _)| format!("{start}advisory_…"));
        assert!(section.contains(&format!("`{family}`")), "{name}");
    }
}
