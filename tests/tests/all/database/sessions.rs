//! One session, used by one call after the other: nothing of a call reaches the next.

use lockgate_tests::database_servers::Redshift;
use lockgate_tests::{equal, eventually};
use serde_json::{Value, json};

use super::{Server, Setup, on, setup};

fn ask(statement: &str) -> Value {
    json!({"statement": statement})
}

fn prepared() -> Setup {
    let setup = setup(json!({}));
    setup.server.sql(
        "CREATE ROLE other; GRANT other TO ada; CREATE SCHEMA elsewhere AUTHORIZATION ada; CREATE SEQUENCE numbers; \
         CREATE TABLE items (id serial PRIMARY KEY); GRANT ALL ON numbers, items, items_id_seq TO ada; \
         GRANT CREATE, TEMP ON DATABASE orders TO ada; \
         CREATE VIEW own_settings AS SELECT name, setting FROM pg_settings; \
         CREATE VIEW own_cursors AS SELECT name FROM pg_cursors; \
         CREATE VIEW own_statements AS SELECT name FROM pg_prepared_statements; \
         CREATE TABLE audited (what text); \
         CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE NEW.what; RETURN NEW; END $$; \
         CREATE TRIGGER audit BEFORE INSERT OR UPDATE ON audited FOR EACH ROW EXECUTE FUNCTION audit(); \
         GRANT ALL ON own_settings, own_cursors, own_statements, audited TO ada",
    );
    setup
}

impl Setup {
    /// Ends the sessions of the host, so that the next call opens the only one.
    fn no_session(&self) {
        self.server.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'ada'");
        eventually("no session is left", || equal(self.server.sessions(), &0));
    }

    /// Lets a call leave something, waits until its session was reset, and lets the next one use it. A session that was
    /// reset is in the pool a moment later: when the next call was sooner, it had another, and both calls are made again.
    fn next_user(&self, leave: impl Fn(), look: impl Fn() -> String) -> String {
        eventually("the session has a next user", || {
            self.no_session();
            leave();
            eventually("the session is reset", || match self.server.activity() {
                activity if activity == "ada|idle|RESET ROLE" => Ok(()),
                activity => Err(activity),
            });
            let seen = look();
            if self.server.sessions() == 1 { Ok(seen) } else { Err(self.server.activity()) }
        })
    }
}

#[test]
fn the_state_of_a_session_does_not_reach_its_next_user() {
    let setup = prepared();
    // They look at views, so that the session is not reset before, as it would be for what is known to show it.
    let of_setting = |name: &str| format!("SELECT setting FROM own_settings WHERE name = '{name}'");
    let count = |from: &str| format!("SELECT count(*) FROM {from}");
    for (leave, look, expected) in [
        ("SET search_path TO elsewhere", of_setting("search_path"), "\"$user\", public"),
        ("SELECT set_config('search_path', 'elsewhere', false)", of_setting("search_path"), "\"$user\", public"),
        ("SET work_mem TO '1234kB'", of_setting("work_mem"), "4096"),
        ("SET ROLE other", "SELECT current_user::text".to_owned(), "ada"),
        ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", of_setting("default_transaction_read_only"), "off"),
        ("CREATE TEMP TABLE left_here (id int)", count("pg_class WHERE relname = 'left_here'"), "0"),
        ("SELECT pg_advisory_lock(7)", count("pg_locks WHERE locktype = 'advisory'"), "0"),
        ("LISTEN channel", "SELECT count(*) FROM pg_listening_channels() AS own".to_owned(), "0"),
        ("DECLARE own CURSOR WITH HOLD FOR SELECT 1", count("own_cursors WHERE name = 'own'"), "0"),
        ("DO $$ BEGIN EXECUTE 'PREPARE own AS SELECT 1'; END $$", count("own_statements WHERE name = 'own'"), "0"),
        (
            "UPDATE pg_settings SET setting = 'elsewhere' WHERE name = 'search_path'",
            of_setting("search_path"),
            "\"$user\", public",
        ),
        ("SELECT 1 AS id INTO U&\"\\0070g_temp\".left_here", count("pg_class WHERE relname = 'left_here'"), "0"),
        // Behind a comment that ends with a carriage return, and in a text that goes on.
        ("--\rSET search_path TO elsewhere /*\nSELECT 1 */", of_setting("search_path"), "\"$user\", public"),
        (
            "SELECT E'x'\n'\\' || ' , set_config($$search_path$$, $$elsewhere$$, false) --'",
            of_setting("search_path"),
            "\"$user\", public",
        ),
        // By a trigger.
        ("INSERT INTO audited VALUES ('SET search_path TO elsewhere')", of_setting("search_path"), "\"$user\", public"),
        ("INSERT INTO audited VALUES ('SET ROLE other')", "SELECT current_user::text".to_owned(), "ada"),
        (
            "WITH x AS (INSERT INTO audited VALUES ('CREATE TEMP TABLE left_here (id int)') RETURNING 1) SELECT * FROM x",
            count("pg_class WHERE relname = 'left_here'"),
            "0",
        ),
    ] {
        let alone = || drop(setup.invoke("execute", &ask(leave)).status(200));
        let together = || drop(setup.invoke("together", &json!({"asks": [ask(leave)]})).status(200));
        assert_eq!(setup.next_user(alone, || setup.one(&look)), expected, "after `{leave}` alone");
        assert_eq!(setup.next_user(together, || setup.one(&look)), expected, "after `{leave}` in a transaction");
    }
}

