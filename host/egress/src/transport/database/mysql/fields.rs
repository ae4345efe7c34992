//! The fields of a message. Each is shorter than the message that it is in, whatever its own length says.

use super::super::failed::Failed;

/// What is left of a message.
pub(super) struct Fields<'p> {
    rest: &'p [u8],
}

impl<'p> Fields<'p> {
    pub(super) fn of(message: &'p [u8]) -> Self {
        Self { rest: message }
    }

    /// Whether there is no further field.
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// So many bytes.
    pub(super) fn take(&mut self, length: usize) -> Result<&'p [u8], Failed> {
        let (field, rest) = self.rest.split_at_checked(length).ok_or_else(short)?;
        self.rest = rest;
        Ok(field)
    }

    /// All that is left.
    pub(super) fn rest(&mut self) -> &'p [u8] {
        std::mem::take(&mut self.rest)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Failed> {
        let (field, rest) = self.rest.split_first_chunk().ok_or_else(short)?;
        self.rest = rest;
        Ok(*field)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Failed> {
        self.array().map(u8::from_le_bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Failed> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Failed> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Failed> {
        self.array().map(u64::from_le_bytes)
    }

    /// A number that says itself how long it is.
    pub(super) fn integer(&mut self) -> Result<u64, Failed> {
        match self.u8()? {
            0xFC => self.u16().map(u64::from),
            0xFD => {
                let [low, middle, high] = self.array()?;
                Ok(u64::from(u32::from_le_bytes([low, middle, high, 0])))
            }
            0xFE => self.u64(),
            0xFB | 0xFF => Err(Failed::Broken("the server sent a length that is none".to_owned())),
            small => Ok(u64::from(small)),
        }
    }

    /// Bytes behind their length.
    pub(super) fn bytes(&mut self) -> Result<&'p [u8], Failed> {
        let length = self.integer()?;
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// A text behind its length; what is no UTF-8 in it is replaced.
    pub(super) fn text(&mut self) -> Result<String, Failed> {
        Ok(String::from_utf8_lossy(self.bytes()?).into_owned())
    }

    /// Bytes before a NUL, or all that are left where there is none: some servers leave out the last.
    pub(super) fn until_nul(&mut self) -> &'p [u8] {
        let end = self.rest.iter().position(|byte| *byte == 0);
        let (field, rest) = end.and_then(|end| self.rest.split_at_checked(end)).unwrap_or((self.rest, &[]));
        self.rest = rest.get(1..).unwrap_or_default();
        field
    }
}

fn short() -> Failed {
    Failed::Broken("a message of the server is shorter than it says".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_in_all_their_forms() {
        for (bytes, expected) in [
            (&[0xFA][..], 0xFA),
            (&[0xFC, 0x01, 0x02], 0x0201),
            (&[0xFD, 1, 2, 3], 0x03_0201),
            (&[0xFE, 255, 255, 255, 255, 255, 255, 255, 255], u64::MAX),
        ] {
            assert_eq!(Fields::of(bytes).integer().unwrap(), expected);
        }
    }

    #[test]
    fn what_is_longer_than_its_message_is_refused() {
        for bytes in [
            &[][..],
            &[0xFB],
            &[0xFF],
            &[0xFC, 1],
            &[0xFD, 1, 2],
            &[0xFE, 1, 2, 3],
            &[5, 1, 2],
            &[0xFE, 255, 255, 255, 255, 255, 255, 255, 255, 1],
        ] {
            assert!(matches!(Fields::of(bytes).bytes(), Err(Failed::Broken(_))), "{bytes:?}");
        }
        assert!(Fields::of(&[1, 2, 3]).u32().is_err());
        assert_eq!(Fields::of(b"abc").until_nul(), b"abc");
    }
}
