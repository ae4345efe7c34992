use crate::encode::tests::{EVERY, method};
use crate::{Method, NotDecoded};

fn decoded(method: &Method, bytes: &[u8]) -> String {
    method.decode(bytes, 10_000).unwrap_or_else(|error| panic!("{bytes:?}: {error}"))
}

#[test]
fn the_wire_is_read_as_the_official_libraries_read_it() {
    let method = method(EVERY, "t.Tests/Echo");
    for (bytes, expected) in [
        (&b""[..], "{}"),
        // The last of several values counts, and a default one unsets.
        (b"\x18\x01\x18\x02", r#"{"i32":2}"#),
        (b"\x18\x01\x18\x00", "{}"),
        // A varint of ten bytes is a negative number; one with more bytes than it needs is what it is.
        (b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", r#"{"i32":-1}"#),
        (b"\x18\x80\x00", "{}"),
        // Packed, not packed, and both.
        (b"\x92\x01\x02\x01\x02\x90\x01\x03", r#"{"numbers":[1,2,3]}"#),
        // Unknown fields and wrong wire types are skipped, groups too.
        (b"\x1d\x01\x00\x00\x00\xc2\x3e\x01a\xc3\x3e\x08\x01\xc4\x3e\x18\x05", r#"{"i32":5}"#),
        // Parts of one message are one message.
        (b"\xda\x01\x02\x18\x01\x18\x09\xda\x01\x02\x28\x02", r#"{"i32":9,"both":{"i32":1,"u32":2}}"#),
        // Of a oneof the last one counts, without what came before another one.
        (b"\xca\x01\x01a\xd0\x01\x05", r#"{"rightSide":5}"#),
        (b"\xda\x01\x02\x18\x01\xd0\x01\x05\xda\x01\x02\x28\x02", r#"{"both":{"u32":2}}"#),
        // An entry of a map without key or value, and one key twice.
        (b"\xb2\x01\x00\xb2\x01\x05\x0a\x01a\x10\x01\xb2\x01\x05\x0a\x01a\x10\x02", r#"{"byText":{"":"0","a":"2"}}"#),
        (b"\xc2\x01\x00", r#"{"byFlag":{"false":{}}}"#),
        // A type that is not defined stays bytes.
        (b"\xf2\x01\x09\x0a\x03x/y\x12\x02\x00\xff", r#"{"any":{"@type":"x/y","value":"AP8="}}"#),
        (b"\x92\x02\x00", r#"{"value":null}"#),
        (b"\xc2\x02\x00", r#"{"long":"0"}"#),
    ] {
        assert_eq!(decoded(&method, bytes), expected);
    }
}

#[test]
fn what_is_no_message_is_refused() {
    let method = method(EVERY, "t.Tests/Echo");
    let mut deep = Vec::new();
    for _ in 0..200 {
        let mut outer = b"\xda\x01".to_vec();
        crate::wire::write_varint(deep.len() as u64, &mut outer);
        outer.append(&mut deep);
        deep = outer;
    }
    for (bytes, expected) in [
        (b"\x18".to_vec(), "ends within a value"),
        (b"\x72\xff\xff\xff\xff\x0f".to_vec(), "ends within a value"),
        (b"\x72\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01".to_vec(), "ends within a value"),
        (b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01".to_vec(), "more than ten bytes"),
        (b"\x00\x00".to_vec(), "number 0"),
        (b"\x1e".to_vec(), "wire type"),
        (b"\x1c".to_vec(), "a group ends"),
        (b"\xc3\x3e".to_vec(), "ends within a value"),
        ([b"\xc3\x3e".repeat(101), b"\xc4\x3e".repeat(101)].concat(), "nested deeper"),
        (b"\x72\x01\xff".to_vec(), "`text` is no UTF-8"),
        (b"\xa2\x02\x0a\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f".to_vec(), "years 1 to 9999"),
        (b"\x92\x02\x09\x11\x00\x00\x00\x00\x00\x00\xf8\x7f".to_vec(), "not finite"),
        (deep, "nested deeper"),
    ] {
        match method.decode(&bytes, 10_000).unwrap_err() {
            NotDecoded::Invalid { message, detail } => {
                assert!(message == "t.All" && detail.contains(expected), "{bytes:?}: {detail}");
            }
            NotDecoded::TooLarge { .. } => panic!("{bytes:?} is too large"),
        }
    }
}

#[test]
fn output_ends_at_its_limit() {
    let method = method(EVERY, "t.Tests/Echo");
    // Empty messages, numbers, entries, bytes: each takes more in JSON than in the message.
    let entries: Vec<u8> = (0..100_u8).flat_map(|key| [0xb2, 0x01, 0x03, 0x0a, 0x01, key % 100]).collect();
    for bytes in [
        b"\xaa\x01\x00".repeat(100),
        b"\x90\x01\x01".repeat(100),
        entries,
        [b"\x7a\x64".to_vec(), vec![0; 100]].concat(),
    ] {
        let full = decoded(&method, &bytes);
        assert_eq!(method.decode(&bytes, full.len()).unwrap(), full);
        assert_eq!(method.decode(&bytes, full.len() - 1), Err(NotDecoded::TooLarge { most: full.len() - 1 }));
        assert_eq!(method.decode(&bytes, 0), Err(NotDecoded::TooLarge { most: 0 }));
    }
}

#[test]
fn whatever_the_bytes_are_the_answer_is_json_that_is_read_again() {
    let method = method(EVERY, "t.Tests/Echo");
    let mut random = fastrand::Rng::with_seed(7);
    let seeds = [
        r#"{"byText":{"a":"1"},"all":[{"value":[1,{"a":null}]},{"leftSide":"x"}],"numbers":[1,2,3]}"#,
        r#"{"any":{"@type":"x/t.All","text":"x"},"at":"2026-01-31T12:00:00Z","struct":{"a":{"b":[1]}},"mask":"a.b"}"#,
    ];
    let mut decoded = 0;
    for _ in 0..20_000 {
        let seed = seeds[random.usize(..seeds.len())];
        let mut bytes = method.encode(seed).unwrap().to_vec();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        if let Ok(text) = method.decode(&bytes, 100_000) {
            decoded += 1;
            let parsed = lockgate_domain::schema::Document::parse(&text);
            assert!(parsed.is_ok(), "{bytes:?}: {text}");
            // What was read of unknown numbers and types is all that may not be written again.
            if let Ok(again) = method.encode(&text) {
                assert_eq!(method.decode(&again, 100_000).as_deref(), Ok(text.as_str()), "{bytes:?}");
            }
        }
    }
    assert!(decoded > 1_000, "{decoded} of 20000");
}

/// A message of its own type in many parts: at each level each of them is known by itself.
#[test]
fn a_message_in_pieces_takes_bounded_memory() {
    let method = method(EVERY, "t.Tests/Echo");
    // `both` in `both`, 20 deep, with a number between two of them.
    let nested = |depth: usize| {
        let mut part = Vec::new();
        for _ in 0..depth {
            let mut outer = b"\x18\x01\xda\x01".to_vec();
            crate::wire::write_varint(part.len() as u64, &mut outer);
            outer.append(&mut part);
            part = outer;
        }
        part
    };
    // Few parts, and many that are flat, are read.
    assert!(method.decode(&nested(20).repeat(50), 10_000).unwrap().starts_with(r#"{"i32":1,"both":{"#));
    let flat = b"\xda\x01\x02\x18\x01".repeat(100_000);
    assert_eq!(method.decode(&flat, 10_000).unwrap(), r#"{"both":{"i32":1}}"#);
    let refused = method.decode(&nested(20).repeat(10_000), 10_000).unwrap_err();
    assert!(refused.to_string().contains("too many pieces"), "{refused}");
}
