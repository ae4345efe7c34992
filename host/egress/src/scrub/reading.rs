//! One way to read a text: with some of what looks like an escape decoded, and the rest taken as it stands. A text is
//! read in all ways at once, since nobody knows who encoded which part of it, or whether a `%41` was there before.
//!
//! The state of the automaton after some bytes is the longest beginning of a form that ends there. So ways that were read
//! differently come together again as soon as they agree about the last bytes that matter, and mostly there is one.

use aho_corasick::automaton::StateID;

use super::automaton::Automaton;
use super::escape::{self, Escape, LONGEST, Text};

/// Ways in which one text is read at a time. Only texts that are made to be ambiguous have more than three, and then the
/// ways that have seen most of a secret stay.
pub(super) const WAYS_MAX: usize = 8;
/// The same for a text that has been ambiguous for long: enough for escapes that are not in each other.
const WAYS_AFTERWARDS: usize = 2;
/// So long: each way takes a step for each byte.
const STEPS_FREE: usize = 64 * 1024;
/// Steps for each byte of a text that has no more escapes than texts have. So reading takes a time that grows with the
/// length alone, whoever wrote the text.
const STEPS_PER_BYTE: usize = 2;
/// An escape that is not complete, and those around it whose text it may be.
const NESTED_MAX: usize = 3;
/// Base64 and hex are broken into lines of 60, 64 or 76 characters. What stands behind a shorter line is another text.
const LINE_MIN: u32 = 56;
/// A carriage return and a line feed.
const BREAKS_MAX: u8 = 2;
/// White space behind the comma of a list, which writers of JSON indent.
const BLANKS_MAX: u8 = 128;

fn is_line(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)
}

fn is_break(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// White space, also as forms write a space.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'+' | b'\t' | b'\n' | b'\r')
}

/// One way to read a text. Places are counted in bytes of the text as it came.
#[derive(Debug, Clone)]
struct Way {
    state: StateID,
    /// Where in the text it is.
    at: usize,
    /// How many bytes it has read: decoded ones count once.
    read: usize,
    /// The bytes read that are longer or shorter in the text, with how much.
    escapes: Vec<(usize, isize)>,
    opens: Opens,
    /// Characters of base64 since something else.
    line: u32,
    /// Line breaks that were left out since the last byte.
    breaks: u8,
    /// Whether the last byte is a comma.
    comma: bool,
    /// White space that was left out since then.
    blanks: u8,
}

/// Escapes that are not complete, each within the next.
#[derive(Debug, Clone, Copy, Default)]
struct Opens([Option<Open>; NESTED_MAX]);

/// An escape that is not complete, and the way as it was before.
#[derive(Debug, Clone, Copy)]
struct Open {
    text: [u8; LONGEST],
    len: usize,
    state: StateID,
    depth: usize,
    at: usize,
    read: usize,
    line: u32,
    comma: bool,
    blanks: u8,
    /// Where the beginning of a form that the way had seen then stands.
    seen_from: usize,
}

/// All ways in which a text is read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    ways: Vec<Way>,
    steps: usize,
    read: usize,
}

impl Reading {
    pub(super) fn begin(automaton: &Automaton) -> Self {
        let (escapes, opens) = (Vec::new(), Opens::default());
        let state = automaton.start;
        let only = Way { state, at: 0, read: 0, escapes, opens, line: 0, breaks: 0, comma: false, blanks: 0 };
        Self { ways: vec![only], steps: 0, read: 0 }
    }

    /// Reads a byte, and adds the places of secrets that end with it.
    pub(super) fn push(&mut self, automaton: &Automaton, byte: u8, masks: &mut Vec<(usize, usize)>) {
        self.read += 1;
        if let [only] = self.ways.as_mut_slice()
            && only.opens.innermost().is_none()
            && !escape::begins(byte)
            && !is_break(byte)
            && !only.may_leave_out(automaton, byte)
        {
            only.step(automaton, byte, masks);
            return;
        }
        let long = self.steps > STEPS_FREE.saturating_add(STEPS_PER_BYTE * self.read);
        let mut next = Successors { masks, ways: Vec::new(), steps: 0, long };
        for mut way in std::mem::take(&mut self.ways) {
            way.take(automaton, byte, self.read, &mut next);
            next.add(way, automaton);
        }
        self.steps += next.steps;
        self.ways = next.ways;
    }

