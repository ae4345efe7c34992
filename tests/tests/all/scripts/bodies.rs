//! Requests and answers of scripts byte by byte: the values of headers, and bodies by their encoding.

use lockgate_tests::{Reply, Upstream};
use serde_json::json;

use super::{call_connected, calling, host, output_of};

#[test]
fn a_header_has_a_byte_for_each_character() {
    let upstream = Upstream::start(|_| Reply::new(200));
    let source = "
        export default async () => {
            const headers = { 'x-latin': 'J\\xfcrgen', 'x-utf-8': '\\xc3\\xbc', 'x-plain': 'a' };
            await fetch('/alone', { headers });
            await Promise.all(['/one', '/two'].map((url) => fetch(url, { headers })));
            try { new Headers({ 'x-far': '\\u20ac' }); } catch (error) { return error.name; }
        };";
    let host = calling(&upstream, source);
    assert_eq!(call_connected(&host, &json!({})).output(), json!("TypeError"));
    let seen = upstream.seen();
    assert_eq!(seen.len(), 3);
    for one in seen {
        for line in [b"x-latin: J\xfcrgen\r\n".as_slice(), b"x-utf-8: \xc3\xbc\r\n", b"x-plain: a\r\n"] {
            let is_sent = one.raw.windows(line.len()).any(|part| part.eq_ignore_ascii_case(line));
            assert!(is_sent, "{} has no {:?}", one.target, String::from_utf8_lossy(line));
        }
    }
}

/// Bodies by their path: their content type, their bytes, and what `text()` and `json()` make of them.
const BODIES: [(&str, &str, &[u8], [&str; 2]); 10] = [
    ("/plain", "text/plain", "\"é\"".as_bytes(), ["\"é\"", "é"]),
    ("/mark", "text/plain", b"\xef\xbb\xbf\"a\"", ["\"a\"", "a"]),
    ("/utf-16", "text/csv; charset=utf-8", b"\xff\xfe\"\0a\0\"\0", ["\"a\"", "a"]),
    ("/latin", "text/plain; charset=\"ISO-8859-1\"", b"\"\xe9\x80\"", ["\"é€\"", "é€"]),
    ("/japanese", "text/plain; format=flowed; Charset=Shift_JIS", b"\"\x82\xa0\"", ["\"あ\"", "あ"]),
    ("/russian", "text/html;charset=windows-1251", b"\"\xcf\xf0\xe8\"", ["\"При\"", "При"]),
    // JSON is UTF-8, whatever it is said to be.
    ("/said", "application/json; charset=iso-8859-1", "\"é\"".as_bytes(), ["\"Ã©\"", "é"]),
    (
        "/unknown",
        "application/json; charset=klingon",
        b"\"a\"",
        ["TypeError: the content type of the body names the encoding `klingon`, which is not known", "a"],
    ),
    (
        "/malformed",
        "application/json",
        b"\"\xe9\"",
        ["TypeError: the body is not UTF-8", "TypeError: the body is not UTF-8"],
    ),
    (
        "/other",
        "text/plain; charset=shift_jis",
        b"\"\x82\"",
        ["TypeError: the body is not Shift_JIS", "TypeError: the body is not Shift_JIS"],
    ),
];

#[test]
fn a_body_is_read_by_its_encoding_or_not_at_all() {
    let upstream = Upstream::start(|seen| {
        let (_, kind, bytes, _) = BODIES.iter().find(|(path, ..)| seen.path().ends_with(path)).expect("a body");
        Reply::new(200).header("content-type", *kind).body(*bytes)
    });
    let source = "
        export default async (paths) => await Promise.all(paths.map(async (path) => {
            const response = await fetch(path);
            const told = (error) => `${error.name}: ${error.message}`;
            const copy = response.clone();
            return [await response.text().catch(told), await copy.json().catch(told)];
        }));";
    let host = calling(&upstream, source);
    let paths: Vec<&str> = BODIES.iter().map(|(path, ..)| *path).collect();
    let output = call_connected(&host, &json!(paths)).output();
    for ((path, _, _, expected), found) in BODIES.iter().zip(output.as_array().unwrap()) {
        for (index, expected) in expected.iter().enumerate() {
            let found = found[index].as_str().unwrap();
            let is_expected =
                if expected.starts_with("TypeError") { found.starts_with(expected) } else { found == *expected };
            assert!(is_expected, "{path}: expected {expected}, found {found}");
        }
    }
}

#[test]
fn a_decoder_knows_the_encodings_of_the_web() {
    let host = host("export default () => 1;");
    let source = r"
        const told = (work) => { try { return work(); } catch (error) { return error.name; } };
        const of = (...bytes) => new Uint8Array(bytes);
        /** Byte by byte. */
        const parts = (label, bytes, options) => {
            const decoder = new TextDecoder(label, options);
            return bytes.map((byte) => decoder.decode(of(byte), { stream: true })).join('') + decoder.decode();
        };
        export default () => [
            ['latin1', ' UTF8 ', 'sjis', 'gb2312', 'unicode'].map((label) => new TextDecoder(label).encoding),
            [() => new TextDecoder('klingon'), () => new TextDecoder('iso-2022-kr'), () => new TextDecoder('utf-8', { fatal: true }).decode(of(0xff))].map(told),
            parts('utf-8', [0xef, 0xbb, 0xbf, 0xe2, 0x82, 0xac, 0xf0, 0x9f]), parts('utf-16le', [0xff, 0xfe, 0x3d, 0xd8, 0x00, 0xde]),
            parts('shift_jis', [0x82, 0xa0, 0x61]), parts('iso-2022-jp', [0x1b, 0x24, 0x42, 0x24, 0x22, 0x1b, 0x28, 0x42, 0x61]),
            parts('utf-8', [0xef, 0xbb, 0xbf, 0x61], { ignoreBOM: true }).length,
            told(() => parts('gbk', [0x81], { fatal: true })), new TextDecoder('windows-1251').decode(of(0, 0xcf, 0xf0).subarray(1)),
            (() => {
                const [one, other] = [new TextDecoder('big5'), new TextDecoder('euc-kr')];
                const first = [one.decode(of(0xa4), { stream: true }), other.decode(of(0xb0), { stream: true })];
                return [...first, one.decode(of(0xa4)), other.decode(of(0xa1)), one.decode(of(0x62))];
            })(),
        ];";
    let expected = json!([
        ["windows-1252", "utf-8", "shift_jis", "gbk", "utf-16le"],
        ["RangeError", "RangeError", "TypeError"],
        "€\u{fffd}",
        "😀",
        "あa",
        "あa",
        2,
        "TypeError",
        "Пр",
        ["", "", "中", "가", "b"],
    ]);
    assert_eq!(output_of(&host, source, &json!(null)), expected);
}
