//! A script gives the same output wherever it runs, byte by byte: by `lockgate run`, in the test route, and served. Only a
//! terminal gets escapes in place of characters that it would not show.

use lockgate_tests::database_servers::{DATABASE, PASSWORD, PostgreSql, USER};
use lockgate_tests::{Authority, Home, Host, Ran, Reply, Serve, Upstream, program, root};
use reqwest::Method;
use serde_json::{Value, json};

use super::{call, host, save, script};

/// Shows its input in many ways, and gives what JSON can just hold.
const HOSTILE: &str = r#"
    import { json } from "lockgate";
    import * as csv from "lockgate/csv";
    import * as dates from "lockgate/dates";
    import { search } from "lockgate/jmespath";
    import * as xml from "lockgate/xml";
    class Money { constructor(cents) { this.cents = cents; } toJSON() { return `${this.cents / 100} €`; } get hidden() { return 1; } }
    export default async (input) => ({
        input,
        seen: Object.entries(input).map(([key, value]) => [key, typeof value, String(value), Object.keys(Object(value))]),
        numbers: [-0, 1e21, 1e-7, 0.1 + 0.2, 2 ** 53 + 2, 5e-324, 1.7976931348623157e308],
        texts: ["\u0000\u001f\u007f\u0085\u2028\u2029\ufeff\uffff", "😀", "\"\\/\b\f\n\r\t", "</script>"],
        left: { undefined: undefined, [Symbol("b")]: 1, null: null },
        list: [undefined, , null],
        order: { b: 1, 2: "two", a: 1, 1: "one", "": "empty", "-1": "minus", "01": "text" },
        own: JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'), polluted: ({}).polluted,
        dates: [new Date(0), Date.UTC(1969), new Date(2026, 0, 31), dates.add("2026-03-28", { days: 1 }, { zone: "Europe/Berlin" })],
        kinds: [Object.fromEntries(new Map([[1, 2]])), [...new Set([1])], String(/a/g), Array.from(new Uint8Array([1, 2])), new Money(1250), Object(true), Object("x"), new Error("e").message],
        sorted: ["ä", "a", "Z", "z", "\ud83d\ude00", "\uffff", "10", "9"].sort(), compared: "ä".localeCompare("z"),
        shown: [String([1, [2, 3]]), `${{}}`, (12.5).toLocaleString(), new Date(0).toString(), (255).toString(36), (1e21).toFixed(2), (0.000001234).toPrecision(2)],
        zone: new Date(0).getTimezoneOffset(), modules: [csv.stringify([{ a: "x,\"y\"", b: null }]), xml.parse("<r a='1'>&lt;<i/></r>"), search("*[0]", { a: [1] })],
        digest: [...new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(json.stringify(input))))],
        names: [typeof process, typeof require, typeof eval, typeof Function, typeof window, typeof globalThis],
    });"#;

/// Inputs as they are typed, which readers of JSON read differently.
const INPUTS: [&str; 6] = [
    "{}",
    r#"{"n": 1.0, "big": 12345678901234567890, "tiny": 1e-400, "minus": -0, "e": 1E5, "long": 0.1000000000000000055511151231257827}"#,
    r#"{"b": 1, "a": 2, "2": 3, "1": 4, "__proto__": {"polluted": 1}, "": 5, "constructor": null}"#,
    r#"{"text": "\u0000\u2028\ud83d\ude00 \u00e4 <&> \"", "ключ": "値", "\u0061\u0301": "á"}"#,
    r#"{"deep": [[[[[[[[[[[[[[[[{"a": [null, true, false, [], {}]}]]]]]]]]]]]]]]]]}"#,
    r#"{"spaces" :  [ 1 ,2,  3 ] }"#,
];

/// With the characters that `lockgate run` prints as escapes.
fn unescaped(text: &str) -> String {
    ['\u{7f}', '\u{85}', '\u{2028}', '\u{2029}'].into_iter().fold(text.to_owned(), |text, character| {
        text.replace(&format!("\\u{:04x}", u32::from(character)), &character.to_string())
    })
}

