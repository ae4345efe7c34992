//! The reader of JSON text (RFC 8259). It keeps the digits of numbers, which no reader over serde's data model can, and
//! refuses an object with two members of one name, which different readers read differently.

use std::borrow::Cow;

use serde_json::Number;

use super::error::{JsonError, JsonFault};
use super::{Document, Entry, INDEXED_FROM};

/// Containers within each other; serde_json, which reads some texts after this, has the same bound.
const DEPTH_MAX: usize = 127;

/// A text that is being read.
pub(super) struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    document: Document<'t>,
}

impl<'t> Parser<'t> {
    pub(super) fn read(text: &'t str) -> Result<Document<'t>, JsonError> {
        let mut document = Document::default();
        // An entry for every six bytes is what API payloads have.
        document.entries.reserve(text.len() / 6);
        let mut parser = Self { text, at: 0, depth: 0, document };
        let result = parser.value().and_then(|()| match parser.peek() {
            None => Ok(()),
            Some(_) => Err(JsonFault::Trailing),
        });
        match result {
            Ok(()) => Ok(parser.document),
            Err(fault) => Err(JsonError::new(fault, text.as_bytes(), parser.at)),
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.byte() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                other => return other,
            }
        }
    }

    fn value(&mut self) -> Result<(), JsonFault> {
        match self.peek().ok_or(JsonFault::Ended)? {
            b'{' => self.within(Self::object),
            b'[' => self.within(Self::array),
            b'"' => {
                let text = self.string()?;
                self.document.push(Entry::Text(text));
                Ok(())
            }
            b't' => self.word("true", Entry::Bool(true)),
            b'f' => self.word("false", Entry::Bool(false)),
            b'n' => self.word("null", Entry::Null),
            b'-' | b'0'..=b'9' => self.number(),
            _ => Err(JsonFault::Value),
        }
    }

    /// Reads a container behind its opening bracket.
    fn within(&mut self, read: impl FnOnce(&mut Self) -> Result<(), JsonFault>) -> Result<(), JsonFault> {
        if self.depth == DEPTH_MAX {
            return Err(JsonFault::Depth);
        }
        (self.at, self.depth) = (self.at + 1, self.depth + 1);
        read(self)?;
        self.depth -= 1;
        Ok(())
    }

