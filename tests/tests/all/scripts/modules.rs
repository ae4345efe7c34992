//! The modules that are shipped for scripts, against what others say: JMESPath by its compliance suite, dates by Temporal and
//! Luxon.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use lockgate_tests::{Host, root};
use serde_json::{Value, json};

use super::{call, host, javascript, output_of, save};

/// A host whose group lets a call read megabytes.
fn large(source: &str) -> Host {
    let host = host("export default () => 1;");
    let limits = json!({"input_bytes": 8_000_000, "cpu_ms": 60_000, "deadline_ms": 300_000, "memory_bytes": 256 << 20});
    host.set("g", json!({"limits": limits}));
    save(&host, &javascript(source)).status(200);
    host
}

/// Gives the number of cases, and each that is not as the suite has it.
const COMPLIANCE: &str = "
    import { search } from 'lockgate/jmespath';
    const same = (one, other) => {
        if (typeof one !== 'object' || one === null || other === null) return one === other;
        const keys = Object.keys(one);
        return Array.isArray(one) === Array.isArray(other) && keys.length === Object.keys(other).length
            && keys.every((key) => Object.hasOwn(other, key) && same(one[key], other[key]));
    };
    export default (suites) => {
        let cases = 0;
        const failed = [];
        for (const { given, cases: all } of suites.flat()) {
            for (const one of all) {
                cases += 1;
                let found;
                try {
                    found = { result: search(one.expression, given) };
                } catch (error) {
                    found = { error: error.code ?? String(error) };
                }
                const { result, error } = one;
                if (!same(found, error === undefined ? { result } : { error })) failed.push([one.expression, found]);
            }
        }
        return { cases, failed };
    };";

#[test]
fn jmespath_passes_its_compliance_suite() {
    let folder = root().join("tests/fixtures/scripts/jmespath");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let suites: Vec<Value> =
        files.iter().map(|path| serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()).collect();
    let host = large(COMPLIANCE);
    assert_eq!(call(&host, &json!(suites)).output(), json!({"cases": 861, "failed": []}));
}

#[test]
fn jmespath_keeps_the_digits() {
    let source = r"
        import { json } from 'lockgate';
        import { search } from 'lockgate/jmespath';
        const data = json.parse('{\x22ids\x22: [9007199254740993, 9007199254740992, 5, 9007199254740995], \x22least\x22: -9007199254740993, \x22float\x22: 9007199254740992.0, \x22text\x22: \x229007199254740993\x22}');
        const shown = (value) => Array.isArray(value) ? value.map(shown) : typeof value === 'bigint' ? `${value}n` : value;
        export default (expressions) => expressions.map((expression) => {
            try { return shown(search(expression, data)); } catch (error) { return `${error.name} ${error.code}`; }
        });";
    let host = host("export default () => 1;");
    let cases = [
        ("ids[?@ > `9007199254740992`]", json!(["9007199254740993n", "9007199254740995n"])),
        ("ids[?@ == `9007199254740993`]", json!(["9007199254740993n"])),
        ("ids[?@ <= `5`]", json!([5])),
        ("contains(ids, `9007199254740993`)", json!(true)),
        ("contains(ids, `9007199254740994`)", json!(false)),
        ("ids[1] == float", json!(true)),
        ("ids[0] == float", json!(false)),
        ("sort(ids)", json!([5, "9007199254740992n", "9007199254740993n", "9007199254740995n"])),
        ("[max(ids), min(ids)]", json!(["9007199254740995n", 5])),
        (
            "[type(least), abs(least), ceil(least), floor(least)]",
            json!(["number", "9007199254740993n", "-9007199254740993n", "-9007199254740993n"]),
        ),
        ("sum(ids)", json!("27021597764222985n")),
        ("sum([ids[0], least])", json!(0)),
        ("sum([`9007199254740991`, `2`])", json!("9007199254740993n")),
        ("sum([`9007199254740991`, `2`, `-9007199254740991`])", json!(2)),
        ("sum([`0.5`, `1`])", json!(1.5)),
        ("avg([ids[0], ids[3]])", json!("9007199254740994n")),
        ("avg([ids[0], least])", json!(0)),
        ("avg([`1`, `2`])", json!(1.5)),
        ("to_number(text)", json!("9007199254740993n")),
        ("to_number('5')", json!(5)),
        ("to_number('1e999')", json!("RangeError invalid-value")),
        ("to_string(ids)", json!("[9007199254740993,9007199254740992,5,9007199254740995]")),
        ("sort_by([{a: ids[3]}, {a: ids[0]}], &a)[0].a", json!("9007199254740993n")),
    ];
    let expressions: Vec<&str> = cases.iter().map(|(expression, _)| *expression).collect();
    let output = output_of(&host, source, &json!(expressions));
    for ((expression, expected), found) in cases.iter().zip(output.as_array().unwrap()) {
        assert_eq!(found, expected, "{expression}");
    }
}

