//! What becomes blank, and the few characters that take the place of others.

/// Changes of a text that keep every other character where it is.
#[derive(Default)]
pub(crate) struct Blanks {
    ranges: Vec<(u32, u32)>,
    /// ASCII characters that stand where another one was.
    written: Vec<(u32, char)>,
}

impl Blanks {
    /// Blanks the bytes from `start` to `end`.
    pub(crate) fn blank(&mut self, start: u32, end: u32) {
        if start < end {
            self.ranges.push((start, end));
        }
    }

    /// Writes a character over the one at `at`.
    pub(crate) fn write(&mut self, at: u32, character: char) {
        self.written.push((at, character));
    }

    /// The text with all changes. A character becomes as many spaces as it has UTF-16 code units; ends of lines stay.
    pub(crate) fn applied(mut self, source: &str) -> String {
        self.ranges.sort_unstable();
        self.written.sort_unstable();
        let mut code = String::with_capacity(source.len());
        let (mut ranges, mut written) = (self.ranges.iter().peekable(), self.written.iter().peekable());
        // The end of the blanks so far: ranges may lie within each other.
        let mut until = 0;
        for (at, character) in source.char_indices() {
            let at = at as u32;
            while let Some((_, end)) = ranges.next_if(|(start, _)| *start <= at) {
                until = until.max(*end);
            }
            let replaced = written.next_if(|(own, _)| *own == at);
            while written.next_if(|(own, _)| *own <= at).is_some() {}
            match replaced {
                Some((_, new)) => {
                    code.push(*new);
                    code.extend(std::iter::repeat_n(' ', character.len_utf16() - 1));
                }
                None if at < until && !matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}') => {
                    code.extend(std::iter::repeat_n(' ', character.len_utf16()));
                }
                None => code.push(character),
            }
        }
        code
    }
}
