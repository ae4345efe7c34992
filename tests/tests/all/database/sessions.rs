//! One session, used by one call after the other: nothing of a call reaches the next.

use lockgate_tests::{equal, eventually};
use serde_json::{Value, json};

use super::{Setup, setup};

fn ask(statement: &str) -> Value {
    json!({"statement": statement})
}

fn prepared() -> Setup {
    let setup = setup(json!({}));
    setup.server.sql(
        "CREATE ROLE other; GRANT other TO ada; CREATE SCHEMA elsewhere AUTHORIZATION ada; CREATE SEQUENCE numbers; \
         CREATE TABLE items (id serial PRIMARY KEY); GRANT ALL ON numbers, items, items_id_seq TO ada; \
         GRANT CREATE, TEMP ON DATABASE orders TO ada",
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
                activity if activity == "ada|idle|DISCARD ALL" => Ok(()),
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
    // They look at views of the server, so that no function is called for which a session would be reset before.
    let of_setting = |name: &str| format!("SELECT setting FROM pg_settings WHERE name = '{name}'");
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
        ("DECLARE own CURSOR WITH HOLD FOR SELECT 1", count("pg_cursors WHERE name = 'own'"), "0"),
        (
            "DO $$ BEGIN EXECUTE 'PREPARE own AS SELECT 1'; END $$",
            count("pg_prepared_statements WHERE name = 'own'"),
            "0",
        ),
    ] {
        let alone = || drop(setup.invoke("execute", &ask(leave)).status(200));
        let together = || drop(setup.invoke("together", &json!({"asks": [ask(leave)]})).status(200));
        assert_eq!(setup.next_user(alone, || setup.one(&look)), expected, "after `{leave}` alone");
        assert_eq!(setup.next_user(together, || setup.one(&look)), expected, "after `{leave}` in a transaction");
    }
}

/// Also what a statement leaves that is not reset after, since most statements never ask for it.
#[test]
fn what_a_session_remembers_of_its_last_insert_is_not_seen() {
    let setup = prepared();
    let insert = ask("INSERT INTO items DEFAULT VALUES");
    let look = ask("SELECT lastval()");
    for (connector, input) in
        [("query", look.clone()), ("sum", look.clone()), ("together", json!({"asks": [look.clone()]}))]
    {
        setup.no_session();
        setup.invoke("execute", &insert).status(200);
        let failure = setup.failure(connector, &input);
        assert_eq!(failure["details"]["sqlstate"], "55000", "{connector}: {failure}");
        assert_eq!(setup.server.sessions(), 1, "the session of the insert was used");
    }
    // Within a transaction it is there.
    let told = setup.invoke("together", &json!({"asks": [insert, look]})).output();
    assert_eq!(told[1]["rows"][0][0], json!({"int64": "4"}));
}