#[test]
fn what_a_session_remembers_of_its_last_insert_is_not_seen() {
    let setup = prepared();
    let insert = ask("INSERT INTO items DEFAULT VALUES");
    let look = ask("SELECT lastval()");
    for (connector, input) in
        [("query", look.clone()), ("sum", look.clone()), ("together", json!({"asks": [look.clone()]}))]
    {
        let leave = || drop(setup.invoke("execute", &insert).status(200));
        let seen = setup.next_user(leave, || setup.failure(connector, &input)["details"]["sqlstate"].to_string());
        assert_eq!(seen, "\"55000\"", "{connector}");
    }
    // Within a transaction it is there.
    let told = setup.invoke("together", &json!({"asks": [insert, look]})).output();
    assert_eq!(told[1]["rows"][0][0]["int64"].as_str().map(str::is_empty), Some(false));
}

/// Views, casts and operators run functions of the database's own, which no text of a statement shows.
#[test]
fn what_is_left_while_rows_are_read_does_not_reach_the_next_user() {
    let setup = prepared();
    let mut made = "CREATE FUNCTION leave(what text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN EXECUTE what; RETURN what; END $$; \
                    GRANT EXECUTE ON FUNCTION leave(text) TO ada; "
        .to_owned();
    let of_setting = |name: &str| format!("SELECT setting FROM own_settings WHERE name = '{name}'");
    let count = |from: &str| format!("SELECT count(*) FROM {from}");
    let cases = [
        ("SET search_path TO elsewhere", of_setting("search_path"), "\"$user\", public"),
        ("SET work_mem TO ''1234kB''", of_setting("work_mem"), "4096"),
        ("SET statement_timeout TO 86400000", of_setting("statement_timeout"), "32768"),
        ("SET ROLE other", "SELECT current_user::text".to_owned(), "ada"),
        ("CREATE TEMP TABLE left_here (id int)", count("pg_class WHERE relname = 'left_here'"), "0"),
        ("SELECT pg_advisory_lock(7)", count("pg_locks WHERE locktype = 'advisory'"), "0"),
        ("LISTEN channel", "SELECT count(*) FROM own_channels".to_owned(), "0"),
        ("DECLARE own CURSOR WITH HOLD FOR SELECT 1", count("own_cursors WHERE name = 'own'"), "0"),
    ];
    for (index, (leave, ..)) in cases.iter().enumerate() {
        made.push_str(&format!("CREATE VIEW leaving_{index} AS SELECT leave('{leave}') AS done; "));
    }
    made.push_str(
        "CREATE VIEW own_channels AS SELECT pg_listening_channels() AS own; \
         CREATE FUNCTION leaves(int, text) RETURNS text LANGUAGE sql AS 'SELECT leave($2)'; \
         CREATE OPERATOR === (LEFTARG = int, RIGHTARG = text, FUNCTION = leaves); \
         GRANT SELECT ON ALL TABLES IN SCHEMA public TO ada",
    );
    setup.server.sql(&made);
    let reset = |setup: &Setup| {
        eventually("the session is reset", || match setup.server.activity() {
            // In the batch of a statement, behind a transaction, behind what was refused, and all of it.
            activity
                if ["SET statement_timeout", "CLOSE ALL; ", "ROLLBACK; ", "RESET ROLE"]
                    .iter()
                    .any(|last| activity.strip_prefix("ada|idle|").is_some_and(|done| done.starts_with(last))) =>
            {
                Ok(())
            }
            activity => Err(activity),
        });
    };
    // A session is in use again as soon as it was given back, and that is a moment after the answer.
    let next = |leave: &dyn Fn(), look: &str| {
        eventually("the session has a next user", || {
            setup.no_session();
            leave();
            reset(&setup);
            let seen = setup.one(look);
            if setup.server.sessions() == 1 { Ok(seen) } else { Err(setup.server.activity()) }
        })
    };
    for (index, (leave, look, expected)) in cases.iter().enumerate() {
        let view = ask(&format!("SELECT done FROM leaving_{index}"));
        let alone = || drop(setup.invoke("query", &view).status(200));
        let together = || drop(setup.invoke("together", &json!({"asks": [view]})).status(200));
        assert_eq!(next(&alone, look), *expected, "after `{leave}` alone");
        assert_eq!(next(&together, look), *expected, "after `{leave}` in a transaction");
    }
    let operator = ask("SELECT 1 === 'SET search_path TO elsewhere' AS done");
    let leave = || drop(setup.invoke("query", &operator).status(200));
    assert_eq!(next(&leave, &of_setting("search_path")), "\"$user\", public", "after an operator");
    // Also where the statement fails behind it.
    let failing = ask("SELECT 1 / (length(done) - length(done)) AS n FROM leaving_5");
    let leave = || drop(setup.failure("query", &failing));
    assert_eq!(next(&leave, &cases[5].1), "0", "after an error");
}

