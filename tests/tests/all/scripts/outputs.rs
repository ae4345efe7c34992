//! What a script gives is said whole in JSON, or refused: nothing of it becomes `{}`, `null` or nothing.

use lockgate_tests::{Reply, Upstream};
use serde_json::json;

use super::{call, call_connected, calling, host, javascript, output_of, save};

#[test]
fn an_output_that_json_would_not_say_whole_is_refused() {
    let upstream = Upstream::start(|_| Reply::new(200).json(&json!({"a": 1})));
    let host = calling(&upstream, "export default () => 1;");
    for (expression, expected) in [
        ("NaN", "it is NaN"),
        ("({ rates: [1, Infinity] })", "`1` is Infinity"),
        ("({ rate: -Infinity })", "`rate` is -Infinity"),
        ("({ at: new Date(NaN) })", "`at` is an invalid date"),
        ("() => 1", "it is a function: call it"),
        ("({ total: order.total })", "`total` is a function: call it"),
        ("[Symbol('a')]", "`0` is a symbol"),
        ("({ items: [Promise.resolve(1)] })", "`0` is a Promise: await it"),
        ("({ answer: fetch('/a') })", "`answer` is a Promise: await it"),
        ("({ rows: sql`select 1` })", "`rows` is a Promise: await it"),
        ("await fetch('/a')", "it is a Response: `await response.json()` gives its body"),
        ("({ sent: new Request('/a') })", "`sent` is a Request: `await request.text()` gives its body"),
        ("(await fetch('/a')).headers", "it is a Headers: `Object.fromEntries(headers)`"),
        ("({ m: new Map([[1, 2]]) })", "`m` is a Map: `Object.fromEntries(map)` is an object, `[...map]` a list"),
        ("new Set([1])", "it is a Set: `[...set]` is a list"),
        ("new WeakMap()", "it is a WeakMap"),
        ("(function* () { yield 1; })()", "it is a Generator"),
        ("(async function* () { yield 1; })()", "it is an AsyncGenerator"),
        ("[1].values()", "it is an Array Iterator"),
        ("({ error: new RangeError('far') })", "`error` is an Error: `error.message` is a text"),
        ("({ error: new Failure('gone', 'it is gone') })", "`error` is an Error"),
        ("({ pattern: /a/ })", "`pattern` is a RegExp"),
        (
            "new Uint8Array([1])",
            "it is a Uint8Array: `[...bytes]` is a list of numbers, `btoa(String.fromCharCode(...bytes))` base64",
        ),
        ("({ view: new DataView(new ArrayBuffer(1)) })", "`view` is a DataView"),
        ("await crypto.subtle.digest('SHA-256', new Uint8Array(1))", "it is an ArrayBuffer"),
        ("new Blob(['a'])", "it is a Blob: `await blob.bytes()` gives its bytes"),
        ("new FormData()", "it is a FormData: `Object.fromEntries(form)` is an object"),
        ("new URLSearchParams('a=1')", "it is a URLSearchParams"),
        ("({ toJSON: () => NaN })", "it is NaN"),
    ] {
        let source = format!(
            "import {{ Failure }} from 'lockgate';
             import {{ sql }} from 'lockgate/database';
             class Order {{ total() {{ return 1; }} }}
             const order = new Order();
             export default async () => {expression};"
        );
        save(&host, &javascript(&source)).status(200);
        let told = call_connected(&host, &json!(null)).problem(500, "LG3003")["detail"].as_str().unwrap().to_owned();
        let expected = format!("TypeError: the output is not what JSON can hold: {expected}");
        assert!(told.contains(&expected), "{expression}: expected {expected}, found {told}");
    }
}

