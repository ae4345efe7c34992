//! The members of a JSON text's objects. Of two with one name a parser keeps the last, and nobody learns of the other.

use std::borrow::Cow;

/// A name as bytes. What is no text, half of a surrogate pair, has three bytes of its own.
type Name<'t> = Cow<'t, [u8]>;

/// A name that an object of the text has twice. Whether the text is JSON is for its parser to say.
pub(crate) fn twice(text: &str) -> Option<String> {
    let text = text.as_bytes();
    // Where the names of each open container begin; a list has none.
    let mut open: Vec<Option<usize>> = Vec::new();
    let (mut names, mut at): (Vec<Name<'_>>, usize) = (Vec::new(), 0);
    // Behind `{`, and behind `,` in an object.
    let mut before_name = false;
    while let Some(byte) = text.get(at) {
        at += 1;
        match byte {
            b'{' => {
                open.push(Some(names.len()));
                before_name = true;
            }
            b'[' => {
                open.push(None);
                before_name = false;
            }
            b',' => before_name = matches!(open.last(), Some(Some(_))),
            b'"' => {
                let end = at + string_len(text.get(at..).unwrap_or_default());
                if before_name {
                    names.push(unescaped(text.get(at..end).unwrap_or_default()));
                }
                (at, before_name) = (end + 1, false);
            }
            b'}' | b']' => {
                if let Some(Some(begin)) = open.pop() {
                    let own = names.get_mut(begin..).unwrap_or_default();
                    own.sort_unstable();
                    if let Some([one, _]) = own.windows(2).find(|pair| matches!(pair, [one, other] if one == other)) {
                        return Some(String::from_utf8_lossy(one).into_owned());
                    }
                    names.truncate(begin);
                }
                before_name = false;
            }
            _ => {}
        }
    }
    None
}

/// Bytes up to the quotation mark that ends a string.
fn string_len(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match text.get(at) {
            None => return text.len(),
            Some(b'"') => return at,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
        }
    }
}

fn unescaped(raw: &[u8]) -> Name<'_> {
    if !raw.contains(&b'\\') {
        return Cow::Borrowed(raw);
    }
    let (mut name, mut rest) = (Vec::with_capacity(raw.len()), raw);
    while let [first, behind @ ..] = rest {
        rest = match (first, behind) {
            (b'\\', [b'u', behind @ ..]) => {
                let (unit, behind) = unit(behind);
                match (unit, behind) {
                    (0xd800..0xdc00, [b'\\', b'u', low @ ..]) if matches!(self::unit(low).0, 0xdc00..0xe000) => {
                        let (low, behind) = self::unit(low);
                        push(&mut name, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
                        behind
                    }
                    _ => {
                        push(&mut name, unit);
                        behind
                    }
                }
            }
            (b'\\', [letter, behind @ ..]) => {
                name.push(match letter {
                    b'b' => 0x8,
                    b'f' => 0xc,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    other => *other,
                });
                behind
            }
            _ => {
                name.push(*first);
                behind
            }
        };
    }
    Cow::Owned(name)
}

/// The four hex digits of an escape, and what is behind them.
fn unit(text: &[u8]) -> (u32, &[u8]) {
    let (digits, behind) = text.split_at(text.len().min(4));
    let unit = digits.iter().fold(0, |unit, digit| (unit << 4) | char::from(*digit).to_digit(16).unwrap_or_default());
    (unit, behind)
}

fn push(name: &mut Vec<u8>, code: u32) {
    match char::from_u32(code) {
        Some(char) => name.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        None => {
            name.extend([0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)].map(|byte| byte as u8))
        }
    }
}
