//! The URL standard's own test data, against `URL` of scripts.

use lockgate_tests::root;
use serde_json::{Value, json};

use super::{call, host, javascript, save};

/// Runs a script over a file of the standard's data, which may have half characters, so the script itself reads it.
fn run(source: &str, file: &str) -> Value {
    let host = host("export default () => 1;");
    host.set("g", json!({"limits": {"input_bytes": 1_000_000, "cpu_ms": 20_000, "deadline_ms": 300_000}}));
    save(&host, &javascript(source)).status(200);
    let data = std::fs::read_to_string(root().join("tests/fixtures/scripts").join(file)).unwrap();
    call(&host, &json!(data)).output()
}

/// Gives the number of cases, and each that is not as the standard has it.
const PARSE: &str = "
    const KEYS = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'];
    export default (text) => {
        const cases = JSON.parse(text).filter((one) => typeof one === 'object');
        const shown = ({ input, base }) => escape(`${input} (${base})`);
        const escape = (text) => text.replace(/[^ -~]/g, (unit) => `\\\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
        const failed = [];
        for (const one of cases) {
            let url;
            try {
                url = one.base === null || one.base === undefined ? new URL(one.input) : new URL(one.input, one.base);
            } catch (error) {
                if (!one.failure || !(error instanceof TypeError)) failed.push(shown(one));
                continue;
            }
            if (one.failure || KEYS.some((key) => one[key] !== undefined && url[key] !== one[key])) failed.push(shown(one));
        }
        return { cases: cases.length, failed };
    };";

const SET: &str = "
    export default (text) => {
        let cases = 0;
        const failed = [];
        for (const [key, all] of Object.entries(JSON.parse(text))) {
            if (key === 'comment') continue;
            for (const { href, new_value, expected } of all) {
                cases += 1;
                const url = new URL(href);
                url[key] = new_value;
                const wrong = Object.keys(expected).find((own) => url[own] !== expected[own]);
                if (wrong !== undefined) failed.push(`${key} of ${href} = ${JSON.stringify(new_value)}`);
            }
        }
        return { cases, failed };
    };";

/// What the crate `url` reads otherwise, by its own list too: drive letters and empty hosts of `file:`, of which no script can
/// fetch any, and the origin of `blob:`.
const PARSED_OTHERWISE: [&str; 40] = [
    "/ (file://h/C:/a/b)",
    r#"file:\\// (null)"#,
    r#"file:\\\\ (null)"#,
    r#"file:\\\\?fox (null)"#,
    r#"file:\\\\#guppy (null)"#,
    "file://spider/// (null)",
    r#"file:\\localhost// (null)"#,
    r#"file://\/localhost//cat (null)"#,
    "file://localhost//a//../..// (null)",
    "/////mouse (file:///elephant)",
    r#"\/localhost//pig (file://lion/)"#,
    "//localhost//pig (file://lion/)",
    "/..//localhost//pig (file://lion/)",
    "C| (file://host/dir/file)",
    "C| (file://host/D:/dir1/dir2/file)",
    "C|# (file://host/dir/file)",
    "C|? (file://host/dir/file)",
    "C|/ (file://host/dir/file)",
    r#"C|\u000a/ (file://host/dir/file)"#,
    r#"C|\ (file://host/dir/file)"#,
    "/c:/foo/bar (file://host/path)",
    "file://example.net/C:/ (null)",
    "file://1.2.3.4/C:/ (null)",
    "file://[1::8]/C:/ (null)",
    "C|/ (file://host/)",
    "/C:/ (file://host/)",
    "file:C:/ (file://host/)",
    "file:/C:/ (file://host/)",
    "file://localhost//a//../..//foo (null)",
    "file://localhost////foo (null)",
    "file:////foo (null)",
    "file:////one/two (file:///)",
    "////one/two (file:///)",
    "file:///.// (file:////)",
    "file:.//p (null)",
    "file:/.//p (null)",
    "blob:blob:https://example.org/ (null)",
    "blob:ftp://host/path (null)",
    "blob:ws://example.org/ (null)",
    "blob:wss://example.org/ (null)",
];

/// The same of what is set: paths of `file:` and of schemes that are not special.
const SET_OTHERWISE: [&str; 10] = [
    r#"hostname of non-spec:/.//p = "h""#,
    r#"hostname of non-spec:/.//p = """#,
    r#"pathname of foo:///some/path = """#,
    r#"pathname of file://monkey/ = "\\\\""#,
    r#"pathname of file:///unicorn = "//\\/""#,
    r#"pathname of file:///unicorn = "//monkey/..//""#,
    r#"pathname of non-spec:/ = "/.//p""#,
    r#"pathname of non-spec:/ = "/..//p""#,
    r#"pathname of non-spec:/ = "//p""#,
    r#"pathname of non-spec:/.// = "p""#,
];

/// As a script gives them.
fn otherwise(cases: usize, list: &[&str]) -> Value {
    json!({"cases": cases, "failed": list})
}

#[test]
fn urls_are_read_as_the_standard_says() {
    assert_eq!(run(PARSE, "urltestdata.json"), otherwise(819, &PARSED_OTHERWISE));
}

#[test]
fn parts_of_urls_are_set_as_the_standard_says() {
    assert_eq!(run(SET, "setters_tests.json"), otherwise(254, &SET_OTHERWISE));
}
