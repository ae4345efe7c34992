use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::*;

fn scrubber(secrets: &[&str]) -> Arc<Scrubber> {
    let secrets: Vec<_> = secrets.iter().map(|secret| Zeroizing::new(secret.as_bytes().to_vec())).collect();
    Arc::new(Scrubber::new(&secrets))
}

/// The text in pieces that end at random places.
fn in_pieces(scrubber: &Arc<Scrubber>, text: &[u8], random: &mut fastrand::Rng) -> Vec<u8> {
    let (mut scrub, mut out, mut rest) = (scrubber.begin(), Vec::new(), text);
    while !rest.is_empty() {
        let most = random.usize(1..40).min(rest.len());
        let (piece, behind) = rest.split_at(random.usize(1..=most));
        out.extend_from_slice(&scrub.push(Bytes::copy_from_slice(piece)));
        rest = behind;
    }
    out.extend_from_slice(&scrub.end());
    out
}

#[test]
fn a_text_without_a_secret_is_the_same_however_it_is_cut() {
    let mut random = fastrand::Rng::with_seed(1);
    // Made of beginnings of the secret, so that much is held back.
    let scrubber = scrubber(&["aaab", "aabaac", "hunter2hunter3"]);
    for _ in 0..2000 {
        let parts = [b"aa".as_slice(), b"hunter2", b"x"];
        let text: Vec<u8> = (0..random.usize(0..200)).flat_map(|_| parts[random.usize(0..3)]).copied().collect();
        // The secrets themselves can't come about: no `b`, and never a 3.
        assert_eq!(in_pieces(&scrubber, &text, &mut random), text);
    }
}

/// A row of a database can be megabytes.
#[test]
fn a_whole_text_without_a_secret_is_not_copied() {
    let scrubber = scrubber(&["hunter2hunter3"]);
    for text in [&b""[..], b"hunter2hunter", b"h", b"hunter2 hunter3 %41", &[0xFF; 1000]] {
        assert!(matches!(scrubber.cleaned(text), Cow::Borrowed(same) if same == text));
    }
    assert_eq!(scrubber.cleaned(b"a hunter2hunter3."), b"a **************.".as_slice());
}

/// At each byte another one ends. All of them are masked, as in pieces.
#[test]
fn a_secret_that_is_found_in_itself_is_masked_once() {
    let secret = "ab".repeat(2_000);
    let scrubber = scrubber(&[&secret]);
    for (text, expected) in [
        (secret.repeat(100), "*".repeat(100 * secret.len())),
        (format!("b{secret}a{secret}-"), format!("b{0}a{0}-", "*".repeat(secret.len()))),
        (
            format!("{secret}ab{secret}-{secret}"),
            format!("{}-{}", "*".repeat(2 * secret.len() + 2), "*".repeat(secret.len())),
        ),
    ] {
        let cleaned = scrubber.clean(text.as_bytes());
        assert!(cleaned == expected.as_bytes(), "{} bytes: {}", text.len(), String::from_utf8_lossy(&cleaned));
        let mut random = fastrand::Rng::with_seed(3);
        assert!(in_pieces(&scrubber, text.as_bytes(), &mut random) == cleaned);
    }
}

