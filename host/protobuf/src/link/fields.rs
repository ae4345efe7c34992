//! Fields of a message.

use std::collections::{HashMap, HashSet};

use super::features::Presence;
use super::names::{self, wrong};
use super::{DefinitionScope, Linker, Symbol};
use crate::DescriptorsRefused;
use crate::source::{FieldDescriptor, MessageDescriptor};
use crate::table::{Field, Form, Kind, Message, Shape};
use crate::wire::NUMBER_MAX;

/// Names of the oneofs of a message, and for each that is declared its place among them: those that only mark a field as
/// `optional` have none.
pub(super) fn oneofs(message: &MessageDescriptor) -> (Vec<Box<str>>, Vec<Option<usize>>) {
    let synthetic: HashSet<i32> =
        message.field.iter().filter(|field| field.proto3_optional()).filter_map(|field| field.oneof_index).collect();
    let mut names = Vec::new();
    let places = message.oneof_decl.iter().zip(0..).map(|(own, index)| {
        if synthetic.contains(&index) {
            return None;
        }
        names.push(own.name().into());
        Some(names.len() - 1)
    });
    let places = places.collect();
    (names, places)
}

impl Linker {
    /// A field, and whether it must be set.
    pub(super) fn field(
        &self,
        at: &DefinitionScope<'_>,
        field: &FieldDescriptor,
        oneofs: &[Option<usize>],
    ) -> Result<(Field, bool), DescriptorsRefused> {
        let parent = at.scope.rsplit_once('.').map_or("", |(parent, _)| parent);
        let name = names::checked(parent, field.name())?;
        let features = at.features.with(field.options.as_ref().and_then(|options| options.features.as_ref()));
        let number = u32::try_from(field.number()).ok().filter(|number| (1..=NUMBER_MAX).contains(number));
        let number = number.ok_or_else(|| wrong(&name, format!("its number is {}", field.number())))?;
        let mut kind = self.kind(&name, field)?;
        let is_entry = self.is_entry(&name, field);
        let oneof = match field.oneof_index {
            None => None,
            Some(index) => {
                let place = usize::try_from(index).ok().and_then(|index| oneofs.get(index));
                *place.ok_or_else(|| wrong(&name, "it is part of a oneof that its message does not have"))?
            }
        };
        let repeated = field.label() == 3;
        if repeated && oneof.is_some() {
            return Err(wrong(&name, "a field of a oneof is not repeated"));
        }
        if !(repeated && is_entry)
            && features.delimited
            && let Kind::Message(id) = kind
        {
            kind = Kind::Group(id);
        }
        let required = !repeated && (field.label() == 2 || features.presence == Presence::Required);
        let packed = field.options.as_ref().and_then(|options| options.packed).unwrap_or(features.packed);
        let shape = if repeated && is_entry {
            Shape::Map
        } else if repeated {
            Shape::List { packed: packed && kind.is_packable() }
        } else {
            let presence = required
                || kind.message().is_some()
                || field.oneof_index.is_some()
                || field.extendee.is_some()
                || features.presence != Presence::Implicit;
            Shape::Single { presence }
        };
        let key = field.json_name.clone().filter(|key| !key.is_empty() && key.len() <= names::NAME_MAX);
        let field = Field {
            name: field.name().into(),
            number,
            key: key.unwrap_or_else(|| names::json(field.name())).into(),
            kind,
            shape,
            oneof,
            comment: at.comment(),
            default: field.default_value.as_deref().map(Into::into),
        };
        Ok((field, required))
    }

    /// Whether the message of a field is the entry of a map, which lies in the message that has the field.
    fn is_entry(&self, name: &str, field: &FieldDescriptor) -> bool {
        let parent = name.rsplit_once('.').map_or("", |(parent, _)| parent);
        let type_name = field.type_name().trim_start_matches('.');
        self.entries.contains(type_name) && type_name.rsplit_once('.').is_some_and(|(scope, _)| scope == parent)
    }

    fn kind(&self, name: &str, field: &FieldDescriptor) -> Result<Kind, DescriptorsRefused> {
        Ok(match field.r#type() {
            1 => Kind::Double,
            2 => Kind::Float,
            3 => Kind::Int64,
            4 => Kind::Uint64,
            5 => Kind::Int32,
            6 => Kind::Fixed64,
            7 => Kind::Fixed32,
            8 => Kind::Bool,
            9 => Kind::String,
            10 => Kind::Group(self.message(name, field.type_name())?),
            11 => Kind::Message(self.message(name, field.type_name())?),
            12 => Kind::Bytes,
            13 => Kind::Uint32,
            14 => match self.symbol(name, field.type_name())? {
                Symbol::Enum(id) => Kind::Enum(id),
                Symbol::Message(_) | Symbol::Service => {
                    return Err(wrong(name, format!("`{}` is no enum", names::shown(field.type_name()))));
                }
            },
            15 => Kind::Sfixed32,
            16 => Kind::Sfixed64,
            17 => Kind::Sint32,
            18 => Kind::Sint64,
            other => return Err(wrong(name, format!("its type {other} does not exist"))),
        })
    }
}

/// Sorts the fields of a message by number, and finds them by their names.
pub(super) fn index(message: &mut Message) -> Result<(), DescriptorsRefused> {
    message.fields.sort_by_key(|field| field.number);
    let twins =
        message.fields.iter().zip(message.fields.iter().skip(1)).find(|(one, other)| one.number == other.number);
    if let Some((one, other)) = twins {
        let detail = format!("`{}` and `{}` have the number {}", one.name, other.name, one.number);
        return Err(wrong(&message.name, detail));
    }
    let mut names: HashMap<Box<str>, usize> = HashMap::new();
    for (place, field) in message.fields.iter().enumerate() {
        if names.insert(field.name.clone(), place).is_some() {
            return Err(wrong(&message.name, format!("it has two fields `{}`", field.name)));
        }
    }
    let mut keys: HashMap<Box<str>, usize> = HashMap::new();
    for (place, field) in message.fields.iter_mut().enumerate() {
        // proto2 allows `a_b` and `aB` beside each other; the later one then goes by its own name.
        if keys.contains_key(&field.key) || names.get(&field.key).is_some_and(|other| *other != place) {
            field.key = field.name.clone();
        }
        if keys.insert(field.key.clone(), place).is_some() {
            return Err(wrong(&message.name, format!("two fields are called `{}` in JSON", field.key)));
        }
    }
    for (name, place) in names {
        keys.entry(name).or_insert(place);
    }
    message.keys = keys;
    let numbers = std::mem::take(&mut message.required);
    message.required =
        numbers.into_iter().filter_map(|number| Some(message.field(u32::try_from(number).ok()?)?.0)).collect();
    if message.form == Form::Entry && !message.entry().is_some_and(is_entry) {
        return Err(wrong(
            &message.name,
            "the entry of a map has a key, which is a whole number, a flag or a text, and a value",
        ));
    }
    Ok(())
}

fn is_entry((key, value): (&Field, &Field)) -> bool {
    let single = |field: &Field| matches!(field.shape, Shape::Single { .. });
    let is_key = match key.kind {
        Kind::Int32
        | Kind::Int64
        | Kind::Uint32
        | Kind::Uint64
        | Kind::Sint32
        | Kind::Sint64
        | Kind::Fixed32
        | Kind::Fixed64
        | Kind::Sfixed32
        | Kind::Sfixed64
        | Kind::Bool
        | Kind::String => true,
        Kind::Double | Kind::Float | Kind::Bytes | Kind::Enum(_) | Kind::Message(_) | Kind::Group(_) => false,
    };
    is_key && single(key) && single(value)
}