/// What the engine sees by itself to be plain is not looked at by JavaScript, and nothing of it runs twice.
#[test]
fn plain_values_are_written_once() {
    let host = host("export default () => 1;");
    for (expression, expected) in [
        (
            "({ a: [1, 2.5, 'x', null, true, { b: -1e300 }], c: [] })",
            r#"{"a":[1,2.5,"x",null,true,{"b":-1e300}],"c":[]}"#,
        ),
        ("({ get a() { return ++count; } })", r#"{"a":1}"#),
        ("Object.defineProperty([], '0', { get: () => ++count, enumerable: true })", "[1]"),
        ("({ toJSON: () => ++count })", "1"),
        ("(() => { const list = [1]; list.name = 'no item'; return list; })()", "[1]"),
        (
            "(() => { let deep = {}; for (let at = 0; at < 100; at++) deep = [deep]; return deep; })().flat(98)",
            "[[{}]]",
        ),
    ] {
        let source = format!("let count = 0; export default async () => {expression};");
        let expected: serde_json::Value = serde_json::from_str(expected).unwrap();
        assert_eq!(output_of(&host, &source, &json!(null)), expected, "{expression}");
    }
    for (before, told) in [
        ("Object.prototype.toJSON = () => new Map()", "it is a Map"),
        ("Array.prototype.toJSON = () => NaN", "`list` is NaN"),
        ("0", "circular reference"),
    ] {
        let source = format!(
            "const made = {{ list: [] }}; {before}; if (!('toJSON' in made.list)) made.list.push(made); export default () => made;"
        );
        save(&host, &javascript(&source)).status(200);
        let detail = call(&host, &json!(null)).problem(500, "LG3003")["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(told), "{before}: {detail}");
    }
}

#[test]
fn what_json_says_whole_is_written() {
    let host = host("export default () => 1;");
    let source = r#"
        class Money { #hidden = 1; constructor(cents) { this.cents = cents; } get euros() { return this.cents / 100; } }
        class Empty {}
        class Text { #text = "t"; toJSON() { return this.#text; } }
        class Named { get [Symbol.toStringTag]() { return "Named"; } value = 1; }
        export default (input, ctx) => [
            { a: undefined, [Symbol("b")]: 1 }, [undefined, , null], -0, new Money(1250), new Empty(), new Text(), new Named(),
            Object.assign(Object.create(null), { a: 1 }), Object.create({ inherited: 1 }), Object(5), Object("x"), Object(true),
            new Date(0), new URL("https://a.example/b"), new Proxy([1], {}), Object.freeze({ a: 2n ** 64n }), ctx.settings, "",
        ];"#;
    let expected = r#"[{},[null,null,null],0,{"cents":1250},{},"t",{"value":1},{"a":1},{},5,"x",true,"1970-01-01T00:00:00.000Z","https://a.example/b",[1],{"a":18446744073709551616},{"rate":3},""]"#;
    let expected: serde_json::Value = serde_json::from_str(expected).unwrap();
    assert_eq!(output_of(&host, source, &json!(null)), expected);
    for nothing in ["undefined", "null", "void 0"] {
        save(&host, &javascript(&format!("export default async () => {nothing};"))).status(200);
        assert_eq!(call(&host, &json!(null)).output(), json!(null), "{nothing}");
    }
}

#[test]
fn what_a_script_hands_to_others_is_said_whole_too() {
    let host = host("export default () => 1;");
    let source = "
        import { call } from 'lockgate/connectors';
        import { stringify } from 'lockgate/csv';
        import * as grpc from 'lockgate/grpc';
        const told = (work) => Promise.resolve().then(work).then(() => 'no error', (error) => `${error.name}: ${error.message}`);
        export default () => Promise.all([
            () => call('order', { items: new Set([1]) }), () => call('order', { total: NaN }),
            () => grpc.call('a.B/C', { price: NaN }), () => grpc.call('a.B/C', { prices: [{ value: -Infinity }] }),
            () => grpc.call('a.B/C', { labels: new Map([['a', 'b']]) }), () => grpc.stream('a.B/C', { at: new Date(NaN) }),
            () => stringify([{ a: { b: new Map() } }]),
        ].map(told));";
    let output = output_of(&host, source, &json!(null));
    let expected = [
        "TypeError: the input is not what JSON can hold: `items` is a Set",
        "TypeError: the input is not what JSON can hold: `total` is NaN",
        "TypeError: the request has a number that is NaN: if that is meant, write it as the text \"NaN\"",
        "TypeError: the request has a number that is -Infinity",
        "TypeError: the request is not what JSON can hold: `labels` is a Map",
        "TypeError: the request is not what JSON can hold: `at` is an invalid date",
        "TypeError: csv: a cell is not what JSON can hold: `b` is a Map",
    ];
    for (found, expected) in output.as_array().unwrap().iter().zip(expected) {
        assert!(found.as_str().unwrap().starts_with(expected), "expected {expected}, found {found}");
    }
    assert_eq!(output.as_array().unwrap().len(), expected.len());
}
