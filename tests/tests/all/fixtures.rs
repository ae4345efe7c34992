//! Stores that an older program wrote (`tests/fixtures`): they open with this one, and everything in them works.

use std::fs::{self, Permissions};
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use lockgate_tests::network::{self, Network};
use lockgate_tests::{Answer, Home, Host, Postgres, Reply, Seen, Serve, root};
use reqwest::Method;
use serde_json::{Value, json};

/// Where the groups of the fixtures send their requests: an address that is the test's only in a network of its own.
const UPSTREAM: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
const SCOPE: &str = "/v1/workspaces/acme-shop";

fn reply(seen: &Seen) -> Reply {
    let body = if seen.path().starts_with("/eu/") { json!({"id": 7}) } else { json!([]) };
    // Each request is then on a connection of its own, and the order of `seen` is that of the calls.
    Reply::new(200).json(&body).header("connection", "close")
}

fn fixture(store: &str, name: &str) -> PathBuf {
    root().join("tests/fixtures").join(store).join(name)
}

/// A data folder with the key ring of this store, readable by its owner alone as hosts require.
fn keys(home: &Home, store: &str) {
    fs::create_dir(home.data()).unwrap();
    fs::set_permissions(home.data(), Permissions::from_mode(0o700)).unwrap();
    write_private(&home.data().join("master.key"), &fs::read(fixture(store, "master.key")).unwrap());
}

