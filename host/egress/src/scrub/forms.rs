//! The spellings of a secret that are looked for. Case does not matter to the search, so hex and percent-encoding have
//! one form each.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

type Form = Zeroizing<Vec<u8>>;

pub(super) fn of(secret: &[u8]) -> Vec<Form> {
    let mut forms = vec![Zeroizing::new(secret.to_vec()), hex(secret)];
    forms.extend(base64(secret));
    // RFC 3986; what JavaScript's encodeURIComponent leaves; forms, with a plus for a blank, as browsers and as Python write
    // them; and every byte.
    forms.push(percent(secret, b"-._~", false));
    forms.push(percent(secret, b"-._~!'()*", false));
    forms.push(percent(secret, b"-._*", true));
    forms.push(percent(secret, b"-._~", true));
    forms.push(percent(secret, b"", false));
    if let Ok(text) = std::str::from_utf8(secret) {
        // As short as it can be, with `\/`, as Python writes it (ASCII alone), and as Go does (fit for HTML).
        for (slash, ascii, html) in [
            (false, false, false),
            (true, false, false),
            (false, true, false),
            (true, true, false),
            (false, false, true),
        ] {
            forms.push(json(text, slash, ascii, html));
        }
    }
    forms
}

fn hex(secret: &[u8]) -> Form {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
    Zeroizing::new(secret.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect())
}

/// The characters that the secret alone decides, after none, one or two bytes of something else; and those of the whole.
fn base64(secret: &[u8]) -> Vec<Form> {
    let mut forms = Vec::new();
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        forms.push(Zeroizing::new(engine.encode(secret).into_bytes()));
        for before in 0..3_usize {
            let mut text = Zeroizing::new(vec![0; before]);
            text.extend_from_slice(secret);
            let encoded = Zeroizing::new(engine.encode(text.as_slice()).into_bytes());
            // A character has six bits: the first that has none of what stands before, the last that has none behind.
            let first = (before * 8).div_ceil(6);
            let last = text.len() * 8 / 6;
            forms.extend(encoded.get(first..last).map(|form| Zeroizing::new(form.to_vec())));
        }
    }
    forms
}

fn percent(secret: &[u8], kept: &[u8], plus: bool) -> Form {
    let alphanumeric = !kept.is_empty();
    let mut form = Zeroizing::new(Vec::with_capacity(3 * secret.len()));
    for byte in secret {
        match byte {
            b' ' if plus => form.push(b'+'),
            byte if (alphanumeric && byte.is_ascii_alphanumeric()) || kept.contains(byte) => form.push(*byte),
            byte => {
                form.push(b'%');
                form.extend_from_slice(&hex(&[*byte]));
            }
        }
    }
    form
}

fn json(text: &str, slash: bool, ascii: bool, html: bool) -> Form {
    let mut form = Zeroizing::new(Vec::with_capacity(6 * text.len()));
    let mut units = [0; 2];
    for one in text.chars() {
        match one {
            '"' => form.extend_from_slice(b"\\\""),
            '\\' => form.extend_from_slice(b"\\\\"),
            '/' if slash => form.extend_from_slice(b"\\/"),
            '\n' => form.extend_from_slice(b"\\n"),
            '\r' => form.extend_from_slice(b"\\r"),
            '\t' => form.extend_from_slice(b"\\t"),
            '\u{8}' => form.extend_from_slice(b"\\b"),
            '\u{c}' => form.extend_from_slice(b"\\f"),
            one if one.is_control() || (ascii && !one.is_ascii()) || (html && "<>&\u{2028}\u{2029}".contains(one)) => {
                for unit in one.encode_utf16(&mut units) {
                    form.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                }
            }
            one => form.extend_from_slice(one.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    form
}
