//! Bodies as text, in the encoding that they are in.

/// What the bytes 0x80 to 0x9F are in windows-1252, which the web reads Latin-1 as too (WHATWG Encoding).
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of a body: by its byte order mark, which is no part of it, else by the `charset` of its type, else UTF-8. What
/// is not of the encoding is replaced.
pub(super) fn decoded(bytes: Vec<u8>, content_type: Option<&str>) -> String {
    match bytes.as_slice() {
        [0xef, 0xbb, 0xbf, rest @ ..] => return lossy(rest.to_vec()),
        [0xff, 0xfe, rest @ ..] => return utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => return utf16(rest, u16::from_be_bytes),
        _ => {}
    }
    match charset(content_type.unwrap_or_default()).as_str() {
        "iso-8859-1" | "latin1" | "us-ascii" | "ascii" | "windows-1252" | "cp1252" => latin(&bytes),
        "utf-16" | "utf-16le" => utf16(&bytes, u16::from_le_bytes),
        "utf-16be" => utf16(&bytes, u16::from_be_bytes),
        _ => lossy(bytes),
    }
}

fn charset(content_type: &str) -> String {
    let mut parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let found = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    found.map(|(_, value)| value.trim().trim_matches('"').to_ascii_lowercase()).unwrap_or_default()
}

fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn latin(bytes: &[u8]) -> String {
    let windows = |byte: u8| WINDOWS.get(usize::from(byte.wrapping_sub(0x80))).copied();
    bytes.iter().map(|byte| windows(*byte).unwrap_or(char::from(*byte))).collect()
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units: Vec<u16> = bytes.chunks(2).map(|pair| pair.try_into().map_or(0xfffd, unit)).collect();
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_read_in_its_encoding() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        for (bytes, content_type, expected) in [
            ("zoë".as_bytes().to_vec(), None, "zoë"),
            (b"zo\xeb".to_vec(), None, "zo\u{fffd}"),
            (b"zo\xeb \x80".to_vec(), Some("text/plain; charset=ISO-8859-1"), "zoë €"),
            (b"zo\xeb".to_vec(), Some("text/plain;format=flowed; Charset=\"windows-1252\""), "zoë"),
            ("\u{feff}zoë".as_bytes().to_vec(), Some("application/json; charset=latin1"), "zoë"),
            (utf16("zoë 😀"), Some("text/plain; charset=utf-16le"), "zoë 😀"),
            (utf16("\u{feff}zoë"), None, "zoë"),
            (vec![0xfe, 0xff, 0, b'z', 0], None, "z\u{fffd}"),
            ("zoë".as_bytes().to_vec(), Some("text/plain; charset=unknown"), "zoë"),
        ] {
            assert_eq!(decoded(bytes, content_type), expected, "{content_type:?}");
        }
    }
}
