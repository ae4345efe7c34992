//! The comments of a file, by the place of what they stand at: `SourceCodeInfo` of `descriptor.proto`.

use std::collections::HashMap;

use crate::wire::{Malformed, Reader, WireType};

/// Characters of a comment that are kept: it becomes the description of a field, and not a book.
const COMMENT_MAX: usize = 1_000;

/// The way from a file to one of its parts: numbers of fields and places in lists, in turn.
pub(crate) type Path = Vec<u32>;

/// Comments by paths.
#[derive(Debug, Default)]
pub(crate) struct Comments(HashMap<Path, Box<str>>);

impl Comments {
    /// Reads them; what is not as it should be is as good as no comment.
    pub(crate) fn read(info: &[u8]) -> Self {
        let mut comments = HashMap::new();
        let mut reader = Reader::new(info);
        while let Ok(Some(bytes)) = next(&mut reader, 1) {
            if let Ok((path, text)) = location(bytes)
                && !text.is_empty()
            {
                comments.entry(path).or_insert_with(|| text.into());
            }
        }
        Self(comments)
    }

    pub(crate) fn at(&self, path: &[u32]) -> Box<str> {
        self.0.get(path).cloned().unwrap_or_default()
    }
}

/// The next length-delimited field of this number.
fn next<'a>(reader: &mut Reader<'a>, wanted: u32) -> Result<Option<&'a [u8]>, Malformed> {
    while !reader.is_empty() {
        match reader.tag()? {
            (number, WireType::Delimited) if number == wanted => return reader.delimited().map(Some),
            (number, kind) => reader.skip(number, kind)?,
        }
    }
    Ok(None)
}

fn location(bytes: &[u8]) -> Result<(Path, String), Malformed> {
    let (mut path, mut leading, mut trailing) = (Path::new(), "", "");
    let mut reader = Reader::new(bytes);
    while !reader.is_empty() {
        match reader.tag()? {
            (1, WireType::Delimited) => {
                let mut packed = Reader::new(reader.delimited()?);
                while !packed.is_empty() {
                    path.push(packed.varint()? as u32);
                }
            }
            (3, WireType::Delimited) => leading = std::str::from_utf8(reader.delimited()?).unwrap_or_default(),
            (4, WireType::Delimited) => trailing = std::str::from_utf8(reader.delimited()?).unwrap_or_default(),
            (number, kind) => reader.skip(number, kind)?,
        }
    }
    Ok((path, trimmed(if leading.trim().is_empty() { trailing } else { leading })))
}

/// Without the space that stands between `//` and the text, and cut.
fn trimmed(comment: &str) -> String {
    let mut out = String::new();
    for line in comment.trim().lines() {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(line.trim());
        if out.len() > COMMENT_MAX {
            out.truncate(out.floor_char_boundary(COMMENT_MAX));
            out.push('…');
            break;
        }
    }
    out
}
