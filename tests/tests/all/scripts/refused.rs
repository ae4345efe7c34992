//! What is no option, no text and no data is refused by the library: it would silently be something else, or nothing.

use serde_json::json;

use super::{call, host, javascript, output_of, save};

/// What each expression gives, or the error that it throws.
fn told(imports: &str, expressions: &[&str]) -> Vec<String> {
    let works: Vec<String> = expressions.iter().map(|expression| format!("async () => ({expression})")).collect();
    let source = format!(
        "{imports}
        const told = (work) => work().then((value) => JSON.stringify(value) ?? 'undefined', (error) => `${{error.name}}: ${{error.message}}`);
        export default () => Promise.all([{}].map(told));",
        works.join(", ")
    );
    let output = output_of(&host("export default () => 1;"), &source, &json!(null));
    output.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

/// Each expression gives, or throws, a text that begins so.
#[track_caller]
fn agree(imports: &str, cases: &[(&str, &str)]) {
    let expressions: Vec<&str> = cases.iter().map(|(expression, _)| *expression).collect();
    let found = told(imports, &expressions);
    assert_eq!(found.len(), cases.len());
    let wrong: Vec<_> =
        cases.iter().zip(&found).filter(|((_, expected), found)| !found.starts_with(expected)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_option_has_its_type_and_a_name_that_is_known() {
    let imports = "
        import * as csv from 'lockgate/csv';
        import { query, sql, transaction } from 'lockgate/database';
        import * as dates from 'lockgate/dates';
        import * as grpc from 'lockgate/grpc';
        import * as xml from 'lockgate/xml';";
    let cases = [
        ("sql`select 1`.with({ maxRows: Number('ten') })", "TypeError: the option `maxRows` is a number, found NaN"),
        ("sql`select 1`.with({ maxRows: '10' })", "TypeError: the option `maxRows` is a number, found \"10\""),
        ("sql`select 1`.with({ readOnly: null })", "TypeError: the option `readOnly` is a boolean, found null"),
        ("sql`select 1`.with(new Map([['maxRows', 1]]))", "TypeError: the options are an object, found a Map"),
        ("sql`select 1`.with(Promise.resolve({}))", "TypeError: the options are an object, found a Promise: await it"),
        ("sql`select ${sql`1`.with({ maxRows: 1 })}`", "TypeError: sql: a part of a statement has no options"),
        ("query('select 1', [], { totalTimeoutMs: Infinity })", "TypeError: the option `totalTimeoutMs` is a number"),
        ("query('select 1', [], 5)", "TypeError: the options are an object, found 5"),
        (
            "query('select 1', [], { rows: 5 })",
            "TypeError: the option `rows` is not known: expected database, readOnly",
        ),
        ("query('select 1', 5)", "TypeError: values are a list for $1, or an object for :name, found 5"),
        (
            "query('select :a', new Map([['a', 1]]))",
            "TypeError: values are a list for $1, or an object for :name, found a Map",
        ),
        ("query(sql`select 1`)", "TypeError: a statement is a text here, found Statement"),
        ("transaction(() => 1, { isolation: 5 })", "TypeError: the option `isolation` is a string, found 5"),
        (
            "grpc.call('a.B/C', {}, { totalTimeoutMs: NaN })",
            "TypeError: the option `totalTimeoutMs` is a number, found NaN",
        ),
        ("grpc.call('a.B/C', {}, { idempotent: 1 })", "TypeError: the option `idempotent` is a boolean, found 1"),
        (
            "grpc.call('a.B/C', {}, { metadata: new Headers({ a: 'b' }) })",
            "TypeError: the metadata are an object, found a Headers",
        ),
        (
            "grpc.call('a.B/C', {}, { metadata: { a: Promise.resolve('b') } })",
            "TypeError: the metadata `a` is a text, found Promise",
        ),
        ("grpc.call('a.B/C', {}, { metadata: { a: [NaN] } })", "TypeError: the metadata `a` is a text, found NaN"),
        ("grpc.stream('a.B/C', {}, 'x')", "TypeError: the options are an object, found \"x\""),
        (
            "csv.parse('a;b', { separator: ';' })",
            "TypeError: the option `separator` is not known: expected delimiter, header",
        ),
        ("csv.parse('a;b', { delimiter: null })", "TypeError: the option `delimiter` is a string, found null"),
        ("csv.parse('a;b', { delimiter: '\\n' })", "TypeError: csv: `delimiter` is one character"),
        ("csv.stringify([[1, 2]], { delimiter: '' })", "TypeError: csv: `delimiter` is one character"),
        ("csv.stringify([{ a: 1 }], { columns: 'a' })", "TypeError: the option `columns` is an array, found \"a\""),
        ("xml.parse('<a/>', { arrays: 'line' })", "TypeError: the option `arrays` is an array, found \"line\""),
        ("xml.stringify({ a: 1 }, { indent: 2 })", "TypeError: the option `indent` is not known: expected declaration"),
        (
            "dates.parts(0, 'Europe/Berlin')",
            "TypeError: dates: the options, such as `{ zone: \"Europe/Berlin\" }`, are an object",
        ),
        (
            "dates.parts(0, { timeZone: 'Europe/Berlin' })",
            "TypeError: the option `timeZone` is not known: expected zone",
        ),
        ("dates.parts(0, { zone: null })", "TypeError: the option `zone` is a string, found null"),
        ("AbortSignal.timeout('soon')", "TypeError: AbortSignal.timeout: expected milliseconds, found soon"),
        ("AbortSignal.timeout(-1)", "TypeError: AbortSignal.timeout: expected milliseconds, found -1"),
        (
            "fetch('/a', { retry: { attempts: NaN } })",
            "TypeError: `retry` is not what JSON can hold: `attempts` is NaN",
        ),
        (
            "fetch('/a', Promise.resolve({ method: 'POST' }))",
            "TypeError: the options of a request are an object, found a Promise",
        ),
        ("fetch('/a', 'POST')", "TypeError: the options of a request are an object, found string"),
        (
            "fetch('/a', { headers: Promise.resolve({ a: 'b' }) })",
            "TypeError: Headers: expected an object or a list of pairs, found a Promise",
        ),
        (
            "crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256', length: NaN }, true, ['sign'])",
            "OperationError: ",
        ),
        (
            "crypto.subtle.importKey('jwk', { k: null }, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])",
            "DataError: ",
        ),
        // What is given as nothing is not given.
        ("csv.parse('a\\n1', { delimiter: undefined })", r#"[{"a":"1"}]"#),
        ("dates.parts(0, undefined).year + dates.parts(0, {}).year + dates.parts(0, null).year", "5910"),
    ];
    agree(imports, &cases);
}

#[test]
fn what_has_no_text_is_no_text() {
    let expected = |what: &str| format!("TypeError: expected a text, found {what}");
    let [promise, object, function] =
        ["a Promise: await it", "an object: `JSON.stringify` writes it", "a function: call it"];
    let cases = [
        ("new Request('/a', { method: 'POST', body: { a: 1 } })", object),
        ("new Request('/a', { method: 'POST', body: Promise.resolve('a') })", promise),
        ("new Response(() => 'a')", function),
        ("new Headers({ authorization: Promise.resolve('a') })", promise),
        ("new URLSearchParams({ q: Promise.resolve('a') })", promise),
        ("new URLSearchParams([['q', { a: 1 }]])", object),
        ("new FormData().append('a', new Map())", "a Map: "),
        ("new Blob([{ a: 1 }])", object),
        ("new TextEncoder().encode(Promise.resolve('a'))", promise),
        (
            "btoa(new Uint8Array([1, 2]))",
            "a Uint8Array: `[...bytes]` is a list of numbers, `btoa(String.fromCharCode(...bytes))` base64",
        ),
        ("atob(Promise.resolve('YQ=='))", promise),
    ];
    let cases: Vec<_> = cases.iter().map(|(expression, what)| (*expression, expected(what))).collect();
    let mut cases: Vec<_> = cases.iter().map(|(expression, expected)| (*expression, expected.as_str())).collect();
    cases.extend([
        (
            "new Request('/a', { method: 'POST', body: [{ a: 1 }] })",
            "TypeError: a body is no list: `JSON.stringify` writes it",
        ),
        (
            "new URLSearchParams(Promise.resolve({ q: 'a' }))",
            "TypeError: URLSearchParams: expected an object or pairs, found a Promise",
        ),
        ("new Headers(new Response())", "TypeError: Headers: expected an object or a list of pairs, found a Response"),
        // What has one is that.
        ("await new Response(new URL('https://a.example/b')).text()", r#""https://a.example/b""#),
        (
            "new URLSearchParams({ a: 1, b: null, c: undefined, d: [1, 2], e: 5n }).toString()",
            r#""a=1&b=null&c=undefined&d=1%2C2&e=5""#,
        ),
        ("new Headers({ a: { toString: () => 'b' } }).get('a')", r#""b""#),
        ("new Headers({ a: { [Symbol.toPrimitive]: () => 'b' } }).get('a')", r#""b""#),
        ("btoa(5)", r#""NQ==""#),
    ]);
    agree("", &cases);
}

#[test]
fn what_is_no_data_is_not_searched() {
    let cases = [
        ("search('items[]', Promise.resolve({ items: [1] }))", "TypeError: jmespath: the data has a Promise: await it"),
        ("search('a.*', { a: new Map([[1, 2]]) })", "TypeError: jmespath: the data has a Map: "),
        ("search('length(a)', { a: new Set([1]) })", "TypeError: jmespath: the data has a Set: "),
        ("search('status', new Response())", "TypeError: jmespath: the data has a Response: "),
        ("search('[a.b, type(a)]', { a: new Date(0) })", r#"[null,"object"]"#),
        ("search('*', new (class { constructor() { this.a = 1; } })())", "[1]"),
    ];
    agree("import { search } from 'lockgate/jmespath';", &cases);
}

#[test]
fn a_failure_is_retryable_where_it_says_when() {
    let cases = [
        ("new Failure('a', 'b', { retryAfterMs: null }).retryable", "false"),
        ("new Failure('a', 'b', { retryAfterMs: undefined }).retryable", "false"),
        ("new Failure('a', 'b', { retryAfterMs: 0 }).retryable", "true"),
        ("new Failure('a', 'b', { retryAfterMs: 5, retryable: false }).retryable", "false"),
        ("'retryAfterMs' in new Failure('a', 'b', { retryAfterMs: null })", "false"),
    ];
    agree("import { Failure } from 'lockgate';", &cases);
}

/// The failure is what its caller must know, whatever its details are.
#[test]
fn details_that_json_does_not_hold_are_a_text() {
    let host = host("export default () => 1;");
    for (details, expected) in [
        ("{ id: 7, left: undefined, at: new Date(0) }", json!({"id": 7, "at": "1970-01-01T00:00:00.000Z"})),
        ("{ seen: new Map([[1, 2]]) }", json!("{ seen: Map(1) { 1 => 2 } }")),
        ("[NaN]", json!("[ NaN ]")),
        ("(() => { const own = {}; own.own = own; return own; })()", json!("{ own: [Circular] }")),
    ] {
        let source = format!(
            "import {{ Failure }} from 'lockgate';
            export default () => {{ throw new Failure('gone', 'it is gone', {{ details: {details} }}); }};"
        );
        save(&host, &javascript(&source)).status(200);
        let failure = call(&host, &json!(null)).problem(422, "LG3001")["failure"].clone();
        assert_eq!((&failure["code"], &failure["details"]), (&json!("gone"), &expected), "{details}");
    }
}

#[test]
fn rows_and_cells_of_a_table_are_what_a_table_can_say() {
    let cases = [
        ("stringify([Promise.resolve({ a: 1 })])", "TypeError: csv: row 1 is a Promise: await it"),
        ("stringify([{ a: 1 }, new Map([['a', 1]])])", "TypeError: csv: row 2 is a Map: "),
        ("stringify([new Date(0)])", "TypeError: csv: row 1 is a Date"),
        ("stringify('ab')", "TypeError: csv: row 1 is \"a\""),
        ("stringify([null])", "TypeError: csv: row 1 is null"),
        ("stringify([{ a: 1 }, [2]])", "TypeError: csv: rows are objects, or arrays, and all of one kind"),
        ("stringify([[1], { a: 2 }])", "TypeError: csv: rows are objects, or arrays, and all of one kind"),
        ("stringify([[1], []])", "TypeError: csv: row 2 has no values, and a line without anything is no row"),
        ("stringify([{}])", "TypeError: csv: row 1 has no values"),
        ("stringify([['1'], ['1', '2']], { columns: ['a'] })", "TypeError: csv: row 2 has 2 values for 1 columns"),
        ("stringify([{ a: () => 1 }])", "TypeError: csv: a cell is a function: call it"),
        ("stringify([{ a: new Date(NaN) }])", "TypeError: csv: a cell is an invalid date"),
        ("stringify([{ a: NaN }])", "TypeError: csv: a cell is NaN: if that is meant, write it as the text \"NaN\""),
        ("stringify([{ a: Object(-Infinity) }])", "TypeError: csv: a cell is -Infinity"),
        ("stringify([{ a: new Set([1]) }])", "TypeError: csv: a cell is a Set: `[...set]` is a list"),
        ("stringify([{ a: Promise.resolve(1) }])", "TypeError: csv: a cell is a Promise: await it"),
        ("parse(Promise.resolve('a'))", "TypeError: csv: expected a text, found Promise"),
        ("parse(undefined)", "TypeError: csv: expected a text, found undefined"),
        ("stringify([])", r#""""#),
        ("stringify([], { columns: ['a', 'b'] })", r#""a,b\r\n""#),
        ("stringify([[1, 2]], { columns: ['a', 'b'] })", r#""a,b\r\n1,2\r\n""#),
        ("stringify([{ a: 1 }, { b: 2 }], { delimiter: ';' })", r#""a;b\r\n1;\r\n;2\r\n""#),
        ("stringify(new Map([['a', 1]]))", r#""a,1\r\n""#),
        (
            "stringify([[Object('x'), Object(5), Object(true), null, { a: [1n] }]])",
            r#""x,5,true,,\"{\"\"a\"\":[1]}\"\r\n""#,
        ),
    ];
    agree("import { parse, stringify } from 'lockgate/csv';", &cases);
}

#[test]
fn durations_and_parts_of_dates_are_numbers() {
    let day = "RangeError: dates: `days` is a whole number";
    let duration = "TypeError: dates: a duration is an object such as";
    let cases: Vec<(&str, &str)> = vec![
        ("dates.add(0, { days: null })", day),
        ("dates.add(0, { days: '' })", day),
        ("dates.add(0, { days: '3' })", day),
        ("dates.add(0, { days: true })", day),
        ("dates.add(0, { days: [] })", day),
        ("dates.add(0, { hours: null })", "RangeError: dates: `hours` is a number"),
        ("dates.add(0, { hours: NaN })", "RangeError: dates: `hours` is a number"),
        ("dates.add(0, new Map([['days', 1]]))", duration),
        ("dates.subtract(0, Promise.resolve({ days: 1 }))", duration),
        ("dates.add(0, [])", duration),
        ("dates.add(0, { days: 2n })", r#""1970-01-03T00:00:00.000Z""#),
        ("dates.add(0, {})", r#""1970-01-01T00:00:00.000Z""#),
        ("dates.of({ year: 2026, months: 3 })", "TypeError: dates: there is no part `months`: expected year, month"),
        ("dates.of({ ...dates.parts('2026-03-05T10:20'), day: 1 })", r#""2026-03-01T10:20:00.000Z""#),
        ("dates.format(0, 5)", "TypeError: dates: a pattern is a text such as `yyyy-MM-dd`"),
    ];
    agree("import * as dates from 'lockgate/dates';", &cases);
}

#[test]
fn the_hour_of_a_pattern_is_one() {
    let twice = "two things of one part";
    let alone = "stand beside each other";
    let cases: [(&str, &str, &str); 14] = [
        ("2026-11-29 03:30 PM", "yyyy-MM-dd HH:mm a", twice),
        ("2026-11-29 15:30 AM", "yyyy-MM-dd HH:mm a", twice),
        ("2026-11-29 00:30 PM", "yyyy-MM-dd HH:mm a", twice),
        ("2026-11-29 15 4 PM", "yyyy-MM-dd HH h a", twice),
        ("2026-11-29 15 3 AM", "yyyy-MM-dd HH h a", twice),
        ("2026-11-29 3", "yyyy-MM-dd h", alone),
        ("2026-11-29 PM", "yyyy-MM-dd a", alone),
        ("2026-11-29 15:30 PM", "yyyy-MM-dd HH:mm a", "15:30"),
        ("2026-11-29 00:30 AM", "yyyy-MM-dd HH:mm a", "00:30"),
        ("2026-11-29 12:30 pm", "yyyy-MM-dd HH:mm a", "12:30"),
        ("2026-11-29 15 3", "yyyy-MM-dd HH h", "15:00"),
        ("2026-11-29 0 12 AM", "yyyy-MM-dd H h a", "00:00"),
        ("2026-11-29 12:30 AM", "yyyy-MM-dd h:mm a", "00:30"),
        ("2026-11-29 12:30 PM", "yyyy-MM-dd hh:mm a", "12:30"),
    ];
    let source = "
        import * as dates from 'lockgate/dates';
        const told = ([text, pattern]) => { try { return dates.parse(text, pattern).toISOString(); } catch (error) { return `${error.name}: ${error.message}`; } };
        export default (cases) => cases.map(told);";
    let given: Vec<[&str; 2]> = cases.iter().map(|(text, pattern, _)| [*text, *pattern]).collect();
    let output = output_of(&host("export default () => 1;"), source, &json!(given));
    let found: Vec<&str> = output.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    for ((text, pattern, expected), found) in cases.iter().zip(found) {
        let is_refused = [twice, alone].contains(expected);
        assert!(
            found.contains(expected) && found.starts_with("RangeError: dates: ") == is_refused,
            "{text} by {pattern}: {found}"
        );
    }
}