#[test]
fn jmespath_of_a_stranger_is_bounded() {
    let source = r"
        import { compile, search } from 'lockgate/jmespath';
        const code = (expression, data = null) => {
            try { return search(expression, data); } catch (error) { return `${error.name} ${error.code}`; }
        };
        const nested = (open, close, times) => open.repeat(times) + 'a' + close.repeat(times);
        export default (input) => ({
            deepest: [nested('(', ')', 39), nested('[', ']', 39), nested('{a: ', '}', 39), nested('!', '', 39), nested('not_null(', ')', 39), 'a' + '[*].a'.repeat(38)].map((one) => code(one) instanceof Object || code(one)),
            deeper: ['(', '[', '{a: ', '!', 'not_null('].map((open) => code(nested(open, '', 100000))),
            long: [code('a' + '.a'.repeat(20000)), code('a' + ' || a'.repeat(20000)), code('a' + '[0]'.repeat(20000))],
            own: [search('constructor', {}), search('length', []), search('__proto__', input), search('toString', 'x')],
            made: [Object.keys(search('{\x22__proto__\x22: a}', { a: { polluted: 1 } })), ({}).polluted ?? null],
            kept: [search('&a', {}), search('a', undefined), compile('a.b')({ a: { b: undefined } })],
            told: (() => { try { search('a.[b', {}); } catch (error) { return error.message; } })(),
        });";
    let output = call(&large(source), &json!(serde_json::from_str::<Value>(r#"{"__proto__": 7}"#).unwrap())).output();
    let refused = "SyntaxError syntax";
    let expected = json!({
        "deepest": [null, null, null, true, null, null],
        "deeper": [refused, refused, refused, refused, refused], "long": [null, null, null],
        "own": [null, null, 7, null], "made": [["__proto__"], null], "kept": [null, null, null],
        "told": "jmespath: column 5: expected `]`, found the end",
    });
    assert_eq!(output, expected);
}

/// Applies each function to its arguments, and gives what is not as expected.
const DATES: &str = "
    import * as dates from 'lockgate/dates';
    export default (text) => {
        const counts = {};
        const failed = [];
        for (const line of text.trim().split('\\n')) {
            const [name, given, expected] = JSON.parse(line);
            counts[name] = (counts[name] ?? 0) + 1;
            let found;
            try {
                found = dates[name](...given);
                if (found instanceof Date) found = found.getTime();
            } catch (error) {
                found = String(error);
            }
            if (JSON.stringify(found) !== JSON.stringify(expected)) failed.push({ name, given, expected, found });
        }
        return { counts, wrong: failed.length, failed: failed.slice(0, 20) };
    };";

#[test]
fn dates_are_those_of_temporal_and_luxon() {
    let done = Command::new(root().join("tests/scripts.sh")).status().unwrap();
    assert!(done.success(), "tests/scripts.sh could not prepare what others say");
    let said = fs::read_to_string(root().join("target/scripts/dates.jsonl")).unwrap();
    let output = call(&large(DATES), &json!(said)).output();
    assert_eq!(output["failed"], json!([]), "{} are wrong", output["wrong"]);
    for (name, least) in [("add", 1200), ("subtract", 1200), ("difference", 3600), ("startOf", 2000), ("endOf", 2000)]
        .into_iter()
        .chain([("parts", 400), ("of", 400), ("from", 800), ("format", 350), ("parse", 300)])
    {
        assert!(output["counts"][name].as_u64() >= Some(least), "{name}: {}", output["counts"]);
    }
}

#[test]
fn a_duration_may_have_several_signs() {
    let host = host("export default () => 1;");
    let source = r"
        import * as dates from 'lockgate/dates';
        const zone = 'Europe/Berlin';
        // The second of the two times.
        const twice = new Date('2026-10-25T01:30:00Z');
        export default () => [
            dates.add('2026-01-31', { months: 1, days: -3 }), dates.subtract('2026-03-31', { months: 1, days: -3 }),
            dates.add('2026-06-15', { years: 1, months: -1, weeks: 2, days: -1, hours: -1, minutes: 30 }),
            dates.add('2026-06-15', { days: 1, hours: -24 }), dates.add(twice, { years: 1, months: -12 }, { zone }),
            dates.add(twice, { weeks: -1, days: 7, minutes: 1 }, { zone }), dates.add('2026-03-30T02:30', { days: -1 }, { zone }),
        ];";
    let expected = [
        "2026-02-25",
        "2026-03-03",
        "2027-05-27T23:30",
        "2026-06-15T00:00",
        "2026-10-25T01:30",
        "2026-10-25T01:31",
        "2026-03-29T01:30",
    ];
    let output = output_of(&host, source, &json!(null));
    let found: Vec<&str> = output.as_array().unwrap().iter().map(|date| date.as_str().unwrap()).collect();
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found} is not {expected}");
    }
    assert_eq!(found.len(), expected.len());
}

#[test]
fn dates_that_are_none_are_refused() {
    let host = host("export default () => 1;");
    let source = r"
        import * as dates from 'lockgate/dates';
        const told = (work) => { try { return work(); } catch (error) { return `${error.name}: ${error.message}`; } };
        export default () => [
            () => dates.from('2026-02-30'), () => dates.from('2026-13-01T00:00Z'), () => dates.from('tomorrow'),
            () => dates.from(NaN), () => dates.from(null), () => dates.parts(8.64e15), () => dates.add(0, { years: 20000 }),
            () => dates.add(0, { days: 1.5 }), () => dates.add(0, { moons: 1 }), () => dates.add(0, { days: 1e300 }),
            () => dates.startOf(0, 'decade'), () => dates.parts(0, { zone: 'Europe/Atlantis' }), () => dates.parts(0, { zone: '+2' }),
            () => dates.parts(0, { zone: 'x'.repeat(1e6) }).year, () => dates.format(0, 'yyyy-MM-ddTHH'), () => dates.format(0, 'y'.repeat(300)),
            () => dates.format(0, 'd'.repeat(257)), () => dates.format(0, '\x27open'), () => dates.parse('30.2.2026', 'd.M.yyyy'),
            () => dates.parse('2026-1-1', 'yyyy-MM-dd'), () => dates.parse('Monday 1.12.2026', 'EEEE d.M.yyyy'),
            () => dates.parse('13:00 PM 2026', 'h:mm a yyyy'), () => dates.parse('W1', 'W'), () => dates.parse('1.1', 'd.M'),
            () => dates.parse('1 2 2026', 'd d yyyy'), () => dates.of({ year: 2026, month: 0 }), () => dates.of({ year: '2026' }),
            () => dates.difference('9999-12-01', '9999-12-29', 'months'), () => dates.parse('1 May 61, noon', 'd MMM yy, \x27noon\x27').toISOString(),
        ].map(told);";
    let output = output_of(&host, source, &json!(null));
    let no_such = "RangeError: dates: there is no such date";
    let range = "RangeError: dates: expected a date from the year -9999 to 9999";
    let expected = [
        no_such,
        no_such,
        "TypeError: dates: expected a Date, milliseconds, or a text like",
        "RangeError: dates: an invalid date",
        "TypeError: dates: expected a Date",
        range,
        range,
        "RangeError: dates: `days` is a whole number",
        "RangeError: dates: there is no unit `moons`: expected years, quarters, ",
        range,
        "RangeError: dates: there is no unit `decade`",
        "RangeError: dates: there is no time zone `Europe/Atlantis`: expected one like `Europe/Berlin`",
        "RangeError: dates: there is no time zone `+2`",
        "RangeError: dates: there is no time zone `…`",
        "RangeError: dates: `T` of the pattern stands for nothing: expected yyyy, ",
        "RangeError: dates: a pattern has at most 256 characters",
        "RangeError: dates: a pattern has at most 256 characters",
        "RangeError: dates: a `'` of the pattern is not closed",
        "RangeError: dates: `30.2.2026` is no date by the pattern `d.M.yyyy`: there is no such date",
        "RangeError: dates: `2026-1-1` is no date by the pattern `yyyy-MM-dd`",
        "RangeError: dates: `Monday 1.12.2026` is no date by the pattern `EEEE d.M.yyyy`: it is another day of the week",
        "RangeError: dates: `13:00 PM 2026` is no date by the pattern `h:mm a yyyy`: the hours of half a day are 1 to 12",
        "RangeError: dates: `W` can be written and not read",
        "RangeError: dates: the pattern has no year",
        "RangeError: dates: `1 2 2026` is no date by the pattern `d d yyyy`: it says two things of one part",
        no_such,
        "TypeError: dates: year, month, day",
    ];
    for (found, expected) in output.as_array().unwrap().iter().zip(expected) {
        assert!(found.as_str().is_some_and(|found| found.starts_with(expected)), "expected {expected}, found {found}");
    }
    assert_eq!(output.as_array().unwrap()[expected.len()..], [json!(0), json!("1961-05-01T00:00:00.000Z")]);
}

/// The bytes of a module's files, in kilobytes.
fn kilobytes(name: &str) -> u64 {
    let library = root().join("host/script/guests/engine/library");
    let size = |path: PathBuf| fs::metadata(path).unwrap().len();
    let parts = fs::read_dir(library.join(name)).into_iter().flatten().map(|entry| size(entry.unwrap().path()));
    (size(library.join(format!("{name}.js"))) + parts.sum::<u64>()).div_ceil(1000)
}

#[test]
fn the_page_states_the_sizes() {
    let page = fs::read_to_string(root().join("docs/scripts.md")).unwrap();
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    for name in ["csv", "xml", "dates", "jmespath"] {
        let stated = format!("`lockgate/{name}` is {} KB", kilobytes(name));
        assert!(page.contains(&stated), "docs/scripts.md does not say: {stated}");
    }
}