/// What is compared: `lockgate run` with these arguments, and the connector of a host.
struct Places<'a> {
    host: &'a Host,
    /// `GROUP/connectors/NAME`.
    connector: &'a str,
    connection: Option<&'a str>,
    run: Vec<String>,
    environment: [(&'a str, &'a str); 2],
}

impl Places<'_> {
    #[track_caller]
    fn agree(&self, input: &str) -> String {
        let mut command = self.host.home.command(program("lockgate"));
        command.args(&self.run).args(["--input", input]).envs(self.environment);
        let run = Ran::of(&mut command).ok().stdout;
        let body = match self.connection {
            Some(name) => format!(r#"{{"input": {input}, "connection": {{"fixed": "{name}"}}}}"#),
            None => format!(r#"{{"input": {input}}}"#),
        };
        for route in ["invoke", "test"] {
            let request = self.host.request(Method::POST, &format!("/groups/{}/{route}", self.connector));
            let answer =
                self.host.send(request.header("content-type", "application/json").body(body.clone())).status(200);
            let expected = format!("\"output\":{}", unescaped(run.trim_end()));
            assert!(unescaped(&answer.body).contains(&expected), "{route} of {input}: {expected}: {}", answer.body);
        }
        run
    }
}

/// A script without a group's help.
#[track_caller]
fn agree_on(host: &Host, name: &str, source: &str, inputs: &[&str]) -> Vec<String> {
    let file = host.home.write(name, source);
    let connector = name.split('.').next().expect("a name");
    host.run(["connector", "create", "g", "--file", file.to_str().expect("text")]).ok();
    let run = vec!["run".to_owned(), name.to_owned()];
    let connector = format!("g/connectors/{connector}");
    let places = Places { host, connector: &connector, connection: None, run, environment: [("A", ""), ("B", "")] };
    inputs.iter().map(|input| places.agree(input)).collect()
}

#[test]
fn hostile_values_are_the_same_everywhere() {
    let host = Serve::new().start();
    host.group("g", json!({}));
    let outputs = agree_on(&host, "hostile.js", HOSTILE, &INPUTS);
    // It is an output in which something stands.
    let first: Value = serde_json::from_str(&outputs[0]).unwrap();
    assert_eq!(first["names"], json!(["undefined", "undefined", "undefined", "undefined", "undefined", "object"]));
    assert_eq!(first["dates"][3], "2026-03-28T23:00:00.000Z");
    assert!(first.get("polluted").is_none());
}

#[test]
fn templates_and_the_pure_sample_are_the_same_everywhere() {
    let host = Serve::new().start();
    host.group("g", json!({}));
    let samples = root().join("sample-plugins/scripts");
    let source = std::fs::read_to_string(samples.join("order_total.ts")).unwrap();
    let examples = std::fs::read_to_string(samples.join("order_total.examples.yaml")).unwrap();
    assert_eq!(examples.matches("- title:").count(), 2, "each example is an input below");
    let order = r#"{"discount": 10, "lines": [{"sku": "desk", "count": 1, "price": 30000, "tax": "full"}, {"sku": "book", "count": 3, "price": 1000, "tax": "reduced"}]}"#;
    agree_on(&host, "order_total.ts", &source, &[order, r#"{"lines": []}"#]);
    for (language, ending) in [("typescript", "ts"), ("javascript", "js")] {
        let template = root().join(format!("host/toolchain/template/{language}/connector.{ending}.template"));
        let source = std::fs::read_to_string(template).unwrap();
        agree_on(&host, &format!("{language}.{ending}"), &source, &[r#"{"name": "Ada"}"#, r#"{"name": "😀 \u2028"}"#]);
    }
}

#[test]
fn samples_of_groups_are_the_same_everywhere() {
    let upstream = Upstream::start(|seen| {
        Reply::new(208).json(&json!({"ok": true, "event": {"id": format!("e-{}", seen.json()["subject"])}}))
    });
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    server.sql(&format!(
        "CREATE TABLE sales (id bigint PRIMARY KEY, at timestamptz, country text, product text, total numeric(10,2)); \
         ALTER TABLE sales OWNER TO {USER}; INSERT INTO sales VALUES (1, '2026-10-05 10:00:00+00', 'DE', 'desk', 10.10), \
         (2, '2026-12-05 10:00:00+00', 'DE', '\"ä\"', 12345678.90)"
    ));
    let database = format!("127.0.0.1:{}", server.port());
    let host = Serve::new().reaching_addresses([upstream.address(), database.parse().expect("an address")]).start();
    let place = format!("host: localhost, port: {}, name: {DATABASE}", server.port());
    for (name, connector, values, inputs) in [
        (
            "events",
            "send_event",
            vec!["--secret", "main.token=env:A", "--secret", "signing_key=env:B"],
            [r#"{"kind": "a", "subject": "o-\"1\""}"#, r#"{"kind": "a", "subject": "", "data": {"x": 1.50}}"#],
        ),
        (
            "reports",
            "sales",
            vec!["--field", "main.username=ada", "--secret", "main.password=env:B"],
            [
                r#"{"from": "2026-10-01", "months": 3}"#,
                r#"{"from": "2026-10-01T00:00:00Z", "months": 1, "country": "x"}"#,
            ],
        ),
    ] {
        let text = std::fs::read_to_string(root().join(format!("sample-plugins/scripts/{name}.yaml"))).unwrap();
        let text = text
            .replace("credential: main}", "credential: main, plaintext: true}")
            .replace("https://events.acme.example", &upstream.url())
            .replace("host: db.acme.example, name: shop", &place)
            .replace("EXTERNAL", "INTERNAL");
        let authorities = format!("certificate_authorities: [{}]\n", json!(authority.pem()));
        let file = host.home.write(&format!("{name}.yaml"), text + &authorities);
        let file = file.to_str().expect("text");
        let values: Vec<String> = values.iter().map(|one| one.replace("ada", USER)).collect();
        host.run(["group", "create", "--file", file]).ok();
        let environment = [("A", "a-token-of-the-events"), ("B", PASSWORD)];
        let mut connect = host.home.command(program("lockgate"));
        connect.args(["connection", "create", name]).args(&values).envs(environment);
        Ran::of(&mut connect).ok();
        let mut run: Vec<String> = ["run", connector, "--group", file].map(str::to_owned).into();
        run.extend(values);
        for address in [upstream.address().to_string(), database.clone()] {
            run.extend(["--reachable".to_owned(), address]);
        }
        let connector = format!("{name}/connectors/{connector}");
        let places = Places { host: &host, connector: &connector, connection: Some("main"), run, environment };
        for input in inputs {
            assert!(!places.agree(input).contains(PASSWORD));
        }
    }
}

#[test]
fn run_test_and_call_give_the_same() {
    let source =
        "export default (input: { n: number }): number[] => [input.n, 0.1 + 0.2, new Date(0).getTimezoneOffset()];\n";
    let home = Home::new();
    home.write("add-up.ts", source);
    let lockgate = |arguments: &[&str]| Ran::of(home.command(program("lockgate")).args(arguments));
    let run = lockgate(&["run", "add-up.ts", "--input", r#"{"n":5}"#]).ok();
    let local: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(local, json!([5, 0.300_000_000_000_000_04, 0]));

    let host = host("export default () => 1;");
    save(&host, &script("c", "typescript", source)).status(200);
    assert_eq!(call(&host, &json!({"n": 5})).output(), local);
    let tested = host.request(Method::POST, "/groups/g/connectors/c/test").json(&json!({"input": {"n": 5}}));
    assert_eq!(host.send(tested).json()["output"], local);

    home.write("wrong.ts", "export default () => {\n  return 1 +;\n};\n");
    lockgate(&["run", "wrong.ts"]).exits(1).says("line 2, column 13");
}
