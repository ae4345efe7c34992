//! The samples of scripts, run as they are.

use lockgate_tests::database_servers::{DATABASE, PASSWORD, PostgreSql, USER};
use lockgate_tests::{Authority, Home, Ran, Reply, Upstream, program, root};
use serde_json::{Value, json};

fn sample(name: &str) -> String {
    std::fs::read_to_string(root().join("sample-plugins/scripts").join(name)).unwrap()
}

#[test]
fn a_pure_transformation_has_examples() {
    let home = Home::new();
    let folder = root().join("sample-plugins/scripts");
    let tested = Ran::of(home.command(program("lockgate")).arg("test").arg(folder.join("order_total.ts"))).ok();
    let expected = "ok      order_total: two rates and a discount\nok      order_total: an empty order\n";
    assert_eq!(tested.stdout, expected);
}

#[test]
fn requests_are_signed_and_answers_unpacked() {
    let upstream = Upstream::start(|seen| match seen.json()["type"].as_str() {
        Some("order.paid") => Reply::new(208).json(&json!({"ok": true, "event": {"id": "e-5"}})),
        _ => Reply::new(200).json(&json!({"ok": false, "error": "no such type"})),
    });
    let home = Home::new();
    let group = sample("events.yaml").replace("credential: main}", "credential: main, plaintext: true}");
    home.write(
        "events.yaml",
        group.replace("https://events.acme.example", &upstream.url()).replace("EXTERNAL", "INTERNAL"),
    );
    let lockgate = |arguments: &[&str]| {
        let mut command = home.command(program("lockgate"));
        command.args(arguments).args(["--group", "events.yaml", "--secret", "main.token=env:TOKEN"]);
        command.args(["--secret", "signing_key=env:KEY", "--reachable", &upstream.address().to_string()]);
        Ran::of(command.env("TOKEN", "the-token-8812").env("KEY", "Jefe"))
    };
    let run = |input: &Value| lockgate(&["run", "send_event", "--input", &input.to_string()]);
    let output = run(&json!({"kind": "order.paid", "subject": "o-1", "data": {"a": 1}})).ok().stdout;
    assert_eq!(serde_json::from_str::<Value>(&output).unwrap(), json!({"id": "e-5", "duplicate": true}));
    let seen = upstream.seen().remove(0);
    assert_eq!(
        (seen.target.as_str(), seen.json()),
        ("/v2/events", json!({"type": "order.paid", "subject": "o-1", "data": {"a": 1}}))
    );
    assert_eq!(seen.header("authorization"), Some("Bearer the-token-8812"));
    let signed = format!("{}.{}", seen.header("x-request-id").unwrap(), String::from_utf8_lossy(&seen.body));
    assert_eq!(seen.header("x-signature"), Some(hmac(b"Jefe", &signed).as_str()));
    run(&json!({"kind": "unknown", "subject": "o-2"})).exits(1).says("no such type");
    let tested = lockgate(&["test"]).ok().stdout;
    assert_eq!(tested, "ok      send_event: an event that the API has already\n");
}

#[test]
fn a_report_is_made_of_a_database() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    // The first is in September where the server is, and in October where the shop is.
    server.sql(&format!(
        "CREATE TABLE sales (id bigint PRIMARY KEY, at timestamptz NOT NULL, country text NOT NULL, product text NOT NULL, \
         total numeric(10,2) NOT NULL); ALTER TABLE sales OWNER TO {USER}; \
         INSERT INTO sales VALUES (1, '2026-09-30 22:30:00+00', 'DE', 'desk', 10.00), \
         (2, '2026-10-31 10:00:00+00', 'DE', 'desk', 30.00), (3, '2026-10-05 10:00:00+00', 'FR', 'lamp', 20.30), \
         (4, '2026-11-30 22:59:59+00', 'DE', 'desk', 30.15), (5, '2026-12-31 23:00:00+00', 'DE', 'desk', 99.00), \
         (6, '2026-09-30 21:59:59+00', 'DE', 'desk', 99.00)"
    ));
    let home = Home::new();
    let place = format!("host: localhost, port: {}, name: {DATABASE}", server.port());
    // The sample's server is one that everybody reaches, with a certificate of a public authority.
    let group =
        sample("reports.yaml").replace("host: db.acme.example, name: shop", &place).replace("EXTERNAL", "INTERNAL");
    home.write("reports.yaml", format!("{group}certificate_authorities: [{}]\n", json!(authority.pem())));
    let lockgate = |arguments: &[&str]| {
        let mut command = home.command(program("lockgate"));
        command.args(arguments).args(["--group", "reports.yaml", "--secret", "main.password=env:PASSWORD"]);
        command.args([
            "--field",
            &format!("main.username={USER}"),
            "--reachable",
            &format!("127.0.0.1:{}", server.port()),
        ]);
        Ran::of(command.env("PASSWORD", PASSWORD))
    };
    let tested = lockgate(&["test"]).ok().stdout;
    assert_eq!(tested, "ok      sales: a quarter with a month without sales\nok      sales: one country\n");
    let run = |input: &str| lockgate(&["run", "sales", "--input", input]);
    let hostile = r#"{"from": "2026-10-01", "months": 1, "country": "FR' or 'a' = 'a"}"#;
    let output: Value = serde_json::from_str(&run(hostile).ok().stdout).unwrap();
    assert_eq!(output["months"][0]["orders"], 0);
    run(r#"{"from": "2026-10-01", "months": 13}"#).exits(1).says("expected 1 to 12 months, found 13");
    run(r#"{"from": "soon", "months": 1}"#).exits(1).says("expected a Date").says("sales.ts:");
}

/// HMAC-SHA256 in hex, by another implementation.
fn hmac(key: &[u8], text: &str) -> String {
    let mut command = std::process::Command::new("openssl");
    command.args(["dgst", "-sha256", "-hmac", std::str::from_utf8(key).unwrap()]);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap().stdout;
    String::from_utf8(output).unwrap().split_whitespace().last().unwrap().to_owned()
}
