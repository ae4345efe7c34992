//! Cleans what comes back of the secrets that were sent: whoever echoes a credential must not hand it to a guest. The
//! exact value is found, and its base64 (at every offset, standard and URL-safe), base32 and hex (`forms.rs`), in any
//! case, behind any escapes (`escape.rs`), also one in the other, and across the borders of pieces. Found bytes become
//! `*`, one for one, so that lengths stay true; what a secret's length says is known to whoever sees the length of the
//! answer.
//!
//! An upstream that transforms a secret in another way can still reveal it. A secret that is a word or a short number is
//! not looked for: answers have those by themselves, and what they say must not change.

mod automaton;
mod escape;
mod forms;
mod reading;

use std::borrow::Cow;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue};
use zeroize::Zeroizing;

use automaton::Automaton;
use reading::Reading;

/// Shorter values are in every answer by chance, and nobody takes them for a secret.
const SECRET_MIN_BYTES: usize = 4;
/// Letters of one word: what is not longer stands in answers with a meaning of its own (`admin`, `password`). Eight random
/// letters are 37 bits, which a server that limits attempts can hold for a password, and few keys are so short.
const WORD_MAX: usize = 8;
/// Digits of a date, and with what stands between them.
const DIGITS_MAX: usize = 8;
const NUMBER_MAX: usize = 10;
const MASK: u8 = b'*';

/// Finds some secrets in any number of texts.
pub(crate) struct Scrubber {
    automaton: Option<Automaton>,
    /// Secrets that are digits and nothing else.
    numbers: Vec<Zeroizing<Vec<u8>>>,
}

impl Scrubber {
    /// For some secrets.
    pub(crate) fn new(secrets: &[Zeroizing<Vec<u8>>]) -> Self {
        let secrets = || secrets.iter().filter(|secret| secret.len() >= SECRET_MIN_BYTES && !is_guessed(secret));
        let mut forms: Vec<Zeroizing<Vec<u8>>> = secrets().flat_map(|secret| forms::of(secret)).collect();
        forms.retain(|form| form.len() >= SECRET_MIN_BYTES);
        let numbers = secrets().filter(|secret| secret.iter().all(u8::is_ascii_digit)).cloned().collect();
        Self { automaton: Automaton::new(forms), numbers }
    }

    /// Whether there is nothing to look for.
    pub(crate) fn is_empty(&self) -> bool {
        self.automaton.is_none()
    }

    /// Begins a text.
    pub(crate) fn begin(self: &Arc<Self>) -> Scrub {
        let reading = self.automaton.as_ref().map(Reading::begin);
        Scrub { scrubber: Arc::clone(self), reading, passed: 0, held: BytesMut::new() }
    }

    /// Cleans a text that is there as a whole.
    pub(crate) fn clean(&self, text: &[u8]) -> Vec<u8> {
        self.cleaned(text).into_owned()
    }

    /// The same without a copy of a text in which nothing is found.
    pub(crate) fn cleaned<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        let mut cleaned = Cow::Borrowed(text);
        let Some(automaton) = &self.automaton else { return cleaned };
        let (mut reading, mut found, mut masked) = (Reading::begin(automaton), Vec::new(), Masked::default());
        for byte in text {
            reading.push(automaton, *byte, &mut found);
            for (from, to) in found.drain(..) {
                masked.mask(cleaned.to_mut(), from, to);
            }
        }
        cleaned
    }

    /// The same for a text in UTF-8.
    pub(crate) fn clean_text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.clean(text.as_bytes())).into_owned()
    }

    /// Whether the digits of a number have a secret in them. To mask a part of a number would make it another one, so that
    /// whoever reads it refuses it; of the encodings of a secret a number is none.
    pub(crate) fn is_in_number(&self, number: &str) -> bool {
        self.numbers.iter().any(|secret| number.as_bytes().windows(secret.len()).any(|part| part == secret.as_slice()))
    }

    /// Cleans the values of headers. One whose name holds a secret goes.
    pub(crate) fn clean_headers(&self, headers: &mut HeaderMap) {
        if self.automaton.is_none() {
            return;
        }
        let named: Vec<_> = headers
            .keys()
            .filter(|name| matches!(self.cleaned(name.as_str().as_bytes()), Cow::Owned(_)))
            .cloned()
            .collect();
        named.iter().for_each(|name| drop(headers.remove(name)));
        for value in headers.values_mut() {
            if let Cow::Owned(cleaned) = self.cleaned(value.as_bytes()) {
                // The mask is a character that every value may have.
                *value = HeaderValue::from_bytes(&cleaned).unwrap_or_else(|_| HeaderValue::from_static("***"));
            }
        }
    }
}

