//! Connectors that are scripts: saved, called, wrong, hostile.

mod around;
mod bodies;
mod clone;
mod csv;
mod density;
mod described;
mod files;
mod fresh;
mod grpc;
mod kept;
mod large;
mod locales;
mod members;
mod modules;
mod numbers;
mod outputs;
mod parameters;
mod projects;
mod refused;
mod same;
mod samples;
mod saves;
mod secrets;
mod standards;
mod test262;
mod told;
mod types;
mod web;
mod xml;

use std::ops::Range;

use lockgate_tests::{Answer, Host, Reply, Serve, Upstream, root};
use reqwest::Method;
use serde_json::{Value, json};

/// A script's definition.
fn script(name: &str, language: &str, source: &str) -> Value {
    json!({"name": name, "type": "function", "script": {"language": language, "source": source}})
}

fn javascript(source: &str) -> Value {
    script("c", "javascript", source)
}

/// A host with the group `g`, which goes nowhere and has the connector `c`.
fn host(source: &str) -> Host {
    let host = Serve::new().start().with_scripts();
    host.group("g", json!({"settings": {"rate": 3}, "connectors": [javascript(source)]}));
    host
}

fn call(host: &Host, input: &Value) -> Answer {
    host.send(host.request(Method::POST, "/groups/g/connectors/c/invoke").json(&json!({"input": input})))
}

fn save(host: &Host, definition: &Value) -> Answer {
    host.send(host.request(Method::PUT, "/groups/g/connectors/c").query(&[("allow_removal", true)]).json(definition))
}

/// Saves a script and calls it.
fn output_of(host: &Host, source: &str, input: &Value) -> Value {
    save(host, &javascript(source)).status(200);
    call(host, input).output()
}

#[test]
fn a_script_is_saved_called_and_changed() {
    let host = host("export default async (input, ctx) => ({ sum: input.a + input.b, rate: ctx.settings.rate });");
    assert_eq!(call(&host, &json!({"a": 2, "b": 3})).output(), json!({"sum": 5, "rate": 3}));
    let typed = r"
        interface Order { readonly lines: { price: number; count: number }[] }
        export default function total(order: Order): { total: number } {
            const sum = order.lines.reduce((all: number, one) => all + one.price * one.count, 0);
            return { total: sum } satisfies { total: number };
        }";
    save(&host, &script("c", "typescript", typed)).status(200);
    let input = json!({"lines": [{"price": 2, "count": 3}, {"price": 5, "count": 1}]});
    assert_eq!(call(&host, &input).output(), json!({"total": 11}));
    let versions = host.send(host.request(Method::GET, "/groups/g/connectors/c/versions"));
    assert_eq!(versions.json()["items"].as_array().unwrap().len(), 2);
    // The first version is still there, and runs.
    let first = host.request(Method::POST, "/groups/g/connectors/c@1/invoke");
    let first = host.send(first.json(&json!({"input": {"a": 1, "b": 1}})));
    assert_eq!(first.output(), json!({"sum": 2, "rate": 3}));
}

#[test]
fn nothing_of_a_call_is_there_in_the_next() {
    let source = "
        let calls = 0;
        export default () => {
            calls += 1;
            globalThis.seen = (globalThis.seen ?? 0) + 1;
            Object.prototype.polluted = (Object.prototype.polluted ?? 0) + 1;
            Array.prototype.map = undefined;
            const order = [...new Map([[{}, 1]]).keys()].length;
            return { calls, seen: globalThis.seen, polluted: ({}).polluted, order, random: Math.random(), id: crypto.randomUUID() };
        };";
    let host = host(source);
    let answers: Vec<Value> = (0..4).map(|_| call(&host, &json!({})).output()).collect();
    for answer in &answers {
        assert_eq!((&answer["calls"], &answer["seen"], &answer["polluted"]), (&json!(1), &json!(1), &json!(1)));
    }
    for key in ["random", "id"] {
        let mut values: Vec<String> = answers.iter().map(|answer| answer[key].to_string()).collect();
        values.sort();
        values.dedup();
        assert_eq!(values.len(), 4, "{key}: {answers:?}");
    }
}

