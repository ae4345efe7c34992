//! Text and bytes: UTF-8, and base64 in both of its forms.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use rquickjs::{Ctx, Function, Object, Value, qjs};

use super::{Bytes, of};

/// As `atob` decodes (the "forgiving" rules of the Infra standard).
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

pub(super) fn install<'js>(ctx: &Ctx<'js>, functions: &Object<'js>) -> rquickjs::Result<()> {
    functions.set("encode", Function::new(ctx.clone(), encode)?)?;
    functions.set("latin1", Function::new(ctx.clone(), latin1)?)?;
    functions.set("toBase64", Function::new(ctx.clone(), to_base64)?)?;
    functions.set("toBase64Url", Function::new(ctx.clone(), to_base64_url)?)?;
    functions.set("fromBase64", Function::new(ctx.clone(), from_base64)?)
}

/// The UTF-8 of a text; a lone surrogate becomes U+FFFD.
fn encode<'js>(ctx: Ctx<'js>, text: Value<'js>) -> rquickjs::Result<Bytes<'js>> {
    Bytes::new(ctx.clone(), text_of(&ctx, &text)?.into_bytes())
}

/// A text of JavaScript as one of Rust.
pub(super) fn text_of<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<String> {
    let bytes = read(ctx, value, <[u8]>::to_vec)?;
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| without_surrogates(error.as_bytes())))
}

/// Reads a text of JavaScript. QuickJS gives lone surrogates in WTF-8, three bytes each.
pub(super) fn read<'js, T>(ctx: &Ctx<'js>, value: &Value<'js>, work: impl FnOnce(&[u8]) -> T) -> rquickjs::Result<T> {
    let mut length = 0;
    // SAFETY: the text lives until it is freed, and `work` can keep nothing of it.
    unsafe {
        let pointer = qjs::JS_ToCStringLen(ctx.as_raw().as_ptr(), &mut length, value.as_raw());
        if pointer.is_null() {
            return Err(rquickjs::Error::Exception);
        }
        let read = work(std::slice::from_raw_parts(pointer.cast::<u8>(), length as usize));
        qjs::JS_FreeCString(ctx.as_raw().as_ptr(), pointer);
        Ok(read)
    }
}

/// Each lone surrogate becomes one U+FFFD.
fn without_surrogates(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(valid) => {
                text.push_str(valid);
                return text;
            }
            Err(error) => {
                let (valid, broken) = rest.split_at(error.valid_up_to());
                text.push_str(&String::from_utf8_lossy(valid));
                text.push('\u{fffd}');
                let is_surrogate = matches!(broken, [0xed, 0xa0..=0xbf, ..]);
                rest = &broken[if is_surrogate { broken.len().min(3) } else { 1 }..];
            }
        }
    }
}

/// A text with a character for each byte, as `atob` gives it.
fn latin1<'js>(ctx: Ctx<'js>, bytes: Bytes<'js>) -> rquickjs::Result<String> {
    Ok(of(&ctx, &bytes)?.iter().map(|byte| char::from(*byte)).collect())
}

fn to_base64<'js>(ctx: Ctx<'js>, bytes: Bytes<'js>) -> rquickjs::Result<String> {
    Ok(BASE64_STANDARD.encode(of(&ctx, &bytes)?))
}

fn to_base64_url<'js>(ctx: Ctx<'js>, bytes: Bytes<'js>) -> rquickjs::Result<String> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(of(&ctx, &bytes)?))
}

/// `None`: the text is no base64.
fn from_base64(ctx: Ctx<'_>, text: String) -> rquickjs::Result<Option<Bytes<'_>>> {
    let text: String = text.chars().filter(|char| !matches!(char, ' ' | '\t' | '\n' | '\r' | '\u{c}')).collect();
    // Padding is all there or not at all.
    if text.len() % 4 == 1 || (text.ends_with('=') && text.len() % 4 != 0) {
        return Ok(None);
    }
    FORGIVING.decode(text).ok().map(|bytes| Bytes::new(ctx, bytes)).transpose()
}
