//! Linked descriptors: messages, enums and services in flat tables that name each other by their place.

use std::collections::HashMap;

use crate::wire::WireType;

/// All that one set of descriptors defines.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    pub(crate) messages: Vec<Message>,
    pub(crate) enums: Vec<Enum>,
    pub(crate) services: Vec<Service>,
    /// Messages by their full names.
    pub(crate) names: HashMap<Box<str>, MessageId>,
}

/// A message's place in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct MessageId(pub(crate) usize);

/// An enum's place in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct EnumId(pub(crate) usize);

#[derive(Debug)]
pub(crate) struct Message {
    /// Such as `shop.Order`.
    pub(crate) name: Box<str>,
    /// By their numbers, extensions included.
    pub(crate) fields: Vec<Field>,
    /// Places in `fields` by JSON name and by name.
    pub(crate) keys: HashMap<Box<str>, usize>,
    /// Places of the fields that must be set (proto2).
    pub(crate) required: Vec<usize>,
    /// The names of its oneofs; those of `optional` fields are not among them.
    pub(crate) oneofs: Vec<Box<str>>,
    pub(crate) form: Form,
    pub(crate) comment: Box<str>,
}

/// How a message looks in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// An object of its fields.
    Object,
    /// The entry of a map, which is a member of an object.
    Entry,
    Any,
    Timestamp,
    Duration,
    FieldMask,
    Struct,
    Value,
    ListValue,
    /// A message with one field `value`, which is that value.
    Wrapper,
}

#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: Box<str>,
    pub(crate) number: u32,
    /// The member of JSON objects; an extension's is `[full.name]`.
    pub(crate) key: Box<str>,
    pub(crate) kind: Kind,
    pub(crate) shape: Shape,
    /// A place in the message's `oneofs`.
    pub(crate) oneof: Option<usize>,
    pub(crate) comment: Box<str>,
    /// The default value as proto2 writes it.
    pub(crate) default: Option<Box<str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One value, and whether its presence is known: if not, the default value is as good as none.
    Single {
        presence: bool,
    },
    List {
        packed: bool,
    },
    /// The field's message is an entry with `key` and `value`.
    Map,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
    Enum(EnumId),
    Message(MessageId),
    /// A message between a tag that begins and one that ends it.
    Group(MessageId),
}

#[derive(Debug)]
pub(crate) struct Enum {
    pub(crate) name: Box<str>,
    /// Names and numbers, as declared; the first is the default.
    pub(crate) values: Vec<EnumValue>,
    /// Places in `values`: of a number, the first that has it.
    pub(crate) numbers: HashMap<i32, usize>,
    pub(crate) names: HashMap<Box<str>, i32>,
    /// Whether it takes only its own numbers (proto2).
    pub(crate) closed: bool,
    pub(crate) comment: Box<str>,
    /// Whether it is `google.protobuf.NullValue`.
    pub(crate) null: bool,
}

#[derive(Debug)]
pub(crate) struct EnumValue {
    pub(crate) name: Box<str>,
    pub(crate) comment: Box<str>,
}

#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: Box<str>,
    pub(crate) methods: Vec<MethodRow>,
    pub(crate) comment: Box<str>,
}

#[derive(Debug)]
pub(crate) struct MethodRow {
    pub(crate) name: Box<str>,
    pub(crate) input: MessageId,
    pub(crate) output: MessageId,
    pub(crate) client_streaming: bool,
    pub(crate) server_streaming: bool,
    pub(crate) comment: Box<str>,
}

impl Message {
    /// A field by its number, with its place.
    #[inline]
    pub(crate) fn field(&self, number: u32) -> Option<(usize, &Field)> {
        // Most messages number their fields from 1 without a gap.
        let guess = (number as usize).wrapping_sub(1);
        if let Some(field) = self.fields.get(guess).filter(|field| field.number == number) {
            return Some((guess, field));
        }
        let place = self.fields.binary_search_by_key(&number, |field| field.number).ok()?;
        Some((place, self.fields.get(place)?))
    }

    /// The two fields of a map's entry.
    pub(crate) fn entry(&self) -> Option<(&Field, &Field)> {
        Some((self.field(1)?.1, self.field(2)?.1))
    }
}

impl Tables {
    pub(crate) fn message(&self, id: MessageId) -> Option<&Message> {
        self.messages.get(id.0)
    }

    pub(crate) fn an_enum(&self, id: EnumId) -> Option<&Enum> {
        self.enums.get(id.0)
    }
}

impl Kind {
    /// How a value of this kind follows its tag.
    pub(crate) fn wire_type(self) -> WireType {
        match self {
            Self::Double | Self::Fixed64 | Self::Sfixed64 => WireType::Fixed64,
            Self::Float | Self::Fixed32 | Self::Sfixed32 => WireType::Fixed32,
            Self::Int32
            | Self::Int64
            | Self::Uint32
            | Self::Uint64
            | Self::Sint32
            | Self::Sint64
            | Self::Bool
            | Self::Enum(_) => WireType::Varint,
            Self::String | Self::Bytes | Self::Message(_) => WireType::Delimited,
            Self::Group(_) => WireType::GroupStart,
        }
    }

    /// Whether a list of it can be packed into one value.
    pub(crate) fn is_packable(self) -> bool {
        !matches!(self, Self::String | Self::Bytes | Self::Message(_) | Self::Group(_))
    }

    pub(crate) fn message(self) -> Option<MessageId> {
        match self {
            Self::Message(id) | Self::Group(id) => Some(id),
            Self::Double
            | Self::Float
            | Self::Int32
            | Self::Int64
            | Self::Uint32
            | Self::Uint64
            | Self::Sint32
            | Self::Sint64
            | Self::Fixed32
            | Self::Fixed64
            | Self::Sfixed32
            | Self::Sfixed64
            | Self::Bool
            | Self::String
            | Self::Bytes
            | Self::Enum(_) => None,
        }
    }
}