#[test]
fn mistakes_are_told_with_their_places() {
    let host = host("export default () => 1;");
    let wrong = |language: &str, source: &str| -> Vec<String> {
        let answer = save(&host, &script("c", language, source));
        let problem = answer.problem(422, "LG1010");
        let errors = problem["errors"].as_array().unwrap().clone();
        errors
            .iter()
            .map(|error| format!("{} {}", error["pointer"].as_str().unwrap(), error["detail"].as_str().unwrap()))
            .collect()
    };
    for (language, source, expected) in [
        ("javascript", "export default () => {\n  return 1 +;\n};", "/script/source line 2, column 13: "),
        ("javascript", "export default () => x as any;", "/script/source line 1, column 22: "),
        ("javascript", "export const a = 1;", "/script/source the script has no default export"),
        (
            "javascript",
            "import fs from 'node:fs';\nexport default () => 1;",
            "line 1, column 16: there is no Node here",
        ),
        (
            "javascript",
            "import _ from 'lodash';\nexport default () => 1;",
            "line 1, column 15: there is no module `lodash`",
        ),
        (
            "javascript",
            "import { sgin } from 'lockgate';\nexport default () => 1;",
            "line 1, column 10: `lockgate` exports no `sgin`",
        ),
        (
            "javascript",
            "export default () => import('lockgate');",
            "line 1, column 22: a script can't import while it runs",
        ),
        ("javascript", "let a; let a;\nexport default () => 1;", "line 1, column "),
        ("typescript", "enum Color { Red }\nexport default () => Color.Red;", "line 1, column 1: an enum makes code"),
        (
            "typescript",
            "class A { constructor(private a: number) {} }\nexport default () => 1;",
            "line 1, column 23: a parameter that makes",
        ),
        (
            "typescript",
            "namespace N { export const a = 1 }\nexport default () => 1;",
            "line 1, column 1: a namespace makes code",
        ),
        ("typescript", "export default () => <any>1;", "line 1, column 22: a type in angle brackets"),
    ] {
        let told = wrong(language, source);
        assert!(told[0].contains(expected), "{source}: {told:?}");
    }
    let told = wrong("typescript", "enum A { a }\nenum B { b }\nexport default () => 1;");
    assert_eq!(told.len(), 2, "all at once: {told:?}");
    // What was refused changed nothing.
    assert_eq!(call(&host, &json!({})).output(), json!(1));
}

#[test]
fn what_a_script_throws_has_its_place() {
    let host = host("export default () => 1;");
    let detail = |source: &str| -> String {
        save(&host, &javascript(source)).status(200);
        let told = call(&host, &json!({})).problem(500, "LG3003")["detail"].as_str().unwrap().to_owned();
        assert!(told.starts_with("the script failed: "), "{told}");
        told
    };
    for (source, expected) in [
        ("export default () => {\n  const a = null;\n  return a.b;\n};", ["TypeError: ", ", at c.js:3:"]),
        (
            "export default async () => {\n  await null;\n  throw new RangeError('far');\n};",
            ["RangeError: far", ", at c.js:3:"],
        ),
        ("export default () => { throw { a: 1 }; };", ["the script failed: { a: 1 } was thrown", "no error"]),
        ("export default () => process.env;", ["process", "settings are in"]),
        ("export default () => eval('1');", ["eval", "never made of text"]),
        ("export default () => (() => {}).constructor('return 1')();", ["eval is not supported", "c.js:1:"]),
        ("export default () => JSON.stringify(1n);", ["BigInt", "json.stringify"]),
        ("export default () => new Promise(() => {});", ["nothing can settle", "no request"]),
        ("export default () => { throw { toString() { throw 1; }, get a() { throw 2; } }; };", ["can't be shown", ""]),
        (
            "export default () => new Proxy({}, { ownKeys: () => ['a'], getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }), get() { throw new Error('lied'); } });",
            ["Error: lied", "c.js:1:"],
        ),
        ("const f = (n) => f(n + 1) + 1;\nexport default () => f(0);", ["stack", ""]),
    ] {
        let told = detail(source);
        assert!(expected.iter().all(|part| told.contains(part)), "{source}: {told}");
    }
    // A failure is the connector's own answer.
    let source = "
        import { Failure } from 'lockgate';
        export default () => { throw new Failure('not_found', 'no such order', { details: { id: 7 }, retryAfterMs: 1500 }); };";
    save(&host, &javascript(source)).status(200);
    let failure = call(&host, &json!({})).problem(422, "LG3001")["failure"].clone();
    assert_eq!((&failure["code"], &failure["message"]), (&json!("not_found"), &json!("no such order")));
    assert_eq!((&failure["details"], &failure["retry_after_ms"]), (&json!({"id": 7}), &json!(1500)));
}