/// Whether a secret is one that answers have by themselves: a word, a date or a short number. To mask it would change
/// data without hiding anything from who can guess it.
fn is_guessed(secret: &[u8]) -> bool {
    let word = secret.len() <= WORD_MAX && secret.iter().all(u8::is_ascii_alphabetic) && {
        let rest = secret.get(1..).unwrap_or_default();
        // Random keys mix the cases of their letters; words are of one, or begin with a capital.
        rest.iter().all(u8::is_ascii_lowercase) || secret.iter().all(u8::is_ascii_uppercase)
    };
    let digits = secret.iter().filter(|byte| byte.is_ascii_digit()).count();
    let number = |byte: &u8| byte.is_ascii_digit() || b"-+./: ".contains(byte);
    word || (secret.len() <= NUMBER_MAX && digits <= DIGITS_MAX && secret.iter().all(number))
}

/// The part of a text that was masked last: a secret that is found in itself, at each byte anew, is written over once.
#[derive(Debug, Default)]
struct Masked {
    from: usize,
    to: usize,
}

impl Masked {
    fn mask(&mut self, text: &mut [u8], from: usize, to: usize) {
        let goes_on = (self.from..=self.to).contains(&from);
        let rest = if goes_on { self.to.min(to) } else { from };
        if let Some(found) = text.get_mut(rest..to) {
            found.fill(MASK);
        }
        *self = if goes_on { Self { from: self.from, to: self.to.max(to) } } else { Self { from, to } };
    }
}

/// One text on its way through.
pub(crate) struct Scrub {
    scrubber: Arc<Scrubber>,
    /// None if nothing is looked for.
    reading: Option<Reading>,
    /// Bytes that were given away.
    passed: usize,
    /// The end of what was seen, if it may be the beginning of a secret.
    held: BytesMut,
}

impl Scrub {
    /// Takes a piece, and gives what is known to be clean. A piece without a trace of a secret passes as it is.
    pub(crate) fn push(&mut self, piece: Bytes) -> Bytes {
        let (Some(automaton), Some(reading)) = (&self.scrubber.automaton, &mut self.reading) else { return piece };
        let mut masks = Vec::new();
        piece.iter().for_each(|byte| reading.push(automaton, *byte, &mut masks));
        let (seen_from, end) = (reading.seen_from(automaton), self.passed + self.held.len() + piece.len());
        if self.held.is_empty() && masks.is_empty() && seen_from >= end {
            self.passed = end;
            return piece;
        }
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(&piece);
        let mut masked = Masked::default();
        for (from, to) in masks {
            masked.mask(&mut all, from.saturating_sub(self.passed), to.saturating_sub(self.passed));
        }
        let clean = seen_from.saturating_sub(self.passed).min(all.len());
        self.held = all.split_off(clean);
        self.passed += clean;
        all.freeze()
    }

    /// What is left at the end of the text: the beginning of a secret that did not go on.
    pub(crate) fn end(&mut self) -> Bytes {
        let rest = std::mem::take(&mut self.held).freeze();
        *self = self.scrubber.begin();
        rest
    }
}

impl std::fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scrubber(…)")
    }
}

#[cfg(test)]
mod tests;
