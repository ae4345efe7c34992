//! Files that every set has, where it does not bring its own: the well-known types, and what gRPC's rich errors are made of
//! (<https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto>).

use super::descriptor::{
    EnumDescriptor, EnumValueDescriptor, FieldDescriptor, FileDescriptor, MessageDescriptor, MessageOptions,
    OneofDescriptor,
};

/// A field: name, type (a trailing `*` is a list; what begins with a capital is a message of the package), and its number
/// is its place.
type Row = (&'static str, &'static [(&'static str, &'static str)]);

const WELL_KNOWN: &[(&str, &[Row])] = &[
    ("google/protobuf/any.proto", &[("Any", &[("type_url", "string"), ("value", "bytes")])]),
    ("google/protobuf/duration.proto", &[("Duration", &[("seconds", "int64"), ("nanos", "int32")])]),
    ("google/protobuf/timestamp.proto", &[("Timestamp", &[("seconds", "int64"), ("nanos", "int32")])]),
    ("google/protobuf/empty.proto", &[("Empty", &[])]),
    ("google/protobuf/field_mask.proto", &[("FieldMask", &[("paths", "string*")])]),
    (
        "google/protobuf/wrappers.proto",
        &[
            ("DoubleValue", &[("value", "double")]),
            ("FloatValue", &[("value", "float")]),
            ("Int64Value", &[("value", "int64")]),
            ("UInt64Value", &[("value", "uint64")]),
            ("Int32Value", &[("value", "int32")]),
            ("UInt32Value", &[("value", "uint32")]),
            ("BoolValue", &[("value", "bool")]),
            ("StringValue", &[("value", "string")]),
            ("BytesValue", &[("value", "bytes")]),
        ],
    ),
];

const RPC: &[(&str, &[Row])] = &[
    (
        "google/rpc/status.proto",
        &[("Status", &[("code", "int32"), ("message", "string"), ("details", ".google.protobuf.Any*")])],
    ),
    (
        "google/rpc/error_details.proto",
        &[
            ("ErrorInfo", &[("reason", "string"), ("domain", "string"), ("metadata", "map")]),
            ("RetryInfo", &[("retry_delay", ".google.protobuf.Duration")]),
            ("DebugInfo", &[("stack_entries", "string*"), ("detail", "string")]),
            ("QuotaFailure", &[("violations", "QuotaFailure.Violation*")]),
            ("QuotaFailure.Violation", &[("subject", "string"), ("description", "string")]),
            ("PreconditionFailure", &[("violations", "PreconditionFailure.Violation*")]),
            ("PreconditionFailure.Violation", &[("type", "string"), ("subject", "string"), ("description", "string")]),
            ("BadRequest", &[("field_violations", "BadRequest.FieldViolation*")]),
            (
                "BadRequest.FieldViolation",
                &[
                    ("field", "string"),
                    ("description", "string"),
                    ("reason", "string"),
                    ("localized_message", "LocalizedMessage"),
                ],
            ),
            ("RequestInfo", &[("request_id", "string"), ("serving_data", "string")]),
            (
                "ResourceInfo",
                &[
                    ("resource_type", "string"),
                    ("resource_name", "string"),
                    ("owner", "string"),
                    ("description", "string"),
                ],
            ),
            ("Help", &[("links", "Help.Link*")]),
            ("Help.Link", &[("description", "string"), ("url", "string")]),
            ("LocalizedMessage", &[("locale", "string"), ("message", "string")]),
        ],
    ),
];

const STRUCT: &str = "google/protobuf/struct.proto";

pub(crate) fn is_builtin(file: &str) -> bool {
    file == STRUCT || [WELL_KNOWN, RPC].into_iter().flatten().any(|(own, _)| *own == file)
}

/// All of them.
pub(crate) fn builtin() -> Vec<FileDescriptor> {
    let made = |(name, messages): &(&str, &[Row]), package: &str| FileDescriptor {
        message_type: messages
            .iter()
            .filter(|(name, _)| !name.contains('.'))
            .map(|row| message(row, messages, package))
            .collect(),
        ..file(name, package)
    };
    let mut files: Vec<FileDescriptor> = WELL_KNOWN.iter().map(|row| made(row, "google.protobuf")).collect();
    files.extend(RPC.iter().map(|row| made(row, "google.rpc")));
    files.push(structs());
    files
}

