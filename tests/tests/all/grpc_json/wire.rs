//! Bytes as an untrusted server sends them.

use lockgate_tests::grpc_servers::rogue::messages::nested;
use lockgate_tests::grpc_servers::rogue::protobuf::{field, number};

use serde_json::json;

use super::Compared;

/// The numbers of the fields of `Everything`.
const SCALARS: u32 = 1;
const OPTIONALS: u32 = 2;
const REPEATEDS: u32 = 3;
const MAPS: u32 = 4;
const CHOICE: u32 = 5;
const TREE: u32 = 6;
const KNOWN: u32 = 8;

fn compare(message: u32, cases: &[&[u8]]) {
    let mut compared = Compared::everything();
    for case in cases {
        compared.bytes(&field(message, case));
    }
    compared.end();
}

#[test]
fn numbers_and_texts() {
    compare(
        SCALARS,
        &[
            b"",
            // Of one field the last counts.
            &[number(3, 1), number(3, 2)].concat(),
            // Sixty-four bits in a field of thirty-two.
            &number(3, u64::MAX),
            &number(3, 1 << 32 | 5),
            &number(5, u64::MAX),
            &number(7, 1 << 32 | 5),
            &number(13, 2),
            &number(13, u64::MAX),
            &number(16, 7),
            &number(16, u64::MAX),
            // More digits than a number needs, and more than it may have.
            &[0x18, 0x81, 0x80, 0x80, 0x00],
            &[0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            &[0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            &[0x18],
            &[0x18, 0x80],
            // Another wire type than the field's is a field that nobody knows.
            &field(3, b"abc"),
            &number(14, 5),
            &[0x1d, 1, 2, 3, 4],
            &[0x19, 1, 2, 3, 4, 5, 6, 7, 8],
            // Unknown ones, groups among them.
            &number(999, 1),
            &field(999, b"abc"),
            &[0xbb, 0x3e, 0x08, 0x01, 0xbc, 0x3e],
            &[0xbb, 0x3e, 0x08, 0x01],
            &[0xbc, 0x3e],
            &[0xbb, 0x3e, 0x08, 0x01, 0xc4, 0x3e],
            // The number zero, types that are none, and lengths beyond the end.
            &[0x00, 0x01],
            &[0x1e, 0x01],
            &[0x1f, 0x01],
            &[0x72, 0x05, b'a'],
            &[0x72, 0xff, 0xff, 0xff, 0xff, 0x0f],
            &[0x72, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            &[0x0d, 1, 2],
            // Texts that are no UTF-8.
            &field(14, b"\xff"),
            &field(14, b"\xed\xa0\x80"),
            &field(14, b"\xc0\x80"),
            &field(15, b"\xff"),
        ],
    );
    compare(OPTIONALS, &[&number(3, 0), &field(14, b""), &number(16, 0)]);
}

#[test]
fn lists_and_maps() {
    compare(
        REPEATEDS,
        &[
            // Packed and loose in every mixture.
            &field(3, &[1, 2, 3]),
            &[number(3, 1), field(3, &[2, 3]), number(3, 4)].concat(),
            &[number(8, 1), field(8, &[2, 3])].concat(),
            &field(3, &[1, 0x80]),
            &field(1, &[0; 8]),
            &field(1, &[0; 9]),
            &field(2, &[0; 8]),
            &field(9, &[0, 1, 2]),
            &field(12, &[0, 1, 7]),
            &field(3, &[]),
        ],
    );
    let entry = |key: &[u8], value: &[u8]| field(1, &[key, value].concat());
    compare(
        MAPS,
        &[
            &entry(&field(1, b"a"), &field(2, b"b")),
            &entry(&field(2, b"b"), &field(1, b"a")),
            &entry(&[], &field(2, b"b")),
            &entry(&field(1, b"a"), &[]),
            &entry(&[], &[]),
            &[entry(&field(1, b"a"), &field(2, b"b")), entry(&field(1, b"a"), &field(2, b"c"))].concat(),
            &entry(&[field(1, b"a"), field(1, b"z")].concat(), &field(2, b"b")),
            &entry(&field(1, b"\xff"), &field(2, b"b")),
            &field(6, &[number(1, 1), number(2, 7)].concat()),
            &field(7, &[]),
            &field(7, &field(2, &number(3, 1))),
            &field(7, &[field(2, &number(3, 1)), field(2, &number(4, 2))].concat()),
            &field(8, &number(1, 2)),
        ],
    );
}

#[test]
fn messages_within_messages() {
    let mut compared = Compared::everything();
    // Two of one field are one message.
    compared.bytes(&[field(SCALARS, &number(3, 1)), field(SCALARS, &number(4, 2))].concat());
    let choices = [
        [number(1, 1), field(2, b"a")].concat(),
        [field(2, b"a"), number(1, 1)].concat(),
        [field(4, &number(3, 1)), field(4, &number(4, 2))].concat(),
        [field(4, &number(3, 1)), number(1, 0)].concat(),
        number(5, 0),
        number(6, 9),
    ];
    for choice in choices {
        compared.bytes(&field(CHOICE, &choice));
    }
    // The next of a tree is its field 4.
    for depth in [1, 50, 97] {
        compared.bytes(&field(TREE, &nested(4, depth)));
    }
    compared.bytes(&[0x32, 0x05, 0x22]);
    for depth in [101, 1000, 10_000] {
        let bytes = field(TREE, &nested(4, depth));
        assert!(compared.method.decode(&bytes, usize::MAX).is_err(), "{depth}");
    }
    // Groups that nobody knows, in one another.
    let groups = |depth: usize| [[0xbb, 0x3e].repeat(depth), [0xbc, 0x3e].repeat(depth)].concat();
    compared.bytes(&groups(50));
    assert!(compared.method.decode(&groups(100_000), usize::MAX).is_err());
    compared.end();
}

#[test]
fn known_types_out_of_range() {
    let time = |at: u32, seconds: u64, nanos: u64| field(at, &[number(1, seconds), number(2, nanos)].concat());
    let negative = |value: i64| value.cast_unsigned();
    let value = |bytes: &[u8]| field(5, bytes);
    let nan = [&[0x11][..], &f64::NAN.to_le_bytes()].concat();
    let any = |url: &[u8], bytes: &[u8]| field(8, &[field(1, url), field(2, bytes)].concat());
    compare(
        KNOWN,
        &[
            &time(1, 0, 0),
            &time(1, 253_402_300_799, 999_999_999),
            &time(1, 253_402_300_800, 0),
            &time(1, negative(-62_135_596_800), 0),
            &time(1, negative(-62_135_596_801), 0),
            &time(1, 0, 1_000_000_000),
            &time(1, 0, negative(-1)),
            &time(2, 315_576_000_000, 0),
            &time(2, 315_576_000_001, 0),
            &time(2, 1, negative(-1)),
            &time(2, negative(-1), negative(-500_000_000)),
            &time(2, 0, negative(-500_000_000)),
            &time(2, 0, 1_000_000_000),
            &field(3, &field(1, b"a_b")),
            &field(3, &field(1, b"aB")),
            &field(3, &field(1, b"a__b")),
            &field(3, &field(1, b"a_")),
            &field(3, &field(1, b"a_1")),
            &value(b""),
            &value(&nan),
            &value(&number(1, 5)),
            &value(&[field(3, b"a"), number(4, 1)].concat()),
            &any(b"type.googleapis.com/lockgate.test.Scalars", &number(3, 1)),
            &any(b"type.googleapis.com/lockgate.test.Scalars", b"\xff"),
            &any(b"", b""),
            &any(b"type.googleapis.com/google.protobuf.Duration", &number(1, 315_576_000_001)),
            &any(b"type.googleapis.com/google.protobuf.Any", b""),
            &field(9, &number(1, 1)),
            &field(12, b""),
            &field(18, &field(1, b"\xff")),
            &field(17, &field(1, b"\xff")),
        ],
    );
}

/// Python has no form for them, or drops them.
#[test]
fn what_python_does_not_print() {
    let compared = Compared::everything();
    let shows = |bytes: &[u8], expected: serde_json::Value| {
        let own = compared.method.decode(bytes, super::MOST).expect("JSON");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&own).expect("JSON"), expected);
    };
    // A field that nobody knows in an entry of a map.
    let entry = [field(1, b"a"), field(2, b"b"), number(9, 1)].concat();
    shows(&field(MAPS, &field(1, &entry)), json!({"maps": {"byString": {"a": "b"}}}));
    for url in ["type.googleapis.com/lockgate.test.Missing", "", "no slash"] {
        let any = field(8, &[field(1, url.as_bytes()), field(2, b"a")].concat());
        shows(&field(KNOWN, &any), json!({"known": {"any": {"@type": url, "value": "YQ=="}}}));
    }
    // Python prints the bytes as a text in its own syntax.
    let legacy = Compared::legacy();
    assert!(legacy.method.decode(&field(1, b"\xff"), super::MOST).is_err());
}

/// JSON of an answer is bounded, whatever few bytes it is made of.
#[test]
fn json_that_is_too_large_is_given_up() {
    let compared = Compared::everything();
    // A message without a byte in it is `{},`.
    let empty = field(REPEATEDS, &field(14, b"").repeat(100_000));
    let whole = compared.method.decode(&empty, usize::MAX).expect("JSON").len();
    assert!(whole > 300_000, "{whole}");
    assert_eq!(compared.method.decode(&empty, whole).expect("JSON").len(), whole);
    let refused = compared.method.decode(&empty, whole - 1).expect_err("too large");
    assert_eq!(refused, lockgate_protobuf::NotDecoded::TooLarge { most: whole - 1 });
}

#[test]
fn proto2_from_its_bytes() {
    let mut compared = Compared::legacy();
    for bytes in [
        &b""[..],
        &field(1, b"a"),
        &[field(1, b"a"), number(4, 7)].concat(),
        &[field(1, b"a"), number(4, 6), number(4, 7)].concat(),
        &[field(1, b"a"), vec![0x4b], field(1, b"n"), vec![0x4c]].concat(),
        &[field(1, b"a"), vec![0x4b], field(1, b"n")].concat(),
        &[field(1, b"a"), field(9, &field(1, b"n"))].concat(),
        &[field(1, b"a"), field(100, b"r")].concat(),
        &[field(1, b"a"), field(101, b"r")].concat(),
        &[field(1, b"a"), field(7, &[1, 2]), number(8, 3)].concat(),
    ] {
        compared.bytes(bytes);
    }
    compared.end();
}
