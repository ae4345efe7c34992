//! The encodings of a secret as a whole that are looked for. Escapes of single characters are not among them: a text is
//! read with all of its escapes decoded (`escape.rs`), so that these forms are found behind any escapes too. Case does
//! not matter to the search.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

type Form = Zeroizing<Vec<u8>>;

/// Longer secrets are keys and certificates in PEM. For them the rarer forms would take megabytes of memory.
const SHORT_MAX: usize = 1024;

pub(super) fn of(secret: &[u8]) -> Vec<Form> {
    let mut forms = vec![Zeroizing::new(secret.to_vec()), listed(secret, "", hex)];
    forms.extend(base64(secret));
    if secret.len() > SHORT_MAX {
        return forms;
    }
    // Dumps and arrays of bytes.
    forms.extend([":", " ", "-"].map(|between| listed(secret, between, hex)));
    // White space behind a comma is left out when a text is read.
    forms.push(listed(secret, ",", |byte| format!("0x{byte:02x}")));
    forms.push(listed(secret, ",", |byte| byte.to_string()));
    forms.extend(base32(secret));
    if let Ok(text) = std::str::from_utf8(secret) {
        let units = || text.encode_utf16();
        forms.push(Zeroizing::new(units().flat_map(u16::to_le_bytes).collect()));
        forms.push(Zeroizing::new(units().flat_map(u16::to_be_bytes).collect()));
        // A text in which it stood escaped, as a whole in base64: no escape is seen there.
        for escaped in [json(text), percent(secret)] {
            if *escaped != *secret {
                forms.extend(base64(&escaped));
            }
        }
    }
    forms
}

fn hex(byte: u8) -> String {
    format!("{byte:02x}")
}

fn listed(secret: &[u8], between: &str, written: fn(u8) -> String) -> Form {
    let mut form = Zeroizing::new(Vec::with_capacity((4 + between.len()) * secret.len()));
    for (index, byte) in secret.iter().enumerate() {
        let separator = if index == 0 { "" } else { between };
        form.extend_from_slice(separator.as_bytes());
        form.extend_from_slice(Zeroizing::new(written(*byte)).as_bytes());
    }
    form
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

/// The same with five bits a character (RFC 4648, section 6).
fn base32(secret: &[u8]) -> Vec<Form> {
    let shifted = (0..5_usize).map(|before| {
        let mut form = Zeroizing::new(Vec::with_capacity(2 * secret.len()));
        // The bits of what stands before in the first character that has some of the secret are left out with it.
        let (mut bits, mut value) = ((before * 8) % 5, 0_u32);
        let mut partial = bits > 0;
        for byte in secret {
            (value, bits) = ((value << 8) | u32::from(*byte), bits + 8);
            while bits >= 5 {
                bits -= 5;
                let digit = ((value >> bits) & 31) as u8;
                if !std::mem::take(&mut partial) {
                    form.push(if digit < 26 { b'a' + digit } else { b'2' + digit - 26 });
                }
            }
            value &= (1 << bits) - 1;
        }
        form
    });
    shifted.collect()
}

/// RFC 3986, section 2.3.
fn percent(secret: &[u8]) -> Form {
    let mut form = Zeroizing::new(Vec::with_capacity(3 * secret.len()));
    for byte in secret {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            form.push(*byte);
        } else {
            form.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    form
}

fn json(text: &str) -> Form {
    let mut form = Zeroizing::new(Vec::with_capacity(2 * text.len()));
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => form.extend_from_slice(&[b'\\', byte]),
            b'\n' => form.extend_from_slice(b"\\n"),
            b'\r' => form.extend_from_slice(b"\\r"),
            b'\t' => form.extend_from_slice(b"\\t"),
            byte if byte.is_ascii_control() => form.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            byte => form.push(byte),
        }
    }
    form
}