fn file(name: &str, package: &str) -> FileDescriptor {
    FileDescriptor {
        name: Some(name.to_owned()),
        package: Some(package.to_owned()),
        syntax: Some("proto3".to_owned()),
        ..FileDescriptor::default()
    }
}

fn message((name, fields): &Row, all: &[Row], package: &str) -> MessageDescriptor {
    let inner = format!("{name}.");
    let nested = all.iter().filter_map(|(own, fields)| Some((own.strip_prefix(&inner)?, *fields)));
    let mut nested: Vec<MessageDescriptor> =
        nested.map(|(own, fields)| message(&(own, fields), &[], package)).collect();
    let fields = fields.iter().zip(1..).map(|((field_name, kind), number)| {
        if *kind == "map" {
            nested.push(string_map());
            let entry = format!(".{package}.{name}.MetadataEntry");
            return FieldDescriptor { label: Some(3), ..field(field_name, number, &entry) };
        }
        let own = kind.trim_end_matches('*');
        let label = Some(if own == *kind { 1 } else { 3 });
        let own = if own.starts_with(char::is_uppercase) { format!(".{package}.{own}") } else { own.to_owned() };
        FieldDescriptor { label, ..field(field_name, number, &own) }
    });
    let field = fields.collect();
    MessageDescriptor { name: Some((*name).to_owned()), field, nested_type: nested, ..MessageDescriptor::default() }
}

/// The entry of `map<string, string> metadata`.
fn string_map() -> MessageDescriptor {
    entry("MetadataEntry", field("value", 2, "string"))
}

fn entry(name: &str, value: FieldDescriptor) -> MessageDescriptor {
    MessageDescriptor {
        name: Some(name.to_owned()),
        field: vec![field("key", 1, "string"), value],
        options: Some(MessageOptions { map_entry: Some(true), ..MessageOptions::default() }),
        ..MessageDescriptor::default()
    }
}

fn field(name: &str, number: i32, kind: &str) -> FieldDescriptor {
    let (number_of_type, type_name) = match kind {
        "double" => (1, None),
        "float" => (2, None),
        "int64" => (3, None),
        "uint64" => (4, None),
        "int32" => (5, None),
        "bool" => (8, None),
        "string" => (9, None),
        "bytes" => (12, None),
        "uint32" => (13, None),
        ".google.protobuf.NullValue" => (14, Some(kind.to_owned())),
        message => (11, Some(message.to_owned())),
    };
    FieldDescriptor {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(1),
        r#type: Some(number_of_type),
        type_name,
        ..FieldDescriptor::default()
    }
}

/// `struct.proto`, whose messages contain each other.
fn structs() -> FileDescriptor {
    let value = ".google.protobuf.Value";
    let kinds = [
        ("null_value", ".google.protobuf.NullValue"),
        ("number_value", "double"),
        ("string_value", "string"),
        ("bool_value", "bool"),
        ("struct_value", ".google.protobuf.Struct"),
        ("list_value", ".google.protobuf.ListValue"),
    ];
    let of_value = kinds.into_iter().zip(1..);
    let of_value =
        of_value.map(|((name, kind), number)| FieldDescriptor { oneof_index: Some(0), ..field(name, number, kind) });
    let message =
        |name: &str, field| MessageDescriptor { name: Some(name.to_owned()), field, ..MessageDescriptor::default() };
    let fields = FieldDescriptor { label: Some(3), ..field("fields", 1, ".google.protobuf.Struct.FieldsEntry") };
    FileDescriptor {
        message_type: vec![
            MessageDescriptor {
                nested_type: vec![entry("FieldsEntry", field("value", 2, value))],
                ..message("Struct", vec![fields])
            },
            MessageDescriptor {
                oneof_decl: vec![OneofDescriptor { name: Some("kind".to_owned()) }],
                ..message("Value", of_value.collect())
            },
            message("ListValue", vec![FieldDescriptor { label: Some(3), ..field("values", 1, value) }]),
        ],
        enum_type: vec![EnumDescriptor {
            name: Some("NullValue".to_owned()),
            value: vec![EnumValueDescriptor { name: Some("NULL_VALUE".to_owned()), number: Some(0) }],
            options: None,
        }],
        ..file(STRUCT, "google.protobuf")
    }
}
