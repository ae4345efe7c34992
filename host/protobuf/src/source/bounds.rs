//! What is counted before a set of descriptors is read: a part of two bytes becomes a value of some hundred.

use crate::DescriptorsRefused;
use crate::wire::{Malformed, Reader, WireType};

/// Bytes of a set: the descriptors of large APIs have some hundred kilobytes, with comments a few times that.
pub const SET_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Files of a set, imports included.
pub const FILES_MAX: usize = 1_000;
/// Messages, fields, oneofs, enums and their values, services, methods and imports: each takes about 200 bytes of memory
/// once it is read, and as much again when it is linked.
const PARTS_MAX: usize = 100_000;
/// How deeply messages may be defined in each other; people stop at three or four.
const NESTED_MAX: usize = 32;

/// Kinds of the messages in `descriptor.proto` whose parts are counted.
#[derive(Clone, Copy)]
enum Part {
    File,
    Message,
    Enum,
    Service,
    Leaf,
}

impl Part {
    /// What a field of this part holds, if it is counted.
    fn child(self, number: u32) -> Option<Self> {
        match (self, number) {
            (Self::File, 4) | (Self::Message, 3) => Some(Self::Message),
            (Self::File, 5) | (Self::Message, 4) => Some(Self::Enum),
            (Self::File, 6) => Some(Self::Service),
            (Self::File, 3 | 7) | (Self::Message, 2 | 6 | 8) | (Self::Enum | Self::Service, 2) => Some(Self::Leaf),
            (Self::File | Self::Message | Self::Enum | Self::Service | Self::Leaf, _) => None,
        }
    }
}

#[derive(Default)]
struct Count {
    parts: usize,
}

/// Looks at a set of files.
pub(super) fn check(set: &[u8]) -> Result<(), DescriptorsRefused> {
    size(set)?;
    let (mut reader, mut files, mut count) = (Reader::new(set), 0_usize, Count::default());
    while !reader.is_empty() {
        let (number, kind) = reader.tag().map_err(wire)?;
        if (number, kind) != (1, WireType::Delimited) {
            reader.skip(number, kind).map_err(wire)?;
            continue;
        }
        files += 1;
        if files > FILES_MAX {
            return Err(DescriptorsRefused::TooLarge { what: "files", found: files, most: FILES_MAX });
        }
        count.part(reader.delimited().map_err(wire)?, Part::File, 0)?;
    }
    Ok(())
}

/// Looks at one file.
pub(super) fn check_file(file: &[u8]) -> Result<(), DescriptorsRefused> {
    size(file)?;
    Count::default().part(file, Part::File, 0)
}

fn size(bytes: &[u8]) -> Result<(), DescriptorsRefused> {
    let found = bytes.len();
    if found > SET_BYTES_MAX {
        return Err(DescriptorsRefused::TooLarge { what: "bytes", found, most: SET_BYTES_MAX });
    }
    Ok(())
}

fn wire(error: Malformed) -> DescriptorsRefused {
    DescriptorsRefused::Wire(error.to_string())
}

impl Count {
    fn part(&mut self, bytes: &[u8], part: Part, depth: usize) -> Result<(), DescriptorsRefused> {
        if depth > NESTED_MAX {
            let what = "levels of messages in messages";
            return Err(DescriptorsRefused::TooLarge { what, found: depth, most: NESTED_MAX });
        }
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() {
            let (number, kind) = reader.tag().map_err(wire)?;
            let child = part.child(number).filter(|_| kind == WireType::Delimited);
            let Some(child) = child else {
                reader.skip(number, kind).map_err(wire)?;
                continue;
            };
            self.parts += 1;
            if self.parts > PARTS_MAX {
                let what = "messages, fields, enum values, methods and imports";
                return Err(DescriptorsRefused::TooLarge { what, found: self.parts, most: PARTS_MAX });
            }
            let inner = reader.delimited().map_err(wire)?;
            if !matches!(child, Part::Leaf) {
                self.part(inner, child, depth + 1)?;
            }
        }
        Ok(())
    }
}