fn write_private(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

/// A host on such a store, beside its upstream.
struct Opened {
    host: Host,
    /// The texts of its tokens by their names.
    tokens: Value,
    network: Network,
}

impl Opened {
    fn new(home: Home, store: &str) -> Self {
        let tokens: Value = serde_json::from_slice(&fs::read(fixture(store, "tokens.json")).unwrap()).unwrap();
        let network = Network::lay(&home, reply, |_, _| Vec::new());
        let serve = Serve::at(home).knowing(tokens["owner"].as_str().unwrap());
        Self { host: serve.reaching_addresses([UPSTREAM]).start(), tokens, network }
    }

    /// A request below the workspace with one of the tokens.
    fn ask(&self, token: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let request = self.host.shown(self.tokens[token].as_str().unwrap(), method, &format!("{SCOPE}{path}"));
        self.host.send(match body {
            Some(body) => request.json(body),
            None => request,
        })
    }

    /// These members of each item of a list, sorted.
    fn list(&self, token: &str, path: &str, members: &[&str]) -> Vec<Value> {
        let list = self.ask(token, Method::GET, path, None).status(200).json();
        let row = |item: &Value| members.iter().map(|name| item[*name].clone()).collect::<Value>();
        let mut rows: Vec<_> = list["items"].as_array().unwrap().iter().map(row).collect();
        rows.sort_by_key(Value::to_string);
        rows
    }

    fn call(&self, token: &str, connector: &str, input: Value, connection: Value) -> Answer {
        let (group, name) = connector.split_once('/').unwrap();
        let body = json!({"input": input, "connection": connection});
        self.ask(token, Method::POST, &format!("/groups/{group}/connectors/{name}/invoke"), Some(&body))
    }

    /// A call that works, and the one request that it sent.
    fn sends(&self, token: &str, connector: &str, connection: Value) -> Seen {
        let before = self.network.seen().len();
        let input =
            if connector == "catalogue/item" { json!({"id": 7}) } else { json!({"repository": "acme/rockets"}) };
        self.call(token, connector, input, connection).status(200);
        let mut seen = self.network.seen().split_off(before);
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.remove(0)
    }
}

/// Definitions, connections and tokens are as they were.
fn everything_is_listed(opened: &Opened) {
    let groups = opened.list("viewer", "/groups", &["slug", "version"]);
    assert_eq!(groups, [json!(["catalogue", 4]), json!(["crm", 2]), json!(["tracker", 1])]);
    let plugins = opened.list("viewer", "/groups/tracker/plugins", &["name", "version", "current"]);
    assert_eq!(plugins, [json!(["issues", "0.1.0", false]), json!(["issues", "0.2.0", true])]);
    let versions = opened.list("viewer", "/groups/catalogue/connectors/item/versions", &["number", "current"]);
    assert_eq!(versions, [json!([1, false]), json!([2, false]), json!([3, true])]);
    let connections = opened.list("acme-admin", "/connections", &["group", "name", "tenant", "state", "methods"]);
    let expected = [
        json!(["catalogue", "main", "ada", "active", {"main": "password"}]),
        json!(["catalogue", "main", null, "active", {"main": "token"}]),
        json!(["crm", "main", null, "needs_review", {"main": "token"}]),
        json!(["tracker", "ours", null, "active", {"main": "key"}]),
        json!(["tracker", "theirs", "ada", "active", {"main": "key"}]),
    ];
    assert_eq!(connections, expected);
    let tokens = opened.list("acme-admin", "/tokens", &["name", "role", "groups", "tenants", "enabled"]);
    let expected = [
        json!(["disabled", "admin", null, null, false]),
        json!(["editor", "editor", null, null, true]),
        json!(["invoker", "invoker", ["tracker", "catalogue"], ["ada", "bo"], true]),
        json!(["operator", "operator", null, null, true]),
        json!(["service", "invoker", null, null, true]),
        json!(["viewer", "viewer", null, null, true]),
    ];
    assert_eq!(tokens, expected);
    let tenants = opened.list("acme-admin", "/tenants", &["name", "enabled"]);
    assert_eq!(tenants, [json!(["ada", true]), json!(["bo", false])]);
    let path = "/groups/catalogue/installation";
    let installation = opened.ask("acme-admin", Method::GET, path, None).status(200).json();
    assert_eq!(
        (&installation["limits"], &installation["values"]),
        (&json!({"deadline_ms": 5000}), &json!({"region": "eu"}))
    );
}

/// Calls that were made then have their records, and so have the changes.
fn records_are_readable(opened: &Opened) {
    let calls = opened.list("acme-admin", "/calls", &["group", "connector", "tenant", "outcome", "version"]);
    let expected = [
        json!(["catalogue", "item", "ada", "ok", 3]),
        json!(["catalogue", "item", null, "ok", 3]),
        json!(["crm", "customer", null, "LG1021", 1]),
        json!(["tracker", "list_issues", "ada", "ok", null]),
        json!(["tracker", "list_issues", null, "LG1009", null]),
        json!(["tracker", "list_issues", null, "ok", null]),
    ];
    assert_eq!(calls, expected);
    let admin = opened.tokens["acme-admin"].as_str().unwrap();
    let audit = opened.host.send(opened.host.shown(admin, Method::GET, "/v1/audit?limit=100")).status(200).json();
    let actions: Vec<_> =
        audit["items"].as_array().unwrap().iter().map(|item| item["action"].as_str().unwrap()).collect();
    let count = |action: &str| actions.iter().filter(|own| **own == action).count();
    assert_eq!((count("connection.create"), count("group.create"), count("token.create")), (5, 3, 7), "{actions:?}");
}

/// Tokens, connections and their sealed values do what they did.
fn calls_have_the_stored_secrets(opened: &Opened) {
    let issues = "tracker/list_issues";
    let ours = opened.sends("service", issues, json!({"fixed": "ours"}));
    assert_eq!(ours.header("x-tracker-key"), Some("fixture-key-of-all-5e1d"));
    let theirs = opened.sends("invoker", issues, json!({"dynamic": {"tenant": "ada"}}));
    assert_eq!(theirs.header("x-tracker-key"), Some("fixture-key-of-ada-93b2"));
    assert_eq!(theirs.target, "/repos/acme/rockets/issues?per_page=10&state=open");
    let fixed = opened.sends("service", "catalogue/item", json!({"fixed": "main"}));
    assert_eq!(fixed.header("authorization"), Some("Bearer fixture-token-of-all-70c4"));
    assert_eq!(fixed.target, "/eu/items/7?version=three");
    let basic = opened.sends("invoker", "catalogue/item", json!({"dynamic": {"tenant": "ada"}}));
    // `ada:fixture-password-of-ada-b88a` in base64.
    assert_eq!(basic.header("authorization"), Some("Basic YWRhOmZpeHR1cmUtcGFzc3dvcmQtb2YtYWRhLWI4OGE="));

    let before = opened.network.seen().len();
    let refused = |token: &str, connector: &str, connection: Value, status: u16, code: &str| {
        opened.call(token, connector, json!({}), connection).problem(status, code);
    };
    refused("viewer", issues, json!({"fixed": "ours"}), 403, "LG1003");
    refused("disabled", issues, json!({"fixed": "ours"}), 401, "LG1002");
    refused("invoker", issues, json!({"dynamic": {"tenant": "bo"}}), 409, "LG1031");
    refused("invoker", issues, json!({"dynamic": {"tenant": "carl"}}), 403, "LG1003");
    refused("invoker", "crm/customer", json!({"fixed": "main"}), 404, "LG1004");
    refused("service", "crm/customer", json!({"fixed": "main"}), 409, "LG1021");
    assert_eq!(opened.network.seen().len(), before, "nothing is sent");
}

/// Versions that were current before can be current again.
fn older_versions_come_back(opened: &Opened) {
    let plugins = opened.ask("viewer", Method::GET, "/groups/tracker/plugins", None).status(200).json();
    let first = plugins["items"].as_array().unwrap().iter().find(|plugin| plugin["version"] == "0.1.0").unwrap();
    let path = format!("/groups/tracker/plugins/{}/current", first["digest"].as_str().unwrap());
    opened.ask("editor", Method::PUT, &path, None).status(200);
    let seen = opened.sends("service", "tracker/list_issues", json!({"fixed": "ours"}));
    assert_eq!(seen.header("user-agent"), Some("lockgate-issues/0.1.0"));

    let path = "/groups/catalogue/connectors/item/current";
    opened.ask("editor", Method::PUT, path, Some(&json!({"version": 1}))).status(200);
    let seen = opened.sends("service", "catalogue/item", json!({"fixed": "main"}));
    assert_eq!(seen.target, "/eu/items/7?version=one");
}

/// What a rollback of the older program would have gone to, one of this program goes to.
fn a_rollback_goes_to_the_version_before(opened: &Opened) {
    let path = "/groups/tracker/plugins/rollback";
    let report = opened.ask("editor", Method::POST, path, Some(&json!({"plugin": "issues"}))).status(200).json();
    assert_eq!(report["plugin"]["version"], "0.1.0");
    let path = "/groups/catalogue/connectors/item/rollback";
    let versions = [2, 1].map(|_| opened.ask("editor", Method::POST, path, None).status(200).json()["version"].clone());
    assert_eq!(versions, [json!(2), json!(1)]);
    let history = opened.list("viewer", "/groups/catalogue/connectors/item/history", &["action", "version"]);
    let saved: Vec<_> = history.iter().filter(|row| row[0] == "save").map(|row| row[1].clone()).collect();
    assert_eq!(saved, ["1", "2", "3"]);
}

/// The connection under review can be accepted, and then its values are used.
fn a_review_can_be_accepted(opened: &Opened) {
    let path = "/groups/crm/connections/main";
    let shown = opened.ask("acme-admin", Method::GET, path, None).status(200).json();
    let digest = json!({"digest": shown["review"]["digest"]});
    let accepted = opened.ask("acme-admin", Method::POST, &format!("{path}/accept"), Some(&digest)).status(200).json();
    assert_eq!(accepted["state"], "active");
}

fn works(opened: &Opened) {
    everything_is_listed(opened);
    records_are_readable(opened);
    calls_have_the_stored_secrets(opened);
    a_rollback_goes_to_the_version_before(opened);
    older_versions_come_back(opened);
    a_review_can_be_accepted(opened);
}

#[test]
fn a_data_folder() {
    network::run("fixtures::a_data_folder", || {
        let home = Home::new();
        keys(&home, "sqlite");
        let mut database = Vec::new();
        GzDecoder::new(fs::File::open(fixture("sqlite", "lockgate.db.gz")).unwrap())
            .read_to_end(&mut database)
            .unwrap();
        write_private(&home.data().join("lockgate.db"), &database);
        works(&Opened::new(home, "sqlite"));
    });
}

#[test]
fn a_postgresql_database() {
    network::run("fixtures::a_postgresql_database", || {
        let database = Postgres::start().database("empty").restored("lockgate", &fixture("postgres", "lockgate.dump"));
        let home = Home::on(&database);
        keys(&home, "postgres");
        works(&Opened::new(home, "postgres"));
    });
}
