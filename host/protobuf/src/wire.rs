//! The wire format: <https://protobuf.dev/programming-guides/encoding/>.

/// How deeply messages and groups may lie in each other; what the official libraries read too.
pub(crate) const DEPTH_MAX: usize = 100;

/// What follows a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WireType {
    Varint,
    Fixed64,
    Delimited,
    GroupStart,
    GroupEnd,
    Fixed32,
}

/// Why bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("it ends within a value")]
    Ended,
    #[error("a number has more than ten bytes")]
    Varint,
    #[error("a field has the number 0 or one above 536870911")]
    Number,
    #[error("a field has a wire type that does not exist")]
    WireType,
    #[error("a group ends that did not begin, or does not end")]
    Group,
    #[error("it is nested deeper than {DEPTH_MAX} levels")]
    Depth,
}

/// Reads from the front of some bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// The bytes from a place that was read to this one.
    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    pub(crate) fn tag(&mut self) -> Result<(u32, WireType), Malformed> {
        let tag = self.varint()?;
        let kind = match tag & 7 {
            0 => WireType::Varint,
            1 => WireType::Fixed64,
            2 => WireType::Delimited,
            3 => WireType::GroupStart,
            4 => WireType::GroupEnd,
            5 => WireType::Fixed32,
            _ => return Err(Malformed::WireType),
        };
        match u32::try_from(tag >> 3) {
            Ok(number @ 1..=NUMBER_MAX) => Ok((number, kind)),
            Ok(_) | Err(_) => Err(Malformed::Number),
        }
    }

    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let byte = *self.bytes.get(self.at).ok_or(Malformed::Ended)?;
            self.at += 1;
            // Of the tenth byte only one bit counts; the official libraries drop the others too.
            value |= u64::from(byte & 0x7f) << shift.min(63);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Malformed::Varint)
    }

    pub(crate) fn fixed32(&mut self) -> Result<[u8; 4], Malformed> {
        let bytes = self.take(4)?;
        bytes.try_into().map_err(|_| Malformed::Ended)
    }

    pub(crate) fn fixed64(&mut self) -> Result<[u8; 8], Malformed> {
        let bytes = self.take(8)?;
        bytes.try_into().map_err(|_| Malformed::Ended)
    }

    pub(crate) fn delimited(&mut self) -> Result<&'a [u8], Malformed> {
        let len = usize::try_from(self.varint()?).map_err(|_| Malformed::Ended)?;
        self.take(len)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let end = self.at.checked_add(len).ok_or(Malformed::Ended)?;
        let bytes = self.bytes.get(self.at..end).ok_or(Malformed::Ended)?;
        self.at = end;
        Ok(bytes)
    }

    /// Reads over a value whose tag was read.
    pub(crate) fn skip(&mut self, number: u32, kind: WireType) -> Result<(), Malformed> {
        match kind {
            WireType::Varint => self.varint().map(drop),
            WireType::Fixed64 => self.fixed64().map(drop),
            WireType::Delimited => self.delimited().map(drop),
            WireType::Fixed32 => self.fixed32().map(drop),
            WireType::GroupStart => self.group(number).map(drop),
            WireType::GroupEnd => Err(Malformed::Group),
        }
    }

    /// What is in a group whose first tag was read.
    pub(crate) fn group(&mut self, number: u32) -> Result<&'a [u8], Malformed> {
        let start = self.at;
        let mut open = vec![number];
        loop {
            let end = self.at;
            match self.tag()? {
                (own, WireType::GroupStart) if open.len() < DEPTH_MAX => open.push(own),
                (_, WireType::GroupStart) => return Err(Malformed::Depth),
                (own, WireType::GroupEnd) => {
                    if open.pop() != Some(own) {
                        return Err(Malformed::Group);
                    }
                    if open.is_empty() {
                        return Ok(self.bytes.get(start..end).unwrap_or_default());
                    }
                }
                (own, kind) => self.skip(own, kind)?,
            }
        }
    }
}

/// The largest number of a field.
pub(crate) const NUMBER_MAX: u32 = (1 << 29) - 1;

pub(crate) fn write_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(crate) fn write_tag(number: u32, kind: WireType, out: &mut Vec<u8>) {
    let bits = match kind {
        WireType::Varint => 0,
        WireType::Fixed64 => 1,
        WireType::Delimited => 2,
        WireType::GroupStart => 3,
        WireType::GroupEnd => 4,
        WireType::Fixed32 => 5,
    };
    write_varint(u64::from(number) << 3 | bits, out);
}

/// Makes what was written since `start` the content of a length-delimited value: puts its length before it.
pub(crate) fn prefix_length(start: usize, out: &mut Vec<u8>) {
    let len = out.len().saturating_sub(start);
    match u8::try_from(len) {
        Ok(short @ 0..0x80) => out.insert(start, short),
        Ok(_) | Err(_) => {
            let mut prefix = Vec::with_capacity(5);
            write_varint(len as u64, &mut prefix);
            out.splice(start..start, prefix);
        }
    }
}

/// Zigzag: small numbers of either sign in few bytes.
pub(crate) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

pub(crate) fn unzigzag(value: u64) -> i64 {
    ((value >> 1) as i64) ^ -((value & 1) as i64)
}