    /// Where what was seen of a secret begins, if it goes on.
    pub(super) fn seen_from(&self, automaton: &Automaton) -> usize {
        self.ways.iter().map(|way| way.seen_from(automaton)).min().unwrap_or(self.read)
    }

    #[cfg(test)]
    pub(super) fn ways(&self) -> usize {
        self.ways.len()
    }
}

/// The ways that a byte leads to.
struct Successors<'m> {
    masks: &'m mut Vec<(usize, usize)>,
    ways: Vec<Way>,
    steps: usize,
    /// Whether the text has been ambiguous for long. Escapes in each other are not followed then.
    long: bool,
}

impl Successors<'_> {
    /// Adds a way, unless it finds nothing that the others don't find, and leaves out what it makes superfluous. No more
    /// than there may be stay.
    fn add(&mut self, way: Way, automaton: &Automaton) {
        if self.ways.iter().any(|other| other.includes(&way, automaton)) {
            return;
        }
        self.ways.retain(|other| !way.includes(other, automaton));
        self.ways.push(way);
        if self.ways.len() > if self.long { WAYS_AFTERWARDS } else { WAYS_MAX } {
            let least = self.ways.iter().enumerate().min_by_key(|(_, way)| way.reach(automaton));
            if let Some((least, _)) = least {
                self.ways.swap_remove(least);
            }
        }
    }
}

impl Way {
    /// Whether a byte may be white space in a list of numbers that a secret is written as.
    fn may_leave_out(&self, automaton: &Automaton, byte: u8) -> bool {
        self.comma && is_blank(byte) && self.blanks < BLANKS_MAX && self.state != automaton.start
    }

    /// Reads a byte that stands for itself.
    fn step(&mut self, automaton: &Automaton, byte: u8, masks: &mut Vec<(usize, usize)>) {
        self.state = automaton.next(self.state, byte);
        (self.at, self.read, self.breaks) = (self.at + 1, self.read + 1, 0);
        (self.comma, self.blanks) = (byte == b',', 0);
        self.line = if is_line(byte) { self.line + 1 } else { 0 };
        if let Some(len) = automaton.found(self.state) {
            masks.push((self.from(len), self.at));
        }
    }

    /// Reads a byte that ends at a place of the text, and adds the further ways that it leads to.
    fn take(&mut self, automaton: &Automaton, byte: u8, until: usize, next: &mut Successors<'_>) {
        let before = self.opens;
        let begins = escape::begins(byte).then(|| Open::begin(self, automaton, byte));
        // What the escape stands for may be what goes on in the one that is open.
        let outer = if next.long { Opens::default() } else { before };
        let around = begins.map_or(Opens::default(), |begins| outer.around(begins));
        next.steps += 1;
        if is_break(byte) && self.state != automaton.start && self.line >= LINE_MIN && self.breaks < BREAKS_MAX {
            let mut without = self.clone();
            without.opens = Opens::default();
            without.pass(automaton, until);
            without.breaks += 1;
            next.add(without, automaton);
        }
        if self.may_leave_out(automaton, byte) {
            let mut without = self.clone();
            without.opens = Opens::default();
            without.pass(automaton, until);
            without.blanks += 1;
            next.add(without, automaton);
        }
        let longer = until as isize - self.at as isize - 1;
        if longer != 0 {
            self.note(automaton, self.read, longer);
        }
        self.at = until.saturating_sub(1);
        self.step(automaton, byte, next.masks);
        self.opens = around;
        let Some(mut open) = before.innermost() else { return };
        match open.push(byte) {
            Escape::Open => {
                if begins.is_some() {
                    next.add(self.clone(), automaton);
                }
                self.opens = before.outer().around(open);
            }
            Escape::None => {}
            Escape::Text(text) => open.complete(self, before.outer(), text, automaton, next),
            Escape::Either(one, other) => {
                open.complete(self, before.outer(), one, automaton, next);
                open.complete(self, before.outer(), other, automaton, next);
            }
        }
    }

    /// Goes on in the text without a byte.
    fn pass(&mut self, automaton: &Automaton, until: usize) {
        if let Some(last) = self.read.checked_sub(1) {
            self.note(automaton, last, until as isize - self.at as isize);
        }
        self.at = until;
    }