/// Every spelling, at every offset, in random noise and random pieces: none of it stays.
#[test]
fn no_spelling_of_a_secret_stays() {
    let mut random = fastrand::Rng::with_seed(2);
    let alphabet: Vec<char> = ('!'..='~').chain(" äß€/+<&\"\\".chars()).collect();
    for round in 0..600 {
        let secret: String = (0..random.usize(8..60)).map(|_| *random.choice(&alphabet).unwrap()).collect();
        let other = "another-secret-value";
        let scrubber = scrubber(&[&secret, other]);
        let bytes = secret.as_bytes();
        let before: Vec<u8> = (0..random.usize(0..7)).map(|_| random.u8(..)).collect();
        let behind: Vec<u8> = (0..random.usize(0..7)).map(|_| random.u8(..)).collect();
        let within = [before.as_slice(), bytes, &behind].concat();
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let percent = |keep: fn(u8) -> bool| {
            bytes
                .iter()
                .map(|byte| if keep(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") })
                .collect::<String>()
        };
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let json = serde_json::to_string(&secret).unwrap();
        let ascii: String = json
            .chars()
            .map(|one| {
                if one.is_ascii() {
                    one.to_string()
                } else {
                    let mut units = [0; 2];
                    one.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04X}")).collect()
                }
            })
            .collect();
        let spellings = [
            secret.clone(),
            secret.to_ascii_uppercase(),
            hex(bytes),
            hex(bytes).to_uppercase(),
            hex(&within),
            STANDARD.encode(bytes),
            URL_SAFE.encode(bytes),
            percent(unreserved),
            percent(|_| false),
            percent(unreserved).replace("%20", "+"),
            percent(unreserved).to_lowercase(),
            json.trim_matches('"').to_owned(),
            json.replace('/', "\\/"),
            ascii,
        ];
        for spelling in &spellings {
            let text = [b"{\"a\": \"".as_slice(), spelling.as_bytes(), b"\"}", other.as_bytes()].concat();
            let out = in_pieces(&scrubber, &text, &mut random);
            assert_eq!(out.len(), text.len());
            let shown = String::from_utf8_lossy(&out).to_lowercase();
            assert!(!shown.contains(&spelling.to_lowercase()), "round {round}: {spelling:?} in {shown:?}");
            assert!(shown.ends_with(&"*".repeat(other.len())), "{shown}");
        }
        // Inside of a longer text in base64, all but the characters at its borders are masked.
        for encoded in [STANDARD.encode(&within), URL_SAFE.encode(&within)] {
            let out = in_pieces(&scrubber, encoded.as_bytes(), &mut random);
            let masked = out.iter().filter(|byte| **byte == MASK).count();
            assert!(masked >= (bytes.len() * 8 - 10) / 6, "round {round}: {masked} of {encoded:?}");
        }
    }
}

#[test]
fn a_piece_without_a_trace_is_not_copied_and_not_held() {
    let mut scrub = scrubber(&["sesame open"]).begin();
    let piece = Bytes::from_static(b"data: nothing here\n\n");
    assert_eq!(scrub.push(piece.clone()).as_ptr(), piece.as_ptr());
    // The beginning of a secret waits for what follows.
    assert_eq!(scrub.push(Bytes::from_static(b"data: ses")), "data: ");
    assert_eq!(scrub.push(Bytes::from_static(b"ame open!")), "***********!");
    assert_eq!(scrub.push(Bytes::from_static(b"sesame")), "");
    assert_eq!(scrub.end(), "sesame");
}

#[test]
fn headers_are_cleaned_and_one_that_is_named_by_a_secret_goes() {
    let scrubber = scrubber(&["hunter2hunter"]);
    let mut headers = HeaderMap::new();
    headers.insert("x-echo", "Bearer hunter2hunter".parse().unwrap());
    headers.append("x-echo", "aHVudGVyMmh1bnRlcg==".parse().unwrap());
    headers.insert("x-hunter2hunter", "1".parse().unwrap());
    headers.insert("x-plain", "1".parse().unwrap());
    scrubber.clean_headers(&mut headers);
    let values: Vec<_> = headers.get_all("x-echo").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(values, ["Bearer *************", "******************=="]);
    assert!(headers.len() == 3 && headers["x-plain"] == "1");
}

#[test]
fn short_values_are_no_secrets() {
    assert_eq!(scrubber(&["abc", ""]).clean(b"abcabc"), b"abcabc");
    assert_eq!(scrubber(&["ab3d"]).clean(b"ab3dab3"), b"****ab3");
}

#[test]
fn it_is_printed_without_what_it_looks_for() {
    assert_eq!(format!("{:?}", scrubber(&["correct-horse"])), "Scrubber(…)");
}

#[test]
fn words_dates_and_short_numbers_are_no_secrets_that_answers_could_reveal() {
    for guessed in ["admin", "Customer", "ROOT", "password", "2021-01-11", "12:30:45", "20210111", "+49 30 12"] {
        let scrubber = Arc::new(Scrubber::new(&[Zeroizing::new(guessed.as_bytes().to_vec())]));
        let answer = format!("{{\"role\":\"{guessed}\"}}");
        assert_eq!(scrubber.clean(answer.as_bytes()), answer.as_bytes(), "{guessed}");
    }
    for secret in [
        "hunter2",
        "pw-practice",
        "aBcDeF",
        "abcdefghi",
        "Administrator",
        "1234567890",
        "202101111230",
        "admin1",
        "s3cret",
    ] {
        let scrubber = Arc::new(Scrubber::new(&[Zeroizing::new(secret.as_bytes().to_vec())]));
        assert_eq!(scrubber.clean(secret.as_bytes()), vec![b'*'; secret.len()], "{secret}");
    }
}

#[test]
fn a_text_full_of_escapes_is_the_same_however_it_is_cut() {
    let mut random = fastrand::Rng::with_seed(5);
    let scrubber = scrubber(&["+/+%2B\\u", "a+b=c&d", "hunter2hunter3"]);
    let parts = ["\\", "%", "&", "=", "\\u00", "%2", "2B", "&#4", "3;", "&am", "p;", "+", "a", "\\ud83d", "\n", "\r"];
    for _ in 0..3000 {
        let text: String = (0..random.usize(0..120)).map(|_| *random.choice(&parts).unwrap()).collect();
        let (whole, pieces) = (scrubber.clean(text.as_bytes()), in_pieces(&scrubber, text.as_bytes(), &mut random));
        assert_eq!(String::from_utf8_lossy(&pieces), String::from_utf8_lossy(&whole), "{text:?}");
        // No secret comes about without a `b`, but for the first.
        if !text.contains('2') {
            assert_eq!(String::from_utf8_lossy(&whole), text);
        }
    }
}

/// The time grows with the length, whatever the text is: no escape makes it read again what it has read.
#[test]
fn the_ways_to_read_a_text_are_bounded() {
    let once = "%41\\u0041&amp;%2541\\\\u0041+/=";
    let (secret, without_first) = (once.repeat(3), format!("41{once}{once}"));
    for part in ["\\", "%25", "%2525", "&amp;amp;", "\\\\u0041", once, "=\n", "%25%34%31"] {
        let mut scrub = scrubber(&[&secret, &without_first]).begin();
        for byte in part.repeat(200).bytes() {
            scrub.push(Bytes::copy_from_slice(&[byte]));
            assert!(scrub.reading.as_ref().unwrap().ways() <= reading::WAYS_MAX, "{part}");
            assert!(scrub.held.len() <= 12 * 2 * secret.len(), "{part}: {}", scrub.held.len());
        }
    }
}

/// Who makes a text ambiguous for as long as they can gets no time of the host for it, and no secret either.
#[test]
fn a_text_that_was_ambiguous_for_long_is_read_on_with_fewer_ways() {
    let mut scrub = scrubber(&["hunter2+hunter3"]).begin();
    for part in ["\\", "%25%34%31", "&amp;amp;", "\\\\x%5c&#92;=5c"] {
        scrub.push(Bytes::from(part.repeat(300_000 / part.len())));
        assert!(scrub.reading.as_ref().unwrap().ways() <= 2, "{part}");
        for spelling in ["hunter2+hunter3", "hunter2\\u002Bhunter3", "hunter2%2bhunter%33", "aHVudGVyMitodW50ZXIz"] {
            scrub.push(Bytes::from_static(b" "));
            let shown = [scrub.push(Bytes::from(spelling)), scrub.push(Bytes::from_static(b" "))].concat();
            assert_eq!(shown, ["*".repeat(spelling.len()).as_bytes(), b" "].concat(), "{part} {spelling}");
        }
    }
}

mod spellings;
