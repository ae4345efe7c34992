//! Writing protobuf (its encoding guide): a message is a list of fields, each with its number and kind.

/// Kinds of a field's value, as the encoding numbers them.
const VARINT: u64 = 0;
const FIXED_64: u64 = 1;
const LENGTH: u64 = 2;

/// A message that is being written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Message(Vec<u8>);

impl Message {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn varint(&mut self, mut value: u64) {
        while value > 0x7f {
            self.0.push(0x80 | (value & 0x7f) as u8);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn key(&mut self, field: u64, kind: u64) {
        self.varint(field << 3 | kind);
    }

    /// A field of type `int64`, `uint64` or an enum. Zero is the default, and is not written.
    pub(crate) fn number(mut self, field: u64, value: u64) -> Self {
        if value != 0 {
            self.key(field, VARINT);
            self.varint(value);
        }
        self
    }

    /// The same in a `oneof`, where zero is a value.
    pub(crate) fn chosen_number(mut self, field: u64, value: u64) -> Self {
        self.key(field, VARINT);
        self.varint(value);
        self
    }

    pub(crate) fn fixed64(mut self, field: u64, value: u64) -> Self {
        self.key(field, FIXED_64);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// A field of type `bytes` or `string`.
    pub(crate) fn bytes(mut self, field: u64, value: &[u8]) -> Self {
        self.key(field, LENGTH);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    pub(crate) fn message(self, field: u64, value: &Message) -> Self {
        self.bytes(field, &value.0)
    }

    pub(crate) fn messages<'m>(self, field: u64, values: impl IntoIterator<Item = &'m Message>) -> Self {
        values.into_iter().fold(self, |message, value| message.message(field, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the encoding guide.
    #[test]
    fn as_the_guide_writes_it() {
        let number = Message::default().number(1, 150);
        assert_eq!(number.clone().into_bytes(), [0x08, 0x96, 0x01]);
        assert_eq!(Message::default().bytes(2, b"testing").into_bytes(), b"\x12\x07testing");
        assert_eq!(Message::default().message(3, &number).into_bytes(), [0x1a, 0x03, 0x08, 0x96, 0x01]);
        assert!(Message::default().number(1, 0).into_bytes().is_empty());
        assert_eq!(Message::default().chosen_number(1, 0).into_bytes(), [0x08, 0x00]);
        assert_eq!(Message::default().fixed64(1, 1).into_bytes(), [0x09, 1, 0, 0, 0, 0, 0, 0, 0]);
    }
}
