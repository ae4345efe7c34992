//! The tokens of a text, by their places. The tree has no place for a `?` or a `readonly`; the tokens have.

use oxc_parser::{Kind, Token};
use oxc_span::Span;

/// Tokens in the order of the text.
#[derive(Clone, Copy)]
pub(crate) struct Tokens<'t> {
    source: &'t str,
    all: &'t [Token],
}

impl<'t> Tokens<'t> {
    pub(crate) fn new(source: &'t str, all: &'t [Token]) -> Self {
        Self { source, all }
    }

    /// The first token that begins at a place or after it.
    pub(crate) fn from(self, at: u32) -> Option<&'t Token> {
        self.all.get(self.all.partition_point(|token| token.start() < at)).filter(|token| token.kind() != Kind::Eof)
    }

    /// The last token that ends at a place or before it.
    pub(crate) fn before(self, at: u32) -> Option<&'t Token> {
        self.all.partition_point(|token| token.end() <= at).checked_sub(1).and_then(|index| self.all.get(index))
    }

    /// The tokens that begin in a range.
    pub(crate) fn within(self, start: u32, end: u32) -> impl Iterator<Item = &'t Token> {
        let first = self.all.partition_point(|token| token.start() < start);
        self.all.get(first..).unwrap_or_default().iter().take_while(move |token| token.start() < end)
    }

    /// The first token of a kind from a place on.
    pub(crate) fn find(self, kind: Kind, from: u32) -> Option<&'t Token> {
        self.within(from, u32::MAX).find(|token| token.kind() == kind)
    }

    /// Whether a line ends between two places.
    pub(crate) fn breaks(self, start: u32, end: u32) -> bool {
        let between = self.source.get(start as usize..end as usize).unwrap_or_default();
        between.contains(['\n', '\r', '\u{2028}', '\u{2029}'])
    }

    /// The text of a span.
    pub(crate) fn text(self, span: Span) -> &'t str {
        self.source.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}