    fn word(&mut self, word: &str, entry: Entry<'t>) -> Result<(), JsonFault> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(JsonFault::Value);
        }
        self.at += word.len();
        self.document.push(entry);
        Ok(())
    }

    fn array(&mut self) -> Result<(), JsonFault> {
        let (at, mut len) = (self.document.push(Entry::Null), 0);
        if self.peek() == Some(b']') {
            self.at += 1;
        } else {
            loop {
                self.value()?;
                len += 1;
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(b']') => break self.at += 1,
                    Some(_) => return Err(JsonFault::CommaOrBracket),
                    None => return Err(JsonFault::Ended),
                }
            }
        }
        let end = self.document.entries.len();
        self.document.close(at, Entry::Array { len, end });
        Ok(())
    }

    fn object(&mut self) -> Result<(), JsonFault> {
        let (at, mut len) = (self.document.push(Entry::Null), 0);
        if self.peek() == Some(b'}') {
            self.at += 1;
        } else {
            loop {
                match self.peek() {
                    Some(b'"') => {}
                    Some(_) => return Err(JsonFault::Key),
                    None => return Err(JsonFault::Ended),
                }
                let key = self.string()?;
                self.document.push(Entry::Text(key));
                match self.peek() {
                    Some(b':') => self.at += 1,
                    Some(_) => return Err(JsonFault::Colon),
                    None => return Err(JsonFault::Ended),
                }
                self.value()?;
                len += 1;
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(b'}') => break self.at += 1,
                    Some(_) => return Err(JsonFault::CommaOrBrace),
                    None => return Err(JsonFault::Ended),
                }
            }
        }
        let end = self.document.entries.len();
        let index = (len >= INDEXED_FROM).then(|| self.document.indexed(at, len));
        self.document.close(at, Entry::Object { len, end, index });
        match self.document.twice(at, len, index) {
            Some(key) => Err(JsonFault::Twice(key)),
            None => Ok(()),
        }
    }

    fn number(&mut self) -> Result<(), JsonFault> {
        let rest = self.rest();
        let (len, whole) = number_len(rest).ok_or(JsonFault::Number)?;
        let digits = self.text.get(self.at..self.at + len).unwrap_or_default();
        let value = number(digits, whole).ok_or(JsonFault::Range)?;
        self.at += len;
        self.document.push(Entry::Number { digits, value });
        Ok(())
    }

    /// A string, from its opening quote to behind its closing one.
    fn string(&mut self) -> Result<Cow<'t, str>, JsonFault> {
        self.at += 1;
        let begin = self.at;
        self.at += plain(self.rest());
        if self.byte() == Some(b'"') {
            let text = self.text.get(begin..self.at).unwrap_or_default();
            self.at += 1;
            return Ok(Cow::Borrowed(text));
        }
        let mut text = self.text.get(begin..self.at).unwrap_or_default().to_owned();
        loop {
            match self.byte().ok_or(JsonFault::Ended)? {
                b'"' => {
                    self.at += 1;
                    return Ok(Cow::Owned(text));
                }
                b'\\' => text.push(self.escape()?),
                _ => return Err(JsonFault::Control),
            }
            let begin = self.at;
            self.at += plain(self.rest());
            text.push_str(self.text.get(begin..self.at).unwrap_or_default());
        }
    }

    fn escape(&mut self) -> Result<char, JsonFault> {
        let letter = self.text.as_bytes().get(self.at + 1).copied().ok_or(JsonFault::Ended)?;
        let one = match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(JsonFault::Escape),
        };
        self.at += 2;
        Ok(one)
    }

    /// `\uXXXX`, or two of them for a character beyond the first plane (RFC 8259 section 7).
    fn unicode(&mut self) -> Result<char, JsonFault> {
        let first = self.unit(self.at).ok_or(JsonFault::Escape)?;
        if let Some(one) = char::from_u32(first) {
            self.at += 6;
            return Ok(one);
        }
        let second = self.unit(self.at + 6).ok_or(JsonFault::Surrogate)?;
        let pair = [first, second].map(|unit| u16::try_from(unit).unwrap_or_default());
        match char::decode_utf16(pair).next() {
            Some(Ok(one)) if one.len_utf16() == 2 => {
                self.at += 12;
                Ok(one)
            }
            _ => Err(JsonFault::Surrogate),
        }
    }

    fn unit(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
        if digits.starts_with('+') { None } else { u32::from_str_radix(digits, 16).ok() }
    }
}

/// Whether a text is a number by the grammar of JSON (RFC 8259, section 6), and nothing else.
pub fn is_number(text: &str) -> bool {
    number_len(text.as_bytes()).is_some_and(|(len, _)| len == text.len())
}

/// How many bytes of a number's text there are, and whether it is a whole one without fraction and exponent.
fn number_len(text: &[u8]) -> Option<(usize, bool)> {
    let digits = |from: usize| text.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(text.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || (whole > 1 && text.get(at) == Some(&b'0')) {
        return None;
    }
    at += whole;
    let end = at;
    if text.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        at += 1 + Some(fraction).filter(|count| *count > 0)?;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        at += 1 + sign + Some(exponent).filter(|count| *count > 0)?;
    }
    Some((at, at == end))
}

/// The nearest number that 64 bits have; none beyond their range.
fn number(digits: &str, whole: bool) -> Option<Number> {
    if whole {
        // A minus zero is none of the integers.
        let integer = digits.parse::<u64>().map(Number::from).or_else(|_| digits.parse::<i64>().map(Number::from));
        if let (Ok(integer), false) = (integer, digits == "-0") {
            return Some(integer);
        }
    }
    Number::from_f64(digits.parse().ok()?)
}

