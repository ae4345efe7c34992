//! What is wrong with a script, and where.

use lockgate_sdk::prelude::*;
use oxc_diagnostics::OxcDiagnostic;

/// Something that is wrong, with its position in the author's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Diagnostic {
    /// From 1.
    pub line: u32,
    /// From 1, in UTF-16 code units, as editors count.
    pub column: u32,
    /// What is wrong, and what to write where that is known.
    pub message: String,
}

/// Lines and columns of a text, by byte offset.
pub(crate) struct LineIndex<'s> {
    source: &'s str,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl<'s> LineIndex<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        let begins = source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(index, _)| index + 1);
        Self { source, lines: std::iter::once(0).chain(begins).collect() }
    }

    /// A diagnostic at a byte of the text.
    pub(crate) fn at(&self, offset: u32, message: &str) -> Diagnostic {
        let offset = (offset as usize).min(self.source.len());
        let line = self.lines.partition_point(|begin| *begin <= offset).max(1);
        let begin = self.lines.get(line - 1).copied().unwrap_or_default();
        let before = self.source.get(begin..offset).unwrap_or_default();
        let column = before.encode_utf16().count() + 1;
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Diagnostic { line: number(line), column: number(column), message: message.to_owned() }
    }

    /// One of the parser's.
    pub(crate) fn parsed(&self, diagnostic: &OxcDiagnostic) -> Diagnostic {
        let offset = diagnostic.labels.first().map_or(0, |label| label.offset());
        let help = diagnostic.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        self.at(offset, &format!("{}{help}", diagnostic.message))
    }
}