/// A host whose group goes to this server with a token that the script never sees.
fn calling(upstream: &Upstream, source: &str) -> Host {
    calling_with(upstream, source).0
}

/// The same, and where its guests have their memories.
fn calling_with(upstream: &Upstream, source: &str) -> (Host, Range<u64>) {
    let host = Serve::new().reaching(&[upstream]).start().with_scripts();
    let memories = host.linear_memories();
    host.group(
        "g",
        json!({
            "resource_type": "INTERNAL", "base_url": format!("{}/api", upstream.url()), "capabilities": ["http"],
            "activation": {"credentials": {"main": {"methods": {"token": {"type": "bearer"}}}}},
            "destinations": [{"url": upstream.url(), "credential": "main", "plaintext": true}],
            "connectors": [javascript(source)],
        }),
    );
    let body = json!({"credentials": {"main": {"values": {"token": "marker-7f3a"}}}});
    host.send(host.request(Method::POST, "/groups/g/connections").json(&body)).status(201);
    (host, memories)
}

fn call_connected(host: &Host, input: &Value) -> Answer {
    let body = json!({"input": input, "connection": {"fixed": "main"}});
    host.send(host.request(Method::POST, "/groups/g/connectors/c/invoke").json(&body))
}

#[test]
fn fetch_has_the_credential_of_the_connection() {
    let upstream = Upstream::start(|seen| {
        Reply::new(201).json(&json!({"target": seen.target, "sent": seen.header("authorization")})).header("x-id", "5")
    });
    let source = "
        export default async (input) => {
            const response = await fetch(`/orders?q=${encodeURIComponent(input.q)}`, {
                method: 'POST', body: JSON.stringify({ q: input.q }), headers: { 'content-type': 'application/json' },
            });
            const all = await Promise.all([1, 2, 3].map(async (n) => (await fetch(`/n/${n}`)).status));
            return { status: response.status, ok: response.ok, id: response.headers.get('X-Id'), body: await response.json(), all };
        };";
    let host = calling(&upstream, source);
    let output = call_connected(&host, &json!({"q": "a b&c"})).output();
    assert_eq!((&output["status"], &output["ok"], &output["id"]), (&json!(201), &json!(true), &json!("5")));
    assert_eq!(output["body"]["target"], "/api/orders?q=a%20b%26c");
    assert_eq!(output["all"], json!([201, 201, 201]));
    let seen = upstream.seen();
    assert_eq!(seen.len(), 4);
    assert!(seen.iter().all(|one| one.header("authorization") == Some("Bearer marker-7f3a")));
    // What the server repeats of it is masked.
    assert!(!output.to_string().contains("marker-7f3a"), "{output}");
}

#[test]
fn a_request_that_is_refused_says_which_setting_would_allow_it() {
    let upstream = Upstream::start(|_| Reply::new(200));
    let source = "
        export default async () => {
            try { await fetch('https://elsewhere.example/'); } catch (error) { return [error.name, error.code, error.message]; }
        };";
    let host = calling(&upstream, source);
    let output = call_connected(&host, &json!({})).output();
    assert_eq!((&output[0], &output[1]), (&json!("Failure"), &json!("denied")));
    assert!(output[2].as_str().unwrap().contains("destinations"), "{output}");
    // Thrown on, it is the connector's failure.
    save(&host, &javascript("export default () => fetch('https://elsewhere.example/');")).status(200);
    assert_eq!(call_connected(&host, &json!({})).problem(422, "LG3001")["failure"]["code"], "denied");
}

