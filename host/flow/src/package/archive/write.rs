//! Writing: entries in the order of their names, without times, owners and whatever else differs between machines.

use std::collections::BTreeMap;
use std::io::Write;

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

/// Writes an archive. None if it would be larger than the format holds without zip64.
pub fn write(entries: &BTreeMap<String, Vec<u8>>) -> Option<Vec<u8>> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let packed = packed(content);
        let (method, body): (u16, &[u8]) = match &packed {
            Some(packed) if packed.len() < content.len() => (8, packed),
            Some(_) | None => (0, content),
        };
        let mut crc = Crc::new();
        crc.update(content);
        let offset = u32::try_from(archive.len()).ok()?;
        let mut common = Vec::new();
        two(&mut common, [VERSION, 0, method, 0, DATE]);
        four(&mut common, [crc.sum(), u32::try_from(body.len()).ok()?, u32::try_from(content.len()).ok()?]);
        two(&mut common, [u16::try_from(name.len()).ok()?, 0]);
        archive.extend_from_slice(b"PK\x03\x04");
        archive.extend_from_slice(&common);
        archive.extend_from_slice(name.as_bytes());
        archive.extend_from_slice(body);
        directory.extend_from_slice(b"PK\x01\x02");
        two(&mut directory, [MADE_BY]);
        directory.extend_from_slice(&common);
        two(&mut directory, [0, 0, 0]);
        four(&mut directory, [MODE, offset]);
        directory.extend_from_slice(name.as_bytes());
    }
    let (count, begins) = (u16::try_from(entries.len()).ok()?, u32::try_from(archive.len()).ok()?);
    archive.extend_from_slice(&directory);
    archive.extend_from_slice(b"PK\x05\x06");
    two(&mut archive, [0, 0, count, count]);
    four(&mut archive, [u32::try_from(directory.len()).ok()?, begins]);
    two(&mut archive, [0]);
    Some(archive)
}

/// Packed at one level, whatever the library's default becomes.
fn packed(content: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(content).ok()?;
    encoder.finish().ok()
}

fn two<const N: usize>(bytes: &mut Vec<u8>, numbers: [u16; N]) {
    numbers.into_iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
}

fn four<const N: usize>(bytes: &mut Vec<u8>, numbers: [u32; N]) {
    numbers.into_iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
}
