//! What an image is, by its own first bytes: what a server calls it says nothing.

/// A type of image that browsers show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageType {
    /// PNG (RFC 2083 section 3.1).
    Png,
    /// JPEG (ITU-T T.81).
    Jpeg,
    /// GIF (87a and 89a).
    Gif,
    /// WebP (RFC 9649).
    Webp,
    /// SVG, which is a document and can have scripts.
    Svg,
}

/// Bytes before the root element of an SVG that are looked at: an XML declaration, a licence, a document type.
const PROLOG_MAX: usize = 4096;

impl ImageType {
    /// The type of these bytes, if it is one of these.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            _ => is_svg(bytes).then_some(Self::Svg),
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Svg => "image/svg+xml",
        }
    }
}

/// Whether bytes are a document in UTF-8 whose root element is `svg`. Whatever else is in it, only the browser reads.
fn is_svg(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let whole = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rest = whole.trim_start();
    while whole.len() - rest.len() <= PROLOG_MAX {
        let after = [("<?", "?>"), ("<!--", "-->"), ("<!DOCTYPE", ">")].into_iter().find_map(|(begin, end)| {
            let inner = rest.strip_prefix(begin)?;
            Some(inner.split_once(end)?.1)
        });
        match after {
            Some(after) => rest = after.trim_start(),
            None => {
                let name_ends = |next: char| next.is_ascii_whitespace() || next == '>' || next == '/';
                return rest.strip_prefix("<svg").is_some_and(|next| next.starts_with(name_ends));
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell() {
        for (bytes, expected) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], ImageType::Png),
            (b"\xff\xd8\xff\xe0....", ImageType::Jpeg),
            (b"GIF89a....", ImageType::Gif),
            (b"RIFF\x10\0\0\0WEBPVP8 ", ImageType::Webp),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", ImageType::Svg),
            (
                b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a > b -->\n<!DOCTYPE svg PUBLIC 'x' 'y'>\n<svg>",
                ImageType::Svg,
            ),
        ] {
            assert_eq!(ImageType::of(bytes), Some(expected));
        }
    }

    #[test]
    fn what_is_none_is_none() {
        for bytes in [
            &b""[..],
            b"<html><svg></svg></html>",
            b"<svgs>",
            b"<script>alert(1)</script>",
            b"<!-- without an end <svg>",
            b"GIF88a",
            b"RIFF\x10\0\0\0WAVE",
            b"\xff\xfe<\0s\0v\0g\0>\0",
            b"{}",
        ] {
            assert_eq!(ImageType::of(bytes), None, "{bytes:?}");
        }
        let long = format!("<!--{}--><svg>", " ".repeat(PROLOG_MAX));
        assert_eq!(ImageType::of(long.as_bytes()), None);
        assert_eq!(ImageType::of("<??>".repeat(100_000).as_bytes()), None, "bounded");
    }
}