#[test]
fn a_hostile_script_costs_its_own_call() {
    let host = host("export default () => 1;");
    // So much CPU time comes before the deadline on any machine.
    host.set("g", json!({"limits": {"cpu_ms": 200, "deadline_ms": 300_000}}));
    for (source, status, code) in [
        ("export default () => { for (;;) {} };", 500, "LG3005"),
        ("export default async () => { for (;;) await null; };", 500, "LG3005"),
        (
            "export default () => new Promise(() => { const again = () => queueMicrotask(again); again(); });",
            500,
            "LG3005",
        ),
        ("export default () => /^(a+)+$/.test('a'.repeat(40) + 'b');", 500, "LG3005"),
        (
            "export default () => { const all = []; for (;;) all.push(new Uint8Array(1 << 20).fill(1)); };",
            500,
            "LG3006",
        ),
        ("export default () => 'x'.repeat(5 << 20);", 500, "LG3007"),
    ] {
        save(&host, &javascript(source)).status(200);
        call(&host, &json!({})).problem(status, code);
        save(&host, &javascript("export default () => 1;")).status(200);
        assert_eq!(call(&host, &json!({})).output(), json!(1));
    }
    let large = format!("export default () => '{}';", "x".repeat(300 * 1024));
    save(&host, &javascript(&large)).problem(422, "LG1010");
    let deep = format!("export default () => {}1{};", "[".repeat(100_000), "]".repeat(100_000));
    let told = save(&host, &javascript(&deep)).problem(422, "LG1010").to_string();
    assert!(told.contains("nested too deeply"), "{told}");
}

#[test]
fn the_library_is_that_of_the_web() {
    let host = host("export default () => 1;");
    let source = r"
        import { log, context } from 'lockgate';
        import * as csv from 'lockgate/csv';
        import * as xml from 'lockgate/xml';
        const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
        export default async (input, ctx) => {
            const url = new URL('../b?x=1#y', 'https://ex%41mple.com:443/a/c');
            url.searchParams.append('q', 'ä b');
            const key = await crypto.subtle.importKey('raw', new TextEncoder().encode('key'), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
            const signature = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode('text'));
            const waited = performance.now();
            await new Promise((resolve) => setTimeout(resolve, 5));
            console.warn('a %s of %d', 'line', 7, { deep: [1, { two: new Map([[1, 2]]) }] });
            log.info('with fields', { id: 5 });
            const copy = structuredClone({ when: new Date(0), list: new Set([1]) });
            return {
                url: url.href, form: String(new URLSearchParams([['a', 'b c&']])),
                base64: btoa('hällo'), back: atob('aMOk'), text: new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x68, 0xff])),
                digest: hex(await crypto.subtle.digest('SHA-256', new TextEncoder().encode('abc'))),
                signature: hex(signature), verified: await crypto.subtle.verify('HMAC', key, signature, new TextEncoder().encode('text')),
                waited: performance.now() - waited >= 4, copy: [copy.when.toISOString(), copy.list.has(1)],
                csv: csv.parse('a,b\n1,' + '\x22x,\x22\x22y\x22\n'), xml: xml.parse('<r a=\x22 1\x22><i>x</i><i>&lt;</i></r>'),
                id: ctx.callId.length, same: ctx.callId === context.callId, attempt: ctx.attempt, left: ctx.remainingMs > 0,
            };
        };";
    let output = output_of(&host, source, &json!({}));
    let expected = json!({
        "url": "https://example.com/b?x=1&q=%C3%A4+b#y", "form": "a=b+c%26",
        "base64": "aORsbG8=", "back": "hÃ¤", "text": "h\u{fffd}",
        "digest": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "signature": output["signature"], "verified": true, "waited": true, "copy": ["1970-01-01T00:00:00.000Z", true],
        "csv": [{"a": "1", "b": "x,\"y"}], "xml": {"r": {"@a": " 1", "i": ["x", "<"]}},
        "id": 36, "same": true, "attempt": 1, "left": true,
    });
    assert_eq!(output, expected);
}

