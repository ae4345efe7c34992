use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message as _;

use super::link;
use crate::encode::tests::{EVERY, OLD};
use crate::source::{FieldDescriptor, FileDescriptor, FileDescriptorSet, MessageDescriptor, decode};
use crate::table::{Kind, Shape};
use crate::{Descriptors, DescriptorsRefused};

fn set(text: &str) -> Bytes {
    crate::compile(BTreeMap::from([("t.proto".to_owned(), text.to_owned())])).unwrap().into()
}

fn field(name: &str, number: i32, kind: i32) -> FieldDescriptor {
    FieldDescriptor {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(1),
        r#type: Some(kind),
        ..FieldDescriptor::default()
    }
}

/// A file with the message `M` of these fields.
fn file(fields: Vec<FieldDescriptor>) -> FileDescriptor {
    FileDescriptor {
        name: Some("m.proto".to_owned()),
        syntax: Some("proto3".to_owned()),
        message_type: vec![MessageDescriptor { name: Some("M".to_owned()), field: fields, ..Default::default() }],
        ..FileDescriptor::default()
    }
}

fn refused(file: FileDescriptor) -> String {
    link(&FileDescriptorSet { file: vec![file] }).unwrap_err().to_string()
}

#[test]
fn editions_have_their_own_defaults_and_features() {
    use crate::source::Features;
    let mut own = file(vec![field("plain", 1, 5), field("implicit", 2, 5), field("many", 3, 5), field("part", 4, 11)]);
    own.syntax = Some("editions".to_owned());
    own.edition = Some(1000);
    let message = &mut own.message_type[0];
    message.field[1].options.get_or_insert_default().features =
        Some(Features { field_presence: Some(2), ..Features::default() });
    message.field[2].label = Some(3);
    message.field[3].type_name = Some(".M".to_owned());
    message.field[3].options.get_or_insert_default().features =
        Some(Features { message_encoding: Some(2), ..Features::default() });
    let tables = link(&FileDescriptorSet { file: vec![own.clone()] }).unwrap();
    let message = &tables.messages[0];
    let shapes: Vec<Shape> = message.fields.iter().map(|field| field.shape).collect();
    assert_eq!(
        shapes,
        [
            Shape::Single { presence: true },
            Shape::Single { presence: false },
            Shape::List { packed: true },
            Shape::Single { presence: true }
        ]
    );
    assert!(matches!(message.fields[3].kind, Kind::Group(_)));
    own.edition = Some(1002);
    assert!(refused(own.clone()).contains("edition"));
    own.syntax = Some("proto4".to_owned());
    assert!(refused(own).contains("proto4"));
}

#[test]
fn what_contradicts_itself_is_refused_by_name() {
    let of = |fields: Vec<FieldDescriptor>| refused(file(fields));
    assert!(of(vec![field("a", 1, 5), field("b", 1, 5)]).contains("`a` and `b` have the number 1"));
    assert!(of(vec![field("a", 1, 5), field("a", 2, 5)]).contains("two fields `a`"));
    assert!(of(vec![field("a", 0, 5)]).contains("its number is 0"));
    assert!(of(vec![field("a", 1 << 29, 5)]).contains("its number is"));
    assert!(of(vec![field("a", 1, 19)]).contains("type 19"));
    assert!(of(vec![field("a b", 1, 5)]).contains("no identifier"));
    assert!(of(vec![field(&"a".repeat(600), 1, 5)]).contains("expected at most 512"));
    let typed = |name: &str, kind| FieldDescriptor { type_name: Some(name.to_owned()), ..field("a", 1, kind) };
    assert!(of(vec![typed(".Nope", 11)]).contains("no file of the set defines"));
    assert!(of(vec![typed("M", 11)]).contains("leading dot"));
    assert!(of(vec![typed(".M", 14)]).contains("no enum"));
    assert!(of(vec![FieldDescriptor { oneof_index: Some(3), ..field("a", 1, 5) }]).contains("oneof"));
    let twice = FileDescriptorSet { file: vec![file(Vec::new()), file(Vec::new())] };
    assert!(link(&twice).unwrap_err().to_string().contains("two files"));
    let mut other = file(Vec::new());
    other.name = Some("n.proto".to_owned());
    let twice = FileDescriptorSet { file: vec![file(Vec::new()), other] };
    assert!(link(&twice).unwrap_err().to_string().contains("defined twice"));
    // A well-known name with other fields would be read as what it is not.
    let mut known = file(vec![field("seconds", 1, 9)]);
    known.package = Some("google.protobuf".to_owned());
    known.message_type[0].name = Some("Timestamp".to_owned());
    assert!(refused(known).contains("well-known"));
}

#[test]
fn parts_are_counted_before_they_are_read() {
    let fields = |count: i32| {
        let fields = (1..=count).map(|number| field(&format!("f{number}"), number, 5)).collect();
        Bytes::from(FileDescriptorSet { file: vec![file(fields)] }.encode_to_vec())
    };
    assert!(decode(fields(1_000)).is_ok());
    // A message without a name, of two bytes, many times.
    let exact = {
        let body = b"\x22\x00".repeat(100_001);
        let mut out = b"\x0a".to_vec();
        crate::wire::write_varint(body.len() as u64, &mut out);
        [out, body].concat()
    };
    assert!(matches!(decode(exact.into()), Err(DescriptorsRefused::TooLarge { found: 100_001, most: 100_000, .. })));
    let files = b"\x0a\x00".repeat(1_001);
    assert!(matches!(decode(files.into()), Err(DescriptorsRefused::TooLarge { what: "files", .. })));
    let large = vec![0; 4 * 1024 * 1024 + 1];
    assert!(matches!(decode(large.into()), Err(DescriptorsRefused::TooLarge { what: "bytes", .. })));
    let mut nested = MessageDescriptor::default();
    for _ in 0..40 {
        nested = MessageDescriptor { nested_type: vec![nested], ..MessageDescriptor::default() };
    }
    let deep = FileDescriptorSet { file: vec![FileDescriptor { message_type: vec![nested], ..Default::default() }] };
    let refused = decode(deep.encode_to_vec().into()).unwrap_err().to_string();
    assert!(refused.contains("levels of messages"), "{refused}");
}

#[test]
fn whatever_a_set_says_it_is_read_or_refused() {
    let mut random = fastrand::Rng::with_seed(11);
    let seeds = [set(EVERY), set(OLD)];
    let mut read = 0;
    for _ in 0..1_500 {
        let mut bytes = seeds[random.usize(..2)].to_vec();
        for _ in 0..random.usize(1..3) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        let Ok(descriptors) = Descriptors::read(bytes.into()) else { continue };
        read += 1;
        for method in descriptors.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
            let schema = method.input_schema();
            assert!(lockgate_domain::schema::check_size(&schema).is_ok(), "{schema}");
            let _ = method.encode("{}");
            let _ = method.decode(&[0x0a, 0x00, 0x12, 0x01, 0x00], 1_000);
        }
    }
    assert!(read > 100, "{read} of 1500");
}
