//! The spellings of a secret by the encoders that programs have, in each other and cut anywhere: nothing of it stays.

use super::*;

/// How one character is written.
struct Escaper(&'static str, fn(char) -> String);

fn units(one: char, written: fn(u16) -> String) -> String {
    one.encode_utf16(&mut [0; 2]).iter().map(|unit| written(*unit)).collect()
}

fn bytes(one: char, written: fn(u8) -> String) -> String {
    one.encode_utf8(&mut [0; 4]).bytes().map(written).collect()
}

fn named(one: char) -> String {
    let name = match one {
        '&' => "amp",
        '<' => "lt",
        '"' => "quot",
        '\'' => "apos",
        '+' => "plus",
        '/' => "sol",
        '=' => "equals",
        '\\' => "bsol",
        '%' => "percnt",
        'ä' => "auml",
        'é' => "eacute",
        one => return format!("&#{};", u32::from(one)),
    };
    format!("&{name};")
}

const ESCAPERS: [Escaper; 20] = [
    Escaper("\\u00e4", |one| units(one, |unit| format!("\\u{unit:04x}"))),
    Escaper("\\u00E4", |one| units(one, |unit| format!("\\u{unit:04X}"))),
    Escaper("\\u00eF", |one| units(one, |unit| format!("\\u{:03x}{:X}", unit >> 4, unit & 15))),
    Escaper("\\xe4 of bytes", |one| bytes(one, |byte| format!("\\x{byte:02x}"))),
    Escaper("\\xE4 or \\u20AC", |one| {
        if u32::from(one) < 256 {
            format!("\\x{:02X}", u32::from(one))
        } else {
            units(one, |unit| format!("\\u{unit:04X}"))
        }
    }),
    Escaper("\\u{e4}", |one| format!("\\u{{{:x}}}", u32::from(one))),
    Escaper("\\U000000e4", |one| format!("\\U{:08x}", u32::from(one))),
    Escaper("octal", |one| bytes(one, |byte| format!("\\{byte:03o}"))),
    Escaper("%e4", |one| bytes(one, |byte| format!("%{byte:02x}"))),
    Escaper("%E4", |one| bytes(one, |byte| format!("%{byte:02X}"))),
    Escaper("%u00E4", |one| units(one, |unit| format!("%u{unit:04X}"))),
    Escaper("form", |one| if one == ' ' { "+".to_owned() } else { bytes(one, |byte| format!("%{byte:02X}")) }),
    Escaper("&#228;", |one| format!("&#{};", u32::from(one))),
    Escaper("&#0228;", |one| format!("&#{:05};", u32::from(one))),
    Escaper("&#xe4;", |one| format!("&#x{:x};", u32::from(one))),
    Escaper("&#XE4;", |one| format!("&#X{:04X};", u32::from(one))),
    Escaper("&auml;", named),
    Escaper("=E4", |one| bytes(one, |byte| format!("={byte:02X}"))),
    Escaper("JSON", |one| {
        let quoted = serde_json::to_string(&one).unwrap();
        let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap();
        inner.replace('/', "\\/")
    }),
    Escaper("backslash", |one| if one.is_ascii_punctuation() { format!("\\{one}") } else { one.to_string() }),
];

/// Which characters are written so; the others stay.
type Which = (&'static str, fn(char) -> bool);

const WHICH: [Which; 7] = [
    ("all", |_| true),
    ("RFC 3986", |one| !one.is_ascii_alphanumeric() && !"-._~".contains(one)),
    ("encodeURIComponent", |one| !one.is_ascii_alphanumeric() && !"-._~!'()*".contains(one)),
    ("encodeURI", |one| !one.is_ascii_alphanumeric() && !"-._~!'()*;/?:@&=+$,#".contains(one)),
    ("PathEscape", |one| !one.is_ascii_alphanumeric() && !"-._~$&+=:@".contains(one)),
    ("quote", |one| !one.is_ascii_alphanumeric() && !"-._~/".contains(one)),
    ("for HTML", |one| !one.is_ascii() || "<>&'\"+`\\".contains(one)),
];

/// Some with everything that encoders treat differently, among it what looks like an escape.
const SECRETS: [&str; 4] =
    ["Xk7+aB/9==q&T<v>", "p\\n%41 &amp;\\u0041'\"x9", "sch\u{e4}dlich-é€😀=ja", "abcdefghij0123456789"];

fn escaped(text: &str, escaper: &Escaper, which: &Which) -> String {
    text.chars().map(|one| if (which.1)(one) { (escaper.1)(one) } else { one.to_string() }).collect()
}

/// A spelling is masked as a whole, and what stands around it is not touched.
#[track_caller]
fn is_masked(scrubber: &Arc<Scrubber>, spelling: &str, what: &str, random: &mut fastrand::Rng) {
    let text = format!("<p>{{\"is\": \"{spelling}\"}}\n");
    let out = in_pieces(scrubber, text.as_bytes(), random);
    let expected = format!("<p>{{\"is\": \"{}\"}}\n", "*".repeat(spelling.len()));
    assert_eq!(String::from_utf8_lossy(&out), expected, "{what} of {text:?}");
}

#[test]
fn escapes_of_any_kind_hide_nothing() {
    let mut random = fastrand::Rng::with_seed(3);
    let mut tried = 0;
    for secret in SECRETS {
        let scrubber = scrubber(&[secret]);
        for escaper in &ESCAPERS {
            for which in &WHICH {
                let once = escaped(secret, escaper, which);
                let what = format!("{} ({})", escaper.0, which.0);
                is_masked(&scrubber, &once, &what, &mut random);
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 560);
}

/// As when a URL stands in JSON that stands in HTML.
#[test]
fn escapes_of_escapes_hide_nothing() {
    let mut random = fastrand::Rng::with_seed(4);
    for secret in SECRETS {
        let scrubber = scrubber(&[secret]);
        for (inner, outer) in ESCAPERS.iter().flat_map(|inner| ESCAPERS.iter().map(move |outer| (inner, outer))) {
            for which in [&WHICH[0], &WHICH[1], &WHICH[6]] {
                let twice = escaped(&escaped(secret, inner, which), outer, which);
                let what = format!("{} in {} ({})", inner.0, outer.0, which.0);
                is_masked(&scrubber, &twice, &what, &mut random);
            }
        }
    }
}

/// Each character in another way.
#[test]
fn a_mix_of_escapes_hides_nothing() {
    let mut random = fastrand::Rng::with_seed(6);
    for _ in 0..500 {
        let secret = *random.choice(&SECRETS).unwrap();
        let mixed = |random: &mut fastrand::Rng| -> String {
            let mut one = |one: char| match random.bool() && !"\\%&".contains(one) {
                true => one.to_string(),
                false => (random.choice(&ESCAPERS[..18]).unwrap().1)(one),
            };
            secret.chars().map(&mut one).collect()
        };
        let text = mixed(&mut random);
        is_masked(&scrubber(&[secret]), &text, "a mix", &mut random);
    }
}

#[test]
fn encodings_of_the_whole_hide_nothing_behind_escapes_either() {
    let mut random = fastrand::Rng::with_seed(7);
    for secret in SECRETS {
        let scrubber = scrubber(&[secret]);
        let raw = secret.as_bytes();
        let listed = |between: &str, written: fn(u8) -> String| {
            raw.iter().map(|byte| written(*byte)).collect::<Vec<_>>().join(between)
        };
        let mixed = listed("", |byte| format!("{:x}{:X}", byte >> 4, byte & 15));
        for whole in [
            STANDARD.encode(raw).trim_end_matches('=').to_owned(),
            URL_SAFE.encode(raw).trim_end_matches('=').to_owned(),
            listed("", |byte| format!("{byte:02x}")),
            listed("", |byte| format!("{byte:02X}")),
            mixed,
            listed(":", |byte| format!("{byte:02X}")),
            listed(" ", |byte| format!("{byte:02x}")),
            listed("-", |byte| format!("{byte:02x}")),
            listed(", ", |byte| format!("0x{byte:02x}")),
            listed(", ", |byte| byte.to_string()),
            listed(",", |byte| byte.to_string()),
            listed(",\t", |byte| byte.to_string()),
            listed(",\n    ", |byte| byte.to_string()),
            listed(",\r\n  ", |byte| format!("0x{byte:02x}")),
            base32(raw),
            base32(raw).to_lowercase(),
        ] {
            is_masked(&scrubber, &whole, "the whole", &mut random);
            for (escaper, which) in ESCAPERS.iter().flat_map(|escaper| WHICH.iter().map(move |which| (escaper, which)))
            {
                let what = format!("the whole, {} ({})", escaper.0, which.0);
                is_masked(&scrubber, &escaped(&whole, escaper, which), &what, &mut random);
            }
        }
    }
}

fn base32(bytes: &[u8]) -> String {
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| (byte >> bit) & 1)).collect();
    let digit = |bits: &[u8]| bits.iter().chain(&[0; 5]).take(5).fold(0, |value, bit| value * 2 + bit);
    // The last digit has bits of what follows.
    bits.chunks_exact(5).map(|five| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[usize::from(digit(five))])).collect()
}

/// At each offset in a longer text that is encoded as a whole, also one in which the secret was escaped, and in lines as
/// mail, PEM and Python's `encodebytes` have them. The characters at the borders hold bits of their neighbours and stay.
#[test]
fn a_text_in_base64_hides_nothing_at_any_offset_or_line() {
    let mut random = fastrand::Rng::with_seed(8);
    let long = "k9".repeat(120);
    for secret in SECRETS.into_iter().chain([long.as_str()]) {
        let scrubber = scrubber(&[secret]);
        let json = serde_json::to_string(secret).unwrap();
        for (before, inner) in (0..80).flat_map(|before| [(before, secret), (before, json.trim_matches('"'))]) {
            let text = format!("{}{inner}!!", "-".repeat(before));
            for encoded in [STANDARD.encode(&text), URL_SAFE.encode(&text)] {
                for (width, end) in [(1000, ""), (76, "\n"), (76, "\r\n"), (64, "\n"), (60, "\\n")] {
                    let lines: Vec<_> = encoded.as_bytes().chunks(width).map(String::from_utf8_lossy).collect();
                    let out = in_pieces(&scrubber, lines.join(end).as_bytes(), &mut random);
                    let shown = String::from_utf8(out).unwrap();
                    let masked = shown.bytes().filter(|byte| *byte == MASK).count();
                    assert!(masked >= (inner.len() * 8 - 10) / 6, "{before} {width} {end:?}: {shown}");
                    assert!(masked <= inner.len() * 8 / 6 + 1 + 2 * end.len() * (1 + inner.len() / 30), "{shown}");
                }
            }
        }
    }
}