/// How many bytes come before a quote, a backslash or a control character: eight at a time.
fn plain(text: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let (chunks, rest) = text.as_chunks::<8>();
    for (index, chunk) in chunks.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk);
        let quote = zero(word ^ (ONES * u64::from(b'"')));
        let backslash = zero(word ^ (ONES * u64::from(b'\\')));
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        // A borrow can mark bytes behind the first one that is found, never one before it.
        let found = (quote | backslash | control) & HIGH;
        if found != 0 {
            return index * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..0x20);
    8 * chunks.len() + rest.iter().position(special).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_every_length_end_where_they_end() {
        for len in 0..40 {
            for end in ['"', '\\', '\n', '\u{0}', '\u{1f}'] {
                let text = format!("{}{end}\"\\ and more of it", "é".repeat(len));
                assert_eq!(plain(text.as_bytes()), 2 * len, "{text:?}");
            }
        }
        assert_eq!(plain(b"\x7f!#[] ~ all of them are plain"), 29);
    }

    #[test]
    fn a_number_is_a_number_alone() {
        for text in ["0", "-0", "10", "1.5", "1e5", "1E+5", "-0.5e-10", "-1e400", "123456789012345678901234567890"] {
            assert!(is_number(text), "{text}");
        }
        for text in
            ["", "-", "01", "+1", ".5", "5.", "1e", "1e+", " 1", "1 ", "1,2", "1 2", "--1", "NaN", "true", "\"1\""]
        {
            assert!(!is_number(text), "{text}");
        }
    }

    #[test]
    fn it_reads_what_serde_json_reads_and_refuses_what_that_refuses() {
        let pieces = [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"a\"",
            "\"b\"",
            "\"\\u00e9\\n\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "\"\\ude00\\ud83d\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\t\"",
            "null",
            "true",
            "false",
            "nul",
            "0",
            "01",
            "-1",
            "-0",
            "-",
            "1.",
            "1.5",
            ".5",
            "1e5",
            "1E+5",
            "1e",
            "1e400",
            "+1",
            " ",
            "\n",
            "18446744073709551616",
            "\"",
            "\u{feff}",
            "-9223372036854775808",
            "-9223372036854775809",
        ];
        let mut random = fastrand::Rng::with_seed(7);
        let mut good = 0;
        for _ in 0..200_000 {
            let text: String = (0..random.usize(1..9)).map(|_| pieces[random.usize(..pieces.len())]).collect();
            let (own, other) = (Parser::read(&text), serde_json::from_str::<serde_json::Value>(&text));
            match (own, other) {
                (Ok(own), Ok(other)) => {
                    assert_eq!(own.value(0), other, "{text}");
                    good += 1;
                }
                (Err(_), Err(_)) => {}
                (Err(error), Ok(_)) => assert!(error.to_string().contains("twice"), "{text}: {error}"),
                (Ok(_), Err(error)) => panic!("{text}: {error}"),
            }
        }
        assert!(good > 1000, "{good}");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let deep = "[".repeat(128);
        for (text, expected) in [
            ("", "it ends too early at line 1 column 1"),
            ("{\n \"a\" 1}", "expected `:` at line 2 column 6"),
            ("{\"é\": tru}", "expected a value at line 1 column 7"),
            (r#""\ud83d b""#, "half of a surrogate pair in a string is no character at line 1 column 2"),
            ("[1e400]", "number out of range at line 1 column 2"),
            (deep.as_str(), "more than 127 levels deep at line 1 column 128"),
            (r#"{"a":1,"a":1}"#, "key `a` twice in the object that ends at line 1 column 14"),
            (r#"[{"a":1,"\u0061":2}]"#, "key `a` twice in the object that ends at line 1 column 20"),
        ] {
            assert_eq!(Parser::read(text).unwrap_err().to_string(), expected, "{text}");
        }
        let many: Vec<_> = (0..100).map(|number| format!("\"k{number}\":1")).collect();
        assert!(Parser::read(&format!("{{{}}}", many.join(","))).is_ok());
        assert!(Parser::read(&format!("{{{},\"k7\":1}}", many.join(","))).is_err());
    }
}
