//! Escapes: texts that stand for a character in JSON, in URLs and forms, in HTML and XML, in the string literals of
//! programming languages, and in quoted-printable mail. Encoders differ in what they escape and in which digits they
//! write, so that a secret has more spellings than a list could have. A decoder reads all of them.

/// Bytes of the longest escape: a pair of surrogates (`\ud83d\ude00`), or a numeric character reference with zeros.
pub(super) const LONGEST: usize = 12;

/// What the beginning of an escape is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// It goes on, or it is none.
    Open,
    /// It is no escape.
    None,
    /// It stands for a text of up to four bytes.
    Text(Text),
    /// Some programs write a byte in this way, and others a character of that number.
    Either(Text, Text),
}

/// What an escape stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Text {
    bytes: [u8; 4],
    len: usize,
}

impl Text {
    /// A line break that is no part of the text stands for this.
    pub(super) const NOTHING: Self = Self { bytes: [0; 4], len: 0 };

    fn byte(byte: u8) -> Self {
        Self { bytes: [byte, 0, 0, 0], len: 1 }
    }

    fn character(one: char) -> Self {
        let mut bytes = [0; 4];
        let len = one.encode_utf8(&mut bytes).len();
        Self { bytes, len }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// Whether an escape can begin with a byte.
pub(super) fn begins(byte: u8) -> bool {
    matches!(byte, b'\\' | b'%' | b'&' | b'=')
}

/// Reads what begins like an escape.
pub(super) fn read(text: &[u8]) -> Escape {
    match text {
        [b'\\', rest @ ..] => backslash(rest),
        // What JavaScript's `escape` writes.
        [b'%', b'u' | b'U', rest @ ..] => utf16(rest, b"%u"),
        [b'%', rest @ ..] => match hex(rest, 2) {
            Digits::Value(value) => byte(value),
            Digits::Fewer => Escape::Open,
            Digits::None => Escape::None,
        },
        [b'&', rest @ ..] => reference(rest),
        // RFC 2045, section 6.7: a byte, or a line that goes on.
        [b'=', rest @ ..] => match rest {
            [] | [b'\r'] => Escape::Open,
            [b'\n'] | [b'\r', b'\n'] => Escape::Text(Text::NOTHING),
            rest => match hex(rest, 2) {
                Digits::Value(value) => byte(value),
                Digits::Fewer => Escape::Open,
                Digits::None => Escape::None,
            },
        },
        _ => Escape::None,
    }
}

fn backslash(rest: &[u8]) -> Escape {
    match rest {
        [] => Escape::Open,
        [b'u', b'{', digits @ ..] => match digits {
            [digits @ .., b'}'] => number(digits, 16),
            digits if digits.len() < 7 && digits.iter().all(u8::is_ascii_hexdigit) => Escape::Open,
            _ => Escape::None,
        },
        [b'u', rest @ ..] => utf16(rest, b"\\u"),
        [b'U', rest @ ..] => match hex(rest, 8) {
            Digits::Value(value) => character(value),
            Digits::Fewer => Escape::Open,
            Digits::None => Escape::None,
        },
        [b'x', rest @ ..] => match hex(rest, 2) {
            Digits::Value(value @ 0x80..) => either(value),
            Digits::Value(value) => byte(value),
            Digits::Fewer => Escape::Open,
            Digits::None => Escape::None,
        },
        [b'0'..=b'3'] | [b'0'..=b'3', b'0'..=b'7'] => Escape::Open,
        [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7'] => {
            let digit = |byte: &u8| u32::from(byte - b'0');
            either(digit(a) * 64 + digit(b) * 8 + digit(c))
        }
        [b'n'] => Escape::Text(Text::byte(b'\n')),
        [b'r'] => Escape::Text(Text::byte(b'\r')),
        [b't'] => Escape::Text(Text::byte(b'\t')),
        [b'b'] => Escape::Text(Text::byte(8)),
        [b'f'] => Escape::Text(Text::byte(12)),
        [b'v'] => Escape::Text(Text::byte(11)),
        [b'a'] => Escape::Text(Text::byte(7)),
        [b'e'] => Escape::Text(Text::byte(27)),
        // Shells, regular expressions and quotes.
        [one] if one.is_ascii_punctuation() || *one == b' ' => Escape::Text(Text::byte(*one)),
        _ => Escape::None,
    }
}

/// Four digits behind `prefix`; or twice, of a character outside of the first plane.
fn utf16(rest: &[u8], prefix: &[u8; 2]) -> Escape {
    let (first, second) = rest.split_at(rest.len().min(4));
    let high = match hex(first, 4) {
        Digits::Value(value) => value,
        Digits::Fewer => return Escape::Open,
        Digits::None => return Escape::None,
    };
    if !(0xd800..0xdc00).contains(&high) {
        return character(high);
    }
    let (mark, digits) = second.split_at(second.len().min(2));
    if !prefix.iter().zip(mark).all(|(expected, found)| expected.eq_ignore_ascii_case(found)) {
        return Escape::None;
    }
    match hex(digits, 4) {
        Digits::Value(low @ 0xdc00..0xe000) => character(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)),
        Digits::Value(_) | Digits::None => Escape::None,
        Digits::Fewer => Escape::Open,
    }
}

/// `#43;`, `#x2b;` or `plus;`.
fn reference(rest: &[u8]) -> Escape {
    let complete = rest.strip_suffix(b";");
    match complete.unwrap_or(rest) {
        [b'#', b'x' | b'X', digits @ ..] => match complete {
            Some(_) => number(digits, 16),
            None if digits.len() < LONGEST - 3 && digits.iter().all(u8::is_ascii_hexdigit) => Escape::Open,
            None => Escape::None,
        },
        [b'#', digits @ ..] => match complete {
            Some(_) => number(digits, 10),
            None if digits.len() < LONGEST - 2 && digits.iter().all(u8::is_ascii_digit) => Escape::Open,
            None => Escape::None,
        },
        name => match complete {
            Some(_) => named(name),
            None if names().any(|own| own.as_bytes().starts_with(name)) => Escape::Open,
            None => Escape::None,
        },
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|(name, _)| *name).chain(LATIN)
}

fn named(name: &[u8]) -> Escape {
    if let Some((_, one)) = NAMES.iter().find(|(own, _)| own.as_bytes() == name) {
        return Escape::Text(Text::byte(*one));
    }
    let latin = LATIN.iter().position(|own| own.as_bytes() == name);
    latin.and_then(|index| u32::try_from(index).ok()).map_or(Escape::None, |index| character(0xa0 + index))
}

enum Digits {
    Value(u32),
    Fewer,
    None,
}

/// A number of exactly so many hexadecimal digits.
fn hex(text: &[u8], digits: usize) -> Digits {
    let mut value: u32 = 0;
    for byte in text {
        let Some(digit) = char::from(*byte).to_digit(16) else { return Digits::None };
        value = value.wrapping_mul(16).wrapping_add(digit);
    }
    match text.len() {
        found if found < digits => Digits::Fewer,
        found if found == digits => Digits::Value(value),
        _ => Digits::None,
    }
}

fn number(digits: &[u8], radix: u32) -> Escape {
    let text = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    text.and_then(|text| u32::from_str_radix(text, radix).ok()).map_or(Escape::None, character)
}

fn character(number: u32) -> Escape {
    char::from_u32(number).map_or(Escape::None, |one| Escape::Text(Text::character(one)))
}

fn byte(value: u32) -> Escape {
    u8::try_from(value).map_or(Escape::None, |byte| Escape::Text(Text::byte(byte)))
}

fn either(value: u32) -> Escape {
    match (byte(value), character(value)) {
        (Escape::Text(byte), Escape::Text(character)) if byte != character => Escape::Either(byte, character),
        (one, _) => one,
    }
}

/// The character references of HTML for ASCII (HTML Living Standard, section 13.5).
const NAMES: &[(&str, u8)] = &[
    ("amp", b'&'),
    ("lt", b'<'),
    ("gt", b'>'),
    ("quot", b'"'),
    ("apos", b'\''),
    ("AMP", b'&'),
    ("LT", b'<'),
    ("GT", b'>'),
    ("QUOT", b'"'),
    ("Tab", b'\t'),
    ("NewLine", b'\n'),
    ("excl", b'!'),
    ("num", b'#'),
    ("dollar", b'$'),
    ("percnt", b'%'),
    ("lpar", b'('),
    ("rpar", b')'),
    ("ast", b'*'),
    ("midast", b'*'),
    ("plus", b'+'),
    ("comma", b','),
    ("period", b'.'),
    ("sol", b'/'),
    ("colon", b':'),
    ("semi", b';'),
    ("equals", b'='),
    ("quest", b'?'),
    ("commat", b'@'),
    ("lsqb", b'['),
    ("lbrack", b'['),
    ("bsol", b'\\'),
    ("rsqb", b']'),
    ("rbrack", b']'),
    ("Hat", b'^'),
    ("lowbar", b'_'),
    ("UnderBar", b'_'),
    ("grave", b'`'),
    ("lcub", b'{'),
    ("lbrace", b'{'),
    ("verbar", b'|'),
    ("vert", b'|'),
    ("rcub", b'}'),
    ("rbrace", b'}'),
];

/// Those of U+00A0 to U+00FF, in order: the ones of HTML 2.
const LATIN: [&str; 96] = [
    "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf", "laquo", "not", "shy",
    "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot", "cedil", "sup1", "ordm",
    "raquo", "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring", "AElig",
    "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute", "Icirc", "Iuml", "ETH", "Ntilde", "Ograve",
    "Oacute", "Ocirc", "Otilde", "Ouml", "times", "Oslash", "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN",
    "szlig", "agrave", "aacute", "acirc", "atilde", "auml", "aring", "aelig", "ccedil", "egrave", "eacute", "ecirc",
    "euml", "igrave", "iacute", "icirc", "iuml", "eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml",
    "divide", "oslash", "ugrave", "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_is_open_until_it_is_complete() {
        for (text, expected) in [
            ("%2B", "+"),
            ("%2b", "+"),
            ("%u002B", "+"),
            ("\\u002b", "+"),
            ("\\u002B", "+"),
            ("\\x2B", "+"),
            ("\\053", "+"),
            ("\\u{2b}", "+"),
            ("\\U0000002b", "+"),
            ("\\/", "/"),
            ("\\\"", "\""),
            ("\\\\", "\\"),
            ("\\n", "\n"),
            ("&#43;", "+"),
            ("&#043;", "+"),
            ("&#x2b;", "+"),
            ("&#X00002B;", "+"),
            ("&plus;", "+"),
            ("&amp;", "&"),
            ("&auml;", "ä"),
            ("&yuml;", "ÿ"),
            ("&frac14;", "¼"),
            ("\\ud83d\\ude00", "😀"),
            ("%uD83D%uDE00", "😀"),
            ("\\u{1F600}", "😀"),
            ("=2B", "+"),
            ("=\r\n", ""),
        ] {
            let (all, last) = (text.as_bytes(), text.len() - 1);
            assert!(text.len() <= LONGEST, "{text}");
            for end in 1..=last {
                assert_eq!(read(&all[..end]), Escape::Open, "{text} to {end}");
            }
            let Escape::Text(found) = read(all) else { panic!("{text}") };
            assert_eq!(found.bytes(), expected.as_bytes(), "{text}");
        }
        let Escape::Either(byte, character) = read(b"\\xe4") else { panic!("two readings") };
        assert_eq!((byte.bytes(), character.bytes()), (&b"\xe4"[..], "ä".as_bytes()));
    }

    #[test]
    fn what_is_no_escape_is_none() {
        for text in [
            "%zz",
            "%2g",
            "\\q",
            "\\ug",
            "\\u00g0",
            "\\ud83dx",
            "\\ud83d\\u0041",
            "&;",
            "&nothing;",
            "& ",
            "&#;",
            "&#x;",
            "&#xg",
            "&#1a",
            "&#0000000000",
            "\\u{}",
            "\\u{110000}",
            "\\8",
            "=g",
            "a",
            "",
        ] {
            assert_eq!(read(text.as_bytes()), Escape::None, "{text}");
        }
    }
}
