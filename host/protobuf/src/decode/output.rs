//! JSON text that ends at a limit.

/// The text would be longer than it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its JSON is too large")]
pub(super) struct Full;

pub(super) struct Output {
    text: String,
    most: usize,
}

impl Output {
    pub(super) fn new(most: usize) -> Self {
        Self { text: String::new(), most }
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// How many bytes still fit.
    pub(super) fn remaining(&self) -> usize {
        self.most.saturating_sub(self.text.len())
    }

    #[inline]
    pub(super) fn push(&mut self, text: &str) -> Result<(), Full> {
        if text.len() > self.remaining() {
            return Err(Full);
        }
        self.text.push_str(text);
        Ok(())
    }

    /// What was written since.
    pub(super) fn since(&self, start: usize) -> &str {
        self.text.get(start..).unwrap_or_default()
    }

    /// Takes back what was written since.
    pub(super) fn truncate(&mut self, len: usize) {
        self.text.truncate(len);
    }

    /// A string with quotes and escapes.
    pub(super) fn text(&mut self, text: &str) -> Result<(), Full> {
        self.push("\"")?;
        let mut plain = 0;
        for (at, byte) in text.bytes().enumerate() {
            let escape = match byte {
                b'"' => "\\\"",
                b'\\' => "\\\\",
                b'\n' => "\\n",
                b'\r' => "\\r",
                b'\t' => "\\t",
                0..0x20 => "",
                _ => continue,
            };
            self.push(text.get(plain..at).unwrap_or_default())?;
            if escape.is_empty() {
                self.push(&format!("\\u{byte:04x}"))?;
            } else {
                self.push(escape)?;
            }
            plain = at + 1;
        }
        self.push(text.get(plain..).unwrap_or_default())?;
        self.push("\"")
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}
