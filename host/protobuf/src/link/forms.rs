//! Which messages have a JSON form of their own. Their names decide, and their fields must be what the form is made of.

use crate::DescriptorsRefused;
use crate::source::{FieldDescriptor, MessageDescriptor, builtin};
use crate::table::Form;

use super::names::wrong;

pub(super) fn form(name: &str, message: &MessageDescriptor) -> Result<Form, DescriptorsRefused> {
    if message.options.as_ref().is_some_and(|options| options.map_entry()) {
        return Ok(Form::Entry);
    }
    let Some(own) = name.strip_prefix("google.protobuf.") else { return Ok(Form::Object) };
    let form = match own {
        "Any" => Form::Any,
        "Timestamp" => Form::Timestamp,
        "Duration" => Form::Duration,
        "FieldMask" => Form::FieldMask,
        "Struct" => Form::Struct,
        "Value" => Form::Value,
        "ListValue" => Form::ListValue,
        "DoubleValue" | "FloatValue" | "Int64Value" | "UInt64Value" | "Int32Value" | "UInt32Value" | "BoolValue"
        | "StringValue" | "BytesValue" => Form::Wrapper,
        _ => return Ok(Form::Object),
    };
    let known = builtin();
    let known = known.iter().filter(|file| file.package() == "google.protobuf").flat_map(|file| &file.message_type);
    let known = known.into_iter().find(|known| known.name() == own);
    if known.is_none_or(|known| fields(known) != fields(message)) {
        return Err(wrong(name, "its fields are not those of the well-known type of this name"));
    }
    Ok(form)
}

/// What a form depends on.
fn fields(message: &MessageDescriptor) -> Vec<(i32, i32, i32, &str)> {
    let row = |field: &FieldDescriptor| (field.number(), field.r#type(), field.label());
    let mut rows: Vec<_> = message
        .field
        .iter()
        .map(|field| {
            let (number, kind, label) = row(field);
            (number, kind, label, field.type_name())
        })
        .collect();
    rows.sort_unstable();
    rows
}
