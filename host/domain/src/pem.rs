//! PEM (RFC 7468), read strictly: blocks and nothing between them, so that nothing else is kept along with them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// A block, which may be a key. TLS code checks whether its content matches its label.
pub(crate) struct Block<'t> {
    pub(crate) label: &'t str,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
}

/// The blocks of a text, at least one; none if there is anything else.
pub(crate) fn blocks(text: &str) -> Option<Vec<Block<'_>>> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut blocks = Vec::new();
    while let Some(begin) = lines.next() {
        let label = begin.strip_prefix("-----BEGIN ")?.strip_suffix("-----").filter(|label| !label.is_empty())?;
        let end = format!("-----END {label}-----");
        let mut body = Zeroizing::new(String::with_capacity(text.len()));
        let ended = lines.by_ref().any(|line| {
            let ended = line == end;
            if !ended {
                body.push_str(line);
            }
            ended
        });
        if !ended || body.is_empty() {
            return None;
        }
        blocks.push(Block { label, bytes: Zeroizing::new(STANDARD.decode(body.as_bytes()).ok()?) });
    }
    (!blocks.is_empty()).then_some(blocks)
}