#[test]
fn half_a_character_is_no_output() {
    let host = host("export default () => 'x\\ud800y';");
    let told = call(&host, &json!({})).problem(500, "LG3008")["detail"].as_str().unwrap().to_owned();
    assert!(told.contains("half of a surrogate pair"), "{told}");
}

/// The boxes of a page in these languages.
fn boxes<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    let fence = format!("\n```{language}\n");
    page.split(fence.as_str()).skip(1).filter_map(|rest| rest.split_once("\n```")).map(|(text, _)| text).collect()
}

#[test]
fn every_script_of_the_page_can_be_saved() {
    let page = std::fs::read_to_string(root().join("docs/scripts.md")).unwrap();
    let host = host("export default () => 1;");
    let mut saved = 0;
    for (ending, language) in [("js", "javascript"), ("ts", "typescript")] {
        for source in boxes(&page, ending).into_iter().filter(|source| source.contains("export default")) {
            save(&host, &script("c", language, source)).status(200);
            saved += 1;
        }
    }
    assert_eq!(saved, 11);
    let declared = boxes(&page, "yaml").into_iter().find(|text| text.contains("type: http")).unwrap();
    host.home.write("order.yaml", declared);
    let created = host.run(["connector", "create", "g", "--file", "order.yaml"]).ok();
    assert_eq!(created.stdout, "made connector g/create_order: version 1 is current\n");
    // What a new project starts with is what the page shows.
    let template = root().join("host/toolchain/template/typescript/connector.ts.template");
    assert_eq!(std::fs::read_to_string(template).unwrap().trim(), boxes(&page, "ts")[0]);
}

/// The input schema of the saved connector `c`.
fn input_schema(host: &Host) -> Value {
    host.send(host.request(Method::GET, "/groups/g/connectors/c")).json()["input_schema"].clone()
}

#[test]
fn types_say_the_schemas() {
    let host = host("export default () => 1;");
    let source = "
        /** What is ordered. */
        interface Order { /** In cents. */ price: number; count?: number; state: 'open' | 'paid'; notes: Map<string, string> }
        export default async (order: Order): Promise<{ total: number }> => ({ total: order.price * (order.count ?? 1) });";
    save(&host, &script("c", "typescript", source)).status(200);
    let schema = input_schema(&host);
    assert_eq!(schema["required"], json!(["price", "state", "notes"]));
    assert_eq!(schema["properties"]["price"], json!({"type": "number", "description": "In cents."}));
    let comment = schema["properties"]["notes"]["$comment"].as_str().unwrap();
    assert!(comment.starts_with("line 3, column 106: `Map`"), "{comment}");
    let input = json!({"price": 5, "count": 2, "state": "open", "notes": {}});
    assert_eq!(call(&host, &input).output(), json!({"total": 10}));
    let wrong = call(&host, &json!({"price": "5", "state": "gone", "notes": 1})).problem(422, "LG1009");
    assert_eq!(wrong["errors"].as_array().unwrap().len(), 2, "{wrong}");
    // An output of another type is the script's fault.
    let lies = "export default (input: object): { total: number } => ({ total: 'much' } as any);";
    save(&host, &script("c", "typescript", lies)).status(200);
    call(&host, &json!({})).problem(500, "LG3009");
    // A schema that is given wins.
    let mut given = script("c", "typescript", source);
    given["input_schema"] = json!({"type": "object"});
    save(&host, &given).status(200);
    assert_eq!(input_schema(&host), json!({"type": "object"}));
    // One that takes less than the version before has to be meant.
    let narrower =
        script("c", "typescript", "export default (input: { a: string }): { total: number } => ({ total: 1 });");
    host.send(host.request(Method::PUT, "/groups/g/connectors/c").json(&narrower)).problem(409, "LG2010");
    // Types that go round in circles end.
    for types in ["type A = A;", "type A = B; type B = A;", "interface A { a: A }", "type A = A[] | null;"] {
        let source = format!("{types}\nexport default (input: A): unknown => input;");
        save(&host, &script("c", "typescript", &source)).status(200);
    }
}
