//! Cleans what comes back of the secrets that were sent: whoever echoes a credential must not hand it to a guest. The
//! exact value is found, and its base64 (at every offset, standard and URL-safe), hex, URL- and JSON-escaped forms, in
//! any case, also across the borders of pieces. Found bytes become `*`, one for one, so that lengths stay true; what a
//! secret's length says is known to whoever sees the length of the answer.
//!
//! An upstream that transforms a secret in another way can still reveal it. A secret that is a word or a short number is
//! not looked for: answers have those by themselves, and what they say must not change.

mod forms;

use std::collections::HashMap;
use std::sync::Arc;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue};
use zeroize::Zeroizing;

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
pub(crate) struct Scrubber(Option<Found>);

/// The automaton stands for all forms of all secrets.
struct Found {
    nfa: NFA,
    start: StateID,
    /// How many bytes of a form each state has seen: the states of an automaton are the beginnings of its forms.
    depths: HashMap<StateID, usize>,
}

impl Scrubber {
    /// For some secrets.
    pub(crate) fn new(secrets: &[Zeroizing<Vec<u8>>]) -> Self {
        let secrets = secrets.iter().filter(|secret| secret.len() >= SECRET_MIN_BYTES && !is_guessed(secret));
        let mut forms: Vec<Zeroizing<Vec<u8>>> = secrets.flat_map(|secret| forms::of(secret)).collect();
        forms.retain(|form| form.len() >= SECRET_MIN_BYTES);
        forms.iter_mut().for_each(|form| form.make_ascii_lowercase());
        forms.sort_by(|one, other| one.as_slice().cmp(other));
        forms.dedup_by(|one, other| one.as_slice() == other.as_slice());
        Self(Found::new(&forms))
    }

    /// Whether there is nothing to look for.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Begins a text.
    pub(crate) fn begin(self: &Arc<Self>) -> Scrub {
        let state = self.0.as_ref().map(|found| found.start);
        Scrub { scrubber: Arc::clone(self), state, held: BytesMut::new() }
    }

    /// Cleans a text that is there as a whole.
    pub(crate) fn clean(self: &Arc<Self>, text: &[u8]) -> Vec<u8> {
        let mut scrub = self.begin();
        let mut cleaned = scrub.push(Bytes::copy_from_slice(text)).to_vec();
        cleaned.extend_from_slice(&scrub.end());
        cleaned
    }

    /// Cleans the values of headers. One whose name holds a secret goes.
    pub(crate) fn clean_headers(self: &Arc<Self>, headers: &mut HeaderMap) {
        if self.0.is_none() {
            return;
        }
        let named: Vec<_> = headers
            .keys()
            .filter(|name| self.clean(name.as_str().as_bytes()) != name.as_str().as_bytes())
            .cloned()
            .collect();
        named.iter().for_each(|name| drop(headers.remove(name)));
        for value in headers.values_mut() {
            let cleaned = self.clean(value.as_bytes());
            if cleaned != value.as_bytes() {
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

impl Found {
    fn new(forms: &[Zeroizing<Vec<u8>>]) -> Option<Self> {
        if forms.is_empty() {
            return None;
        }
        let mut builder = NFA::builder();
        builder.match_kind(MatchKind::Standard).ascii_case_insensitive(true).prefilter(false);
        // The builder fails beyond two billion bytes of forms; a connection has some thousand.
        let nfa = builder.build(forms.iter().map(|form| form.as_slice())).ok()?;
        let start = nfa.start_state(Anchored::No).ok()?;
        let mut depths = HashMap::new();
        for form in forms {
            let mut state = start;
            for (index, byte) in form.iter().enumerate() {
                state = nfa.next_state(Anchored::No, state, *byte);
                depths.insert(state, index + 1);
            }
        }
        Some(Self { nfa, start, depths })
    }
}

/// One text on its way through.
pub(crate) struct Scrub {
    scrubber: Arc<Scrubber>,
    state: Option<StateID>,
    /// The end of what was seen, if it may be the beginning of a secret.
    held: BytesMut,
}

impl Scrub {
    /// Takes a piece, and gives what is known to be clean. A piece without a trace of a secret passes as it is.
    pub(crate) fn push(&mut self, piece: Bytes) -> Bytes {
        let (Some(found), Some(mut state)) = (&self.scrubber.0, self.state) else { return piece };
        let before = self.held.len();
        // From where to where, counted from the beginning of what is held.
        let mut masks: Vec<(usize, usize)> = Vec::new();
        for (index, byte) in piece.iter().enumerate() {
            state = found.nfa.next_state(Anchored::No, state, *byte);
            if found.nfa.is_match(state) {
                let end = before + index + 1;
                // The longest form that ends here comes first and covers the others.
                let longest = found.nfa.pattern_len(found.nfa.match_pattern(state, 0));
                masks.push((end.saturating_sub(longest), end));
            }
        }
        self.state = Some(state);
        let keep = if state == found.start { 0 } else { found.depths.get(&state).copied().unwrap_or(0) };
        if before == 0 && masks.is_empty() && keep == 0 {
            return piece;
        }
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(&piece);
        for (from, to) in masks {
            if let Some(found) = all.get_mut(from..to) {
                found.fill(MASK);
            }
        }
        self.held = all.split_off(all.len().saturating_sub(keep));
        all.freeze()
    }

    /// What is left at the end of the text: the beginning of a secret that did not go on.
    pub(crate) fn end(&mut self) -> Bytes {
        self.state = self.scrubber.0.as_ref().map(|found| found.start);
        std::mem::take(&mut self.held).freeze()
    }
}

impl std::fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scrubber(…)")
    }
}

#[cfg(test)]
mod tests;
