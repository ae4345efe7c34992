//! Numbers of scripts: none becomes another one on its way in, between connectors, or out.

use lockgate_tests::database_group::connect;
use lockgate_tests::database_servers::{DATABASE, PostgreSql, USER};
use lockgate_tests::{Authority, Home, Host, Ran, Reply, Serve, Upstream, program};
use reqwest::Method;
use serde_json::{Value, json};

use super::{host, input_schema, javascript, save, script};

/// Whole numbers on both sides of what a double holds exactly, deep in an input.
const INPUT: &str = r#"{"id":9007199254740993,"deep":[{"least":-9223372036854775809,"most":18446744073709551617}],"largest":9007199254740991,"float":0.1,"text":"9007199254740993"}"#;

/// Calls a connector with a text as its input, and gives the text of the output.
#[track_caller]
fn text_of(host: &Host, path: &str, input: &str, more: &str) -> String {
    let request = host.request(Method::POST, &format!("{path}/invoke")).header("content-type", "application/json");
    let answer = host.send(request.body(format!("{{\"input\":{input}{more}}}"))).status(200);
    let (output, _) = answer.body.rsplit_once(",\"call\":").expect("an output and a call");
    output.strip_prefix("{\"output\":").expect("an output").to_owned()
}

#[test]
fn what_goes_through_a_script_keeps_its_digits() {
    let host = host("export default (input) => input;");
    assert_eq!(text_of(&host, "/groups/g/connectors/c", INPUT, ""), INPUT);
    let source = "
        import { stringify } from 'lockgate/csv';
        export default (input, ctx) => console.log('%j', { id: input.id }) ?? [
            stringify([[input.id, { id: input.id }]]), typeof input.id, typeof input.deep[0].most, typeof input.largest, input.id + 1n, ctx.settings.big + 0n,
            [1n, -(2n ** 80n)], new Map([[1, 2n]]).get(1), { toJSON: () => 2n ** 64n },
        ];";
    host.set("g", json!({"settings": {"big": 9_007_199_254_740_995_u64}}));
    save(&host, &javascript(source)).status(200);
    let expected = r#"["9007199254740993,\"{\"\"id\"\":9007199254740993}\"\r\n","bigint","bigint","number",9007199254740994,9007199254740995,[1,-1208925819614629174706176],2,18446744073709551616]"#;
    assert_eq!(text_of(&host, "/groups/g/connectors/c", INPUT, ""), expected);

    let home = Home::new();
    home.write("echo.ts", "export default (input: { id: number | bigint }) => ({ id: input.id });");
    let ran =
        Ran::of(home.command(program("lockgate")).args(["run", "echo.ts", "--input", r#"{"id":9007199254740993}"#]));
    assert_eq!(ran.ok().stdout, "{\"id\":9007199254740993}\n");
}

#[test]
fn functions_around_a_request_keep_the_digits() {
    let upstream = Upstream::start(|seen| {
        let sent = String::from_utf8_lossy(&seen.body).into_owned();
        Reply::new(200)
            .body(format!("{{\"id\":9007199254740993,\"sent\":{sent}}}"))
            .header("content-type", "application/json")
    });
    let source = "
        import { json } from 'lockgate';
        export function request(input, request) {
            return { ...request, body: json.stringify({ ...json.parse(request.body), next: input.id + 1n }) };
        }
        export function response(answer, input) { return { answer, same: answer.id === input.id }; }";
    let host = Serve::new().reaching(&[&upstream]).start();
    let connector = json!({
        "name": "c", "type": "http", "output_schema": true,
        "input_schema": {"type": "object", "properties": {"id": {"type": "integer"}}},
        "http": {"method": "POST", "path": "/items", "body": {"json": {"id": "{{id}}"}}},
        "script": {"language": "javascript", "source": source},
    });
    host.group(
        "g",
        json!({
            "resource_type": "INTERNAL", "base_url": upstream.url(),
            "destinations": [{"url": upstream.url(), "plaintext": true}], "connectors": [connector],
        }),
    );
    let output = text_of(&host, "/groups/g/connectors/c", r#"{"id":9007199254740993}"#, "");
    let sent = r#"{"id":9007199254740993,"next":9007199254740994}"#;
    assert_eq!(output, format!("{{\"answer\":{{\"id\":9007199254740993,\"sent\":{sent}}},\"same\":true}}"));
    assert_eq!(String::from_utf8_lossy(&upstream.seen()[0].body), sent);
}

#[test]
fn connectors_that_call_each_other_keep_the_digits() {
    let upstream = Upstream::start(|_| Reply::new(200).json(&json!({"order": 9_007_199_254_740_993_u64})));
    let host = Serve::new().reaching(&[&upstream]).start();
    host.group(
        "shop",
        json!({
            "resource_type": "INTERNAL", "base_url": upstream.url(),
            "destinations": [{"url": upstream.url(), "plaintext": true}],
            "connectors": [{
                "name": "order", "type": "http", "output_schema": true,
                "input_schema": {"type": "object", "properties": {"order": {"type": "integer"}}},
                "http": {"method": "POST", "path": "/orders", "body": {"json": {"order": "{{order}}"}}},
            }],
        }),
    );
    let source = "
        import { call } from 'lockgate/connectors';
        export default async () => {
            const { order } = await call('order', { order: 2n ** 53n + 1n });
            return { order, next: await call('order', { order: order + 2n }) };
        };";
    let flow = json!({
        "capabilities": ["connectors"], "connectors": [javascript(source)],
        "uses": [{"connector": "shop/order", "as": "order"}],
    });
    host.group("flow", flow);
    host.run(["group", "grant", "flow", "order"]).ok();
    let output = text_of(&host, "/groups/flow/connectors/c", "{}", "");
    assert_eq!(output, r#"{"order":9007199254740993,"next":{"order":9007199254740993}}"#);
    let sent: Vec<String> =
        upstream.seen().iter().map(|seen| String::from_utf8_lossy(&seen.body).into_owned()).collect();
    assert_eq!(sent, [r#"{"order":9007199254740993}"#, r#"{"order":9007199254740995}"#]);
}

#[test]
fn values_of_a_database_keep_the_digits() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    server.sql(&format!("CREATE TABLE kept (value jsonb); ALTER TABLE kept OWNER TO {USER}"));
    let address = format!("127.0.0.1:{}", server.port()).parse().expect("an address");
    let host = Serve::new().reaching_addresses([address]).start();
    let source = "
        import { sql } from 'lockgate/database';
        export default async (input) => {
            await sql`insert into kept values (${{ id: input.id, list: [input.id] }}::jsonb)`.execute();
            const { text, value } = await sql`select value::text as text, value from kept`.one();
            const far = await sql`select '1e400'::jsonb as value`.one().catch((error) => `${error.name}: ${error.message.slice(0, 10)}`);
            const { least, all } = await sql`select (-9223372036854775808)::int8 as least, array[(-9223372036854775808)::int8] as all`.one();
            const twice = await sql`select 1 as id, 2 as id`.then(() => 'no error', (error) => `${error.name}: ${error.message.slice(0, 27)}`);
            // A digit behind a value belongs to the text, and to no number of a parameter.
            const digit = await sql`select ${1}0, ${2}::int, ${3}::int, ${4}::int, ${5}::int, ${6}::int, ${7}::int, ${8}::int, ${9}::int, ${10}::int as tenth`.then((rows) => rows, (error) => error.code);
            const [{ tenth }] = await sql`select ${1}::int = 10 or ${2}::int = 2 as tenth`;
            return { digit, tenth, text, value, kind: typeof value.id, small: (await sql`select '[1.5, 7]'::jsonb as value`.one()).value, far, least, all, twice };
        };";
    let database = json!({"engine": "postgresql", "host": "localhost", "port": server.port(), "name": DATABASE});
    host.group(
        "g",
        json!({
            "resource_type": "INTERNAL", "certificate_authorities": [authority.pem()], "capabilities": ["database"],
            "activation": {"credentials": {"main": {"methods": {"login": {"type": "basic"}}}}},
            "destinations": [{"database": database, "credential": "main"}], "connectors": [javascript(source)],
        }),
    );
    connect(&host, "g", USER);
    let more = r#","connection":{"fixed":"main"}"#;
    let output = text_of(&host, "/groups/g/connectors/c", r#"{"id":9007199254740993}"#, more);
    let value = r#"{"id":9007199254740993,"list":[9007199254740993]}"#;
    let text = json!(r#"{"id": 9007199254740993, "list": [9007199254740993]}"#);
    let expected = format!(
        r#"{{"digit":"invalid-statement","tenth":true,"text":{text},"value":{value},"kind":"bigint","small":[1.5,7],"far":"RangeError: the number","least":-9223372036854775808,"all":[-9223372036854775808],"twice":"TypeError: two columns are called `id`"}}"#
    );
    assert_eq!(output, expected);
}

#[test]
fn json_of_the_library_reads_and_writes_as_that_of_the_language() {
    let host = host("export default () => 1;");
    let output = |expression: &str| -> Value {
        let source = format!(
            "import {{ json }} from 'lockgate';
            const shown = (value) => typeof value === 'bigint' ? `${{value}}n` : value;
            export default () => {{
                try {{ return shown({expression}); }} catch (error) {{ return `${{error.name}}: ${{error.message}}`; }}
            }};"
        );
        save(&host, &javascript(&source)).status(200);
        super::call(&host, &json!({})).output()
    };
    for (expression, expected) in [
        ("json.parse('-9007199254740992')", json!("-9007199254740992n")),
        ("json.parse('9007199254740991')", json!(9_007_199_254_740_991_u64)),
        (
            "json.parse('[1e20, 1.0e17, 12345678901234567.5, -0.5]').map((value) => typeof value).join()",
            json!("number,number,number,number"),
        ),
        ("Object.keys(json.parse('{\"__proto__\": 12345678901234567890, \"b\": 1}')).join()", json!("__proto__,b")),
        ("json.parse(`\"${'9'.repeat(20)}\"`)", json!("99999999999999999999")),
        ("json.parse('[12345678901234567890, \"\\\\u00e9\\\\ud800\"]')[1].length", json!(2)),
        (
            "json.stringify({ a: [12345678901234567890n], b: undefined, c: new Date(0) })",
            json!(r#"{"a":[12345678901234567890],"c":"1970-01-01T00:00:00.000Z"}"#),
        ),
        ("json.stringify([1n, 2], null, 1)", json!("[\n 1,\n 2\n]")),
        ("json.stringify({ a: 1n, b: 2 }, (key, value) => key === 'b' ? undefined : value)", json!(r#"{"a":1}"#)),
        (
            "json.stringify({ a: 1n }, (key, value) => typeof value === 'bigint' ? `${value}` : value)",
            json!(r#"{"a":"1"}"#),
        ),
        ("json.stringify(undefined) === undefined && json.stringify(() => 1) === undefined", json!(true)),
        (
            "json.stringify({ a: 1n }, ['a'])",
            json!("TypeError: json.stringify: expected a function or nothing as its second parameter"),
        ),
        (
            "json.parse('1', (key, value) => value)",
            json!("TypeError: json.parse: expected a text alone: change what it gives"),
        ),
        (
            "json.parse('{\"a\": 1e400}')",
            json!("RangeError: the number 1e400 is larger than any number that can be read"),
        ),
        (
            "json.parse('9'.repeat(400))",
            json!(format!("RangeError: the number {}… is larger than any number that can be read", "9".repeat(24))),
        ),
        ("json.parse('9'.repeat(308)) === 10n ** 308n - 1n", json!(true)),
        (
            "json.parse(`[${'9'.repeat(250)}e99]`)",
            json!(format!("RangeError: the number {}… is larger than any number that can be read", "9".repeat(24))),
        ),
        (
            "json.parse(`{\"a\": -${'2'.repeat(210)}.5E+99}`)",
            json!(format!("RangeError: the number {}… is larger than any number that can be read", "2".repeat(24))),
        ),
        ("json.parse(`[${'1'.repeat(209)}e99, ${'9'.repeat(250)}e-99]`).every(Number.isFinite)", json!(true)),
        ("json.parse('[\"1e400\", 1e-400, 0e400, 1.7976931348623157e308]')[1]", json!(0)),
        ("json.stringify(10n ** 400n)", json!("RangeError: a bigint is larger than any number that JSON is read with")),
        ("json.parse('[12345678901234567890, ]') ?? 1", json!("SyntaxError: Unexpected token ']'")),
    ] {
        let found = output(expression);
        match expected.as_str() {
            Some(text) if text.starts_with("SyntaxError") => {
                assert!(
                    found.as_str().is_some_and(|found| found.starts_with("SyntaxError: ")),
                    "{expression}: {found}"
                );
            }
            _ => assert_eq!(found, expected, "{expression}"),
        }
    }
    // Of one key twice nobody can say which digits are meant.
    for text in ["{\"a\": 9007199254740993, \"a\": 9007199254740992}", "{\"a\": 12345678901234567890, \"a\": 1}"] {
        let told = output(&format!("json.parse('{text}').a"));
        assert!(
            told.as_str().is_some_and(|told| told.starts_with("SyntaxError: a key is there twice")),
            "{text}: {told}"
        );
    }
    assert_eq!(output("json.parse('{\"a\": 1, \"a\": 2}').a"), json!(2));
    // The language's own stays as it is, and says what there is.
    assert_eq!(output("JSON.parse('9007199254740993')"), json!(9_007_199_254_740_992_u64));
    save(&host, &javascript("export default () => JSON.stringify({ id: 1n });")).status(200);
    let told = super::call(&host, &json!({})).problem(500, "LG3003")["detail"].as_str().unwrap().to_owned();
    assert!(told.contains("json.stringify"), "{told}");
}

#[test]
fn a_bigint_of_a_type_is_an_integer() {
    let host = host("export default () => 1;");
    let source =
        "export default (input: { id: bigint; either: number | bigint; one: 5n }): bigint => BigInt(input.id) + 1n;";
    save(&host, &script("c", "typescript", source)).status(200);
    let properties = input_schema(&host)["properties"].take();
    let expected = json!({"id": {"type": "integer"}, "either": {"type": "number"}, "one": {"const": 5}});
    assert_eq!(properties, expected);
    for (id, next) in [("1", "2"), ("9007199254740992", "9007199254740993")] {
        let input = format!(r#"{{"id":{id},"either":0.5,"one":5}}"#);
        assert_eq!(text_of(&host, "/groups/g/connectors/c", &input, ""), next);
    }
}
