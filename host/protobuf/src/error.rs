//! What goes wrong with descriptors and with messages.

use lockgate_domain::schema::JsonError;

/// Why a set of descriptors is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescriptorsRefused {
    /// One of its parts is over its limit.
    #[error("the descriptors have {found} {what}: expected at most {most}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much of it there is, or how much was seen before the count ended.
        found: usize,
        /// The limit.
        most: usize,
    },
    /// The bytes are no `google.protobuf.FileDescriptorSet`.
    #[error("the descriptors are no FileDescriptorSet: {0}")]
    Wire(String),
    /// A definition contradicts itself or another one.
    #[error("the definition of `{name}` is not valid: {detail}")]
    Definition {
        /// The full name of the message, enum, field, service, method or file.
        name: String,
        /// What is wrong with it.
        detail: String,
    },
}

/// Why a JSON text is no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotEncoded {
    /// It is no JSON.
    #[error("the message is no JSON: {0}")]
    Json(JsonError),
    /// A value does not fit its field.
    #[error("{} {detail}", if .pointer.is_empty() { "the message" } else { .pointer })]
    Value {
        /// JSON pointer of the value.
        pointer: String,
        /// What was expected.
        detail: String,
    },
}

/// Why a message is no JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDecoded {
    /// Its bytes are no message of its type, or hold a value that JSON has no form for.
    #[error("the bytes are no `{message}`: {detail}")]
    Invalid {
        /// The full name of the message type.
        message: String,
        /// What is wrong with them.
        detail: String,
    },
    /// Its JSON is larger than the caller takes.
    #[error("the message has more than {most} bytes of JSON")]
    TooLarge {
        /// The bytes that the caller takes.
        most: usize,
    },
}
