//! Tenants that share the sessions of one connection: none of them, whatever it keeps, has all.

use lockgate_tests::eventually;
use serde_json::{Value, json};

use super::{Setup, setup};

/// A statement that takes a day.
const DAY: &str = "SELECT pg_sleep(86400)";
/// Of the sessions that are open at one time, those that one tenant can have.
const SHARE: usize = 12;

impl Setup {
    /// How many statements of a day run.
    fn days(&self) -> usize {
        self.server.activity().matches("(86400)").count()
    }

    /// A call in the name of a tenant, whose caller waits until this is dropped.
    fn waiting(&self, tenant: &str, connector: &str, input: &Value) -> impl Sized + use<> {
        let body = json!({"input": input, "connection": {"fixed": "main"}}).to_string();
        let head = self.host.head(&format!("g/{connector}"), body.len());
        let head = head.replacen("\r\n\r\n", &format!("\r\nlockgate-tenant: {tenant}\r\n\r\n"), 1);
        self.host.connect().send(head).send(body)
    }
}

#[test]
fn a_tenant_that_keeps_all_it_can_leaves_sessions_to_others() {
    let setup = setup(json!({"limits": {"deadline_ms": 600_000}}));
    let transaction = json!({"before": [], "within": "transaction", "how": "wait", "long": DAY, "day": DAY});
    let statement = json!({"statement": DAY});
    let calls = (0..10).flat_map(|_| [("end", &transaction), ("query", &statement)]);
    let callers: Vec<_> = calls.map(|(connector, input)| setup.waiting("ada", connector, input)).collect();
    let has_its_share = || match setup.days() {
        SHARE => Ok(()),
        _ => Err(setup.server.activity()),
    };
    eventually("it has its share", has_its_share);
    // Another tenant and whoever names none find sessions, though further calls of the first one wait.
    for tenant in [Some("bo"), None, Some("bo")] {
        let call = setup.call("query", &json!({"statement": "SELECT 1"}));
        let call = tenant.into_iter().fold(call, |call, tenant| call.header("lockgate-tenant", tenant));
        assert_eq!(setup.host.send(call).output()["rows"], json!([[{"int64": "1"}]]));
    }
    eventually("it has no more than its share", has_its_share);
    drop(callers);
    setup.nothing_is_open("the callers are gone");
}
