//! What JSDoc says of a type or a member.

use std::collections::BTreeMap;

use oxc_ast::ast::Program;

/// Characters of one description.
const DESCRIPTION_MAX: usize = 2_000;

/// Texts by the place of what they stand before.
pub(super) struct Comments<'s>(BTreeMap<u32, &'s str>);

impl<'s> Comments<'s> {
    pub(super) fn new(program: &Program<'_>, source: &'s str) -> Self {
        let documents = program.comments.iter().filter(|comment| comment.is_jsdoc());
        let text = |comment: &oxc_ast::ast::Comment| {
            let span = comment.content_span();
            Some((comment.attached_to, source.get(span.start as usize..span.end as usize)?))
        };
        Self(documents.filter_map(text).collect())
    }

    /// The description before a place: the text of its JSDoc up to the first tag.
    pub(super) fn before(&self, at: u32) -> Option<String> {
        let lines = self.0.get(&at)?.lines().map(|line| line.trim().trim_start_matches('*').trim());
        let lines: Vec<&str> = lines.take_while(|line| !line.starts_with('@')).collect();
        let text = lines.join("\n").trim().chars().take(DESCRIPTION_MAX).collect::<String>();
        (!text.is_empty()).then_some(text)
    }
}
