//! Writing: entries in the order of their names, without times, owners and whatever else differs between machines.

use std::collections::BTreeMap;
use std::io::{self, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// 1980-01-01, the first day of the format: nothing has a time.
const DATE: u16 = 0x0021;
/// 2.0, the version that has folders and method 8.
const VERSION: u16 = 20;
/// Made on Unix, so that the permissions below are read.
const MADE_BY: u16 = 3 << 8 | VERSION;
/// A file that its owner writes and everybody reads.
const MODE: u32 = 0o100_644 << 16;

/// An archive that is written entry by entry, so that nobody has all of them in memory.
#[derive(Debug, Default)]
pub struct Writer {
    directory: Vec<u8>,
    entries: u16,
    /// Bytes that were written.
    length: u32,
}

/// An entry to write: first its head, then its body.
#[derive(Debug)]
pub struct Written {
    /// What stands in front of the content.
    pub head: Vec<u8>,
    /// The content as it is packed; none if it is written as it is.
    pub packed: Option<Vec<u8>>,
}

impl Writer {
    /// Adds an entry, whose name comes after those before it. None if the archive would be larger than the format holds
    /// without zip64.
    pub fn add(&mut self, name: &str, content: &[u8]) -> Option<Written> {
        let packed = packed(content);
        let (method, body): (u16, &[u8]) = match &packed {
            Some(packed) => (8, packed),
            None => (0, content),
        };
        let mut crc = Crc::new();
        crc.update(content);
        let mut common = Vec::new();
        two(&mut common, [VERSION, 0, method, 0, DATE]);
        four(&mut common, [crc.sum(), u32::try_from(body.len()).ok()?, u32::try_from(content.len()).ok()?]);
        two(&mut common, [u16::try_from(name.len()).ok()?, 0]);
        self.directory.extend_from_slice(b"PK\x01\x02");
        two(&mut self.directory, [MADE_BY]);
        self.directory.extend_from_slice(&common);
        two(&mut self.directory, [0, 0, 0]);
        four(&mut self.directory, [MODE, self.length]);
        self.directory.extend_from_slice(name.as_bytes());
        let mut head = b"PK\x03\x04".to_vec();
        head.extend_from_slice(&common);
        head.extend_from_slice(name.as_bytes());
        self.entries = self.entries.checked_add(1)?;
        let length = u32::try_from(head.len().checked_add(body.len())?).ok()?;
        self.length = self.length.checked_add(length)?;
        Some(Written { head, packed })
    }

    /// What stands behind the entries.
    pub fn end(self) -> Option<Vec<u8>> {
        let size = u32::try_from(self.directory.len()).ok()?;
        let mut end = self.directory;
        end.extend_from_slice(b"PK\x05\x06");
        two(&mut end, [0, 0, self.entries, self.entries]);
        four(&mut end, [size, self.length]);
        two(&mut end, [0]);
        Some(end)
    }
}

/// Writes an archive. None if it would be larger than the format holds without zip64.
pub fn write(entries: &BTreeMap<String, Vec<u8>>) -> Option<Vec<u8>> {
    let (mut archive, mut writer) = (Vec::new(), Writer::default());
    for (name, content) in entries {
        let Written { head, packed } = writer.add(name, content)?;
        archive.extend_from_slice(&head);
        archive.extend_from_slice(packed.as_deref().unwrap_or(content));
    }
    archive.extend_from_slice(&writer.end()?);
    Some(archive)
}

/// Packed at one level, whatever the library's default becomes; none if that is not smaller.
fn packed(content: &[u8]) -> Option<Vec<u8>> {
    let smaller = Smaller { bytes: Vec::new(), than: content.len() };
    let mut encoder = DeflateEncoder::new(smaller, Compression::new(6));
    encoder.write_all(content).ok()?;
    Some(encoder.finish().ok()?.bytes)
}

/// Bytes that are fewer than others.
struct Smaller {
    bytes: Vec<u8>,
    than: usize,
}

impl Write for Smaller {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len().saturating_add(bytes.len()) >= self.than {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn two<const N: usize>(bytes: &mut Vec<u8>, numbers: [u16; N]) {
    numbers.into_iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
}

fn four<const N: usize>(bytes: &mut Vec<u8>, numbers: [u32; N]) {
    numbers.into_iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
}