/// The role of the destination is that of every session, whoever used it before.
#[test]
fn the_role_of_a_destination_is_kept() {
    let setup = prepared();
    setup.server.sql("ALTER ROLE ada SET role = 'other'");
    let role = "SELECT current_user::text";
    for leave in ["SET ROLE NONE", "RESET ALL", "SET SESSION AUTHORIZATION DEFAULT"] {
        let seen = setup.next_user(|| drop(setup.invoke("execute", &ask(leave)).status(200)), || setup.one(role));
        assert_eq!(seen, "other", "after `{leave}`");
    }
    for _ in 0..3 {
        assert_eq!(setup.one(role), "other");
    }
}

/// A value that was written in another style would be read as another one, or as a part of one.
#[test]
fn a_style_that_is_set_for_one_transaction_is_noticed() {
    let setup = prepared();
    setup.server.sql(
        "CREATE FUNCTION styled(style text) RETURNS date LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM set_config('DateStyle', style, true); RETURN DATE '2026-11-29'; END $$; \
         CREATE VIEW german AS SELECT styled('German, DMY') AS day; CREATE VIEW iso AS SELECT styled('ISO, DMY') AS day; \
         CREATE FUNCTION short() RETURNS float8 LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM set_config('extra_float_digits', '-3', true); RETURN 0.1::float8 + 0.2; END $$; \
         CREATE VIEW short AS SELECT short() AS n; GRANT SELECT ON german, iso, short TO ada",
    );
    assert_eq!(setup.one("SELECT day::text FROM iso"), "2026-11-29");
    for (statement, setting) in
        [("SELECT day FROM german", "DateStyle"), ("SELECT n FROM short", "extra_float_digits")].repeat(2)
    {
        let failure = setup.failure("query", &ask(statement));
        assert!(failure["message"].as_str().is_some_and(|message| message.contains(setting)), "{failure}");
    }
}

/// There nothing can be reset: what a view has set is taken back with the transaction, also of rows that are read in steps.
#[test]
fn on_redshift_what_reads_leaves_nothing() {
    let setup = on::<Redshift>(json!({}));
    setup.server.sql(
        "CREATE FUNCTION leave() RETURNS int8 LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM set_config('search_path', 'elsewhere', false); RETURN 1; END $$; \
         CREATE VIEW leaving AS SELECT leave() AS n; CREATE VIEW own_path AS SELECT current_setting('search_path'); \
         GRANT ALL ON leaving, own_path TO ada",
    );
    let ask = |view: &str| json!({"statement": format!("SELECT * FROM public.{view}"), "read_only": true});
    let path = || setup.invoke("query", &ask("own_path")).output()["rows"].clone();
    let before = path();
    assert_eq!(setup.invoke("sum", &ask("leaving")).output()["sum"], 1);
    assert_eq!(path(), before);
    assert_eq!(setup.invoke("query", &ask("leaving")).output()["rows"], json!([[{"int64": "1"}]]));
    assert_eq!(path(), before);
}
