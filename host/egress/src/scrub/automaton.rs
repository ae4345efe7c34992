//! The automaton that looks for all forms of all secrets at once.

use aho_corasick::automaton::{Automaton as _, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind};
use zeroize::Zeroizing;

/// The automaton of all forms of all secrets.
pub(super) struct Automaton {
    nfa: NFA,
    pub(super) start: StateID,
    forms: Vec<Zeroizing<Vec<u8>>>,
    /// Which form each state has seen, and how many bytes of it: the states of an automaton are the beginnings of its
    /// forms. By the number of the state.
    seen: Vec<(u32, u32)>,
}

/// Bytes that are the same to the search: letters in both cases; and a blank and a plus, since forms write one as the
/// other.
fn folded(byte: u8) -> u8 {
    match byte {
        b' ' => b'+',
        byte => byte.to_ascii_lowercase(),
    }
}

impl Automaton {
    /// None if there is nothing to look for.
    pub(super) fn new(mut forms: Vec<Zeroizing<Vec<u8>>>) -> Option<Self> {
        if forms.is_empty() {
            return None;
        }
        forms.iter_mut().flat_map(|form| form.iter_mut()).for_each(|byte| *byte = folded(*byte));
        forms.sort_by(|one, other| one.as_slice().cmp(other));
        forms.dedup_by(|one, other| one.as_slice() == other.as_slice());
        let mut builder = NFA::builder();
        builder.match_kind(MatchKind::Standard).prefilter(false);
        // The builder fails beyond two billion bytes of forms; a connection has some thousand.
        let nfa = builder.build(forms.iter().map(|form| form.as_slice())).ok()?;
        let start = nfa.start_state(Anchored::No).ok()?;
        let mut seen = Vec::new();
        for (form, bytes) in forms.iter().enumerate() {
            let mut state = start;
            for (index, byte) in bytes.iter().enumerate() {
                state = nfa.next_state(Anchored::No, state, *byte);
                if seen.len() <= state.as_usize() {
                    seen.resize(state.as_usize() + 1, (0, 0));
                }
                if let Some(seen) = seen.get_mut(state.as_usize()) {
                    *seen = (u32::try_from(form).ok()?, u32::try_from(index + 1).ok()?);
                }
            }
        }
        Some(Self { nfa, start, forms, seen })
    }

    pub(super) fn next(&self, state: StateID, byte: u8) -> StateID {
        self.nfa.next_state(Anchored::No, state, folded(byte))
    }

    /// The length of the longest form that ends here, which covers the others.
    pub(super) fn found(&self, state: StateID) -> Option<usize> {
        self.nfa.is_match(state).then(|| self.nfa.pattern_len(self.nfa.match_pattern(state, 0)))
    }

    pub(super) fn depth(&self, state: StateID) -> usize {
        self.seen.get(state.as_usize()).map_or(0, |(_, depth)| *depth as usize)
    }

    /// Whether one state finds whatever another one finds: it has seen the same bytes, and maybe more before them.
    pub(super) fn includes(&self, state: StateID, other: StateID) -> bool {
        let seen = |state: StateID| {
            let (form, depth) = self.seen.get(state.as_usize())?;
            self.forms.get(*form as usize)?.get(..*depth as usize)
        };
        other == self.start
            || other == state
            || seen(state).zip(seen(other)).is_some_and(|(one, other)| one.ends_with(other))
    }
}
