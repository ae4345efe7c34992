//! Bytes to text, by the Encoding standard: `TextDecoder`, and bodies by the encoding that they say they have.

use std::cell::RefCell;

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8};
use rquickjs::{Ctx, Exception, Function, Object};

use super::{Bytes, of};

/// How much of an encoding's name a message shows.
const SHOWN: usize = 40;

pub(super) fn install<'js>(ctx: &Ctx<'js>, functions: &Object<'js>) -> rquickjs::Result<()> {
    functions.set("encodingOf", Function::new(ctx.clone(), encoding_of)?)?;
    functions.set("decode", Function::new(ctx.clone(), decode)?)?;
    functions.set("decodeBody", Function::new(ctx.clone(), decode_body)?)?;
    functions.set("openDecoder", Function::new(ctx.clone(), open)?)?;
    functions.set("decodeNext", Function::new(ctx.clone(), next)?)
}

/// The name of an encoding by one of its labels; none if the standard has no such, or only to refuse it.
fn encoding_of(label: String) -> Option<String> {
    Encoding::for_label_no_replacement(label.as_bytes()).map(|encoding| encoding.name().to_ascii_lowercase())
}

/// The text of UTF-8, each part that is none as U+FFFD.
fn decode<'js>(ctx: Ctx<'js>, bytes: Bytes<'js>) -> rquickjs::Result<String> {
    Ok(String::from_utf8_lossy(of(&ctx, &bytes)?).into_owned())
}

/// The text of a body: by its byte order mark, which is taken out, else by the encoding that it says it has, else UTF-8. JSON
/// is UTF-8 (RFC 8259 section 8.1) unless it can't be. What is not of the encoding throws.
fn decode_body<'js>(
    ctx: Ctx<'js>,
    bytes: Bytes<'js>,
    label: Option<String>,
    is_json: bool,
) -> rquickjs::Result<String> {
    let bytes = of(&ctx, &bytes)?;
    if is_json && let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned());
    }
    let encoding = match label {
        None => UTF_8,
        Some(label) => Encoding::for_label(label.as_bytes()).ok_or_else(|| {
            let shown: String = label.chars().take(SHOWN).flat_map(char::escape_debug).collect();
            let text = format!(
                "the content type of the body names the encoding `{shown}`, which is not known: read its `bytes()`"
            );
            Exception::throw_type(&ctx, &text)
        })?,
    };
    let (text, used, is_malformed) = encoding.decode(bytes);
    if is_malformed {
        let name = used.name();
        let text = format!(
            "the body is not {name}, and its content type names no other encoding: decode its `bytes()` with a `TextDecoder`"
        );
        return Err(Exception::throw_type(&ctx, &text));
    }
    Ok(text.into_owned())
}

thread_local! {
    /// Texts that are decoded in parts, by the number that the library has of each.
    static OPEN: RefCell<Vec<Option<Decoder>>> = const { RefCell::new(Vec::new()) };
}

/// Begins a text; gives its number. `keeps_mark`: a byte order mark is a part of it.
fn open(ctx: Ctx<'_>, name: String, keeps_mark: bool) -> rquickjs::Result<usize> {
    let encoding = Encoding::for_label(name.as_bytes());
    let encoding = encoding.ok_or_else(|| Exception::throw_range(&ctx, "TextDecoder: the encoding is not known"))?;
    let decoder = match keeps_mark {
        true => encoding.new_decoder_without_bom_handling(),
        false => encoding.new_decoder_with_bom_removal(),
    };
    Ok(OPEN.with_borrow_mut(|open| {
        // A text that is over leaves its number to the next one.
        let free = open.iter().position(Option::is_none).unwrap_or(open.len());
        match open.get_mut(free) {
            Some(slot) => *slot = Some(decoder),
            None => open.push(Some(decoder)),
        }
        free
    }))
}

/// The next part of a text. `is_last`: the text is over. `is_fatal`: what is not of the encoding throws, and the text is over.
fn next<'js>(
    ctx: Ctx<'js>,
    number: usize,
    bytes: Bytes<'js>,
    is_last: bool,
    is_fatal: bool,
) -> rquickjs::Result<String> {
    let taken = OPEN.with_borrow_mut(|open| open.get_mut(number).and_then(Option::take));
    let mut decoder = taken.ok_or_else(|| Exception::throw_internal(&ctx, "TextDecoder: the text is over"))?;
    let (mut text, mut is_malformed) = (String::new(), false);
    let mut rest = of(&ctx, &bytes)?;
    loop {
        text.reserve(rest.len() + ROOM);
        let (result, read, replaced) = decoder.decode_to_string(rest, &mut text, is_last);
        rest = rest.get(read..).unwrap_or_default();
        is_malformed |= replaced;
        match result {
            CoderResult::InputEmpty => break,
            CoderResult::OutputFull => {}
        }
    }
    if is_malformed && is_fatal {
        let text = format!("the bytes are not {}", decoder.encoding().name().to_ascii_lowercase());
        return Err(Exception::throw_type(&ctx, &text));
    }
    if !is_last {
        OPEN.with_borrow_mut(|open| {
            if let Some(slot) = open.get_mut(number) {
                *slot = Some(decoder);
            }
        });
    }
    Ok(text)
}

/// Bytes of text beyond those that are read, for which there is room at once: characters of other encodings are longer in UTF-8.
const ROOM: usize = 64;