    /// Notes that a byte is longer in the text, and forgets what lies before anything that could still be a secret.
    fn note(&mut self, automaton: &Automaton, index: usize, longer: isize) {
        let seen = self.opens.iter().filter(|open| open.depth > 0).map(|open| open.read.saturating_sub(open.depth));
        let oldest = seen.chain([self.read.saturating_sub(automaton.depth(self.state))]).min().unwrap_or(0);
        self.escapes.retain(|(index, _)| *index >= oldest);
        self.escapes.push((index, longer));
    }

    /// Where the last bytes that it has read begin in the text.
    fn from(&self, bytes: usize) -> usize {
        if bytes == 0 {
            return self.at;
        }
        let first = self.read.saturating_sub(bytes);
        let longer: isize = self.escapes.iter().filter(|(index, _)| *index >= first).map(|(_, longer)| longer).sum();
        self.at.saturating_sub(bytes.saturating_add_signed(longer))
    }

    fn seen_from(&self, automaton: &Automaton) -> usize {
        let own = self.from(automaton.depth(self.state));
        self.opens.iter().map(|open| open.seen_from).fold(own, usize::min)
    }

    /// How much of a secret it has seen.
    fn reach(&self, automaton: &Automaton) -> usize {
        self.opens.iter().map(|open| open.depth).fold(automaton.depth(self.state), usize::max)
    }

    /// Whether it finds whatever another way finds, as far back in the text.
    fn includes(&self, other: &Self, automaton: &Automaton) -> bool {
        (self.breaks, self.comma, self.blanks) == (other.breaks, other.comma, other.blanks)
            && self.opens.includes(&other.opens, automaton)
            && automaton.includes(self.state, other.state)
            && self.from(automaton.depth(self.state)) <= other.from(automaton.depth(other.state))
    }
}

impl Opens {
    fn innermost(&self) -> Option<Open> {
        let [innermost, ..] = self.0;
        innermost
    }

    /// Without the innermost.
    fn outer(self) -> Self {
        let [_, second, third] = self.0;
        Self([second, third, None])
    }

    /// With another one within. The outermost is forgotten when there are too many.
    fn around(self, open: Open) -> Self {
        let [first, second, _] = self.0;
        Self([Some(open), first, second])
    }

    fn iter(&self) -> impl Iterator<Item = &Open> {
        self.0.iter().flatten()
    }

    /// Whether they lead to all that others lead to. What is open on a way does not keep it from reading on without.
    fn includes(&self, other: &Self, automaton: &Automaton) -> bool {
        self.0.iter().zip(&other.0).all(|(one, other)| match (one, other) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(one), Some(other)) => {
                one.text.get(..one.len) == other.text.get(..other.len)
                    && (one.comma, one.blanks) == (other.comma, other.blanks)
                    && automaton.includes(one.state, other.state)
                    && one.seen_from <= other.seen_from
            }
        })
    }
}

impl Open {
    /// With its first byte, and the way as it is before that.
    fn begin(way: &Way, automaton: &Automaton, byte: u8) -> Self {
        let Way { state, at, read, line, comma, blanks, .. } = *way;
        let (depth, text) = (automaton.depth(state), [0; LONGEST]);
        let seen_from = way.from(depth);
        let mut begun = Self { text, len: 0, state, depth, at, read, line, comma, blanks, seen_from };
        begun.push(byte);
        begun
    }

    fn push(&mut self, byte: u8) -> Escape {
        let Some(place) = self.text.get_mut(self.len) else { return Escape::None };
        *place = byte;
        self.len += 1;
        escape::read(self.text.get(..self.len).unwrap_or_default())
    }

    /// Adds the way in which this is what the escape stands for. `literal` is the one in which it stands for itself.
    fn complete(&self, literal: &Way, opens: Opens, text: Text, automaton: &Automaton, next: &mut Successors<'_>) {
        let escapes = literal.escapes.iter().filter(|(index, _)| *index < self.read).copied().collect();
        let Self { state, at, read, line, comma, blanks, .. } = *self;
        let mut decoded = Way { state, at, read, escapes, opens, line, breaks: 0, comma, blanks };
        if text.bytes().is_empty() {
            decoded.pass(automaton, literal.at);
        }
        // The first byte has all of the escape, and the others nothing.
        for byte in text.bytes() {
            decoded.take(automaton, *byte, literal.at, next);
        }
        next.add(decoded, automaton);
    }
}
