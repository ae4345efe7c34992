//! Paths, resolved once: what is compared is what is sent.

/// What an encoded slash in a path is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Slashes {
    /// Refused: many servers decode it and then see another path.
    Refused,
    /// What the destination that holds the request says: refused, unless it has `encoded_slashes`.
    #[default]
    AsDestination,
    /// A character of a segment, for those that address by whole names (`group%2Fproject`). What is compared, and sent, is
    /// the path with its `%2F`.
    InSegments,
}

/// Why a path is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathRefused {
    /// It does not begin with `/`.
    #[error("a path begins with `/`")]
    Relative,
    /// A character that RFC 3986 does not allow in a path.
    #[error("`{}` in a path: percent-encode it", .0.escape_default())]
    Character(char),
    /// `%` without two hex digits.
    #[error("`%` in a path stands before two hex digits: write `%25` for the character itself")]
    Percent,
    /// An encoded character that some servers would decode and resolve after we did.
    #[error("`%{0:02X}` in a path: encoded dots, slashes, backslashes and control characters are refused")]
    Encoded(u8),
    /// An encoded slash, at a destination that does not say that its server keeps it.
    #[error(
        "`%2F` in a path: many servers take it for `/`, so only a destination with `encoded_slashes: true` holds such a path"
    )]
    Slash,
    /// A dot segment with parameters, which some servers strip and then resolve.
    #[error("`{0}` in a path: dot segments with parameters are refused")]
    DotParameter(String),
}

/// Checks a path and removes its dot segments (RFC 3986 section 5.2.4). An empty path is `/`.
///
/// # Errors
/// [`PathRefused`]: nothing is repaired, since a server might repair it differently.
pub fn resolve(path: &str) -> Result<String, PathRefused> {
    resolve_with(path, Slashes::Refused)
}

/// The same, with encoded slashes where they are characters. What they part is no dot segment either.
pub(super) fn resolve_with(path: &str, slashes: Slashes) -> Result<String, PathRefused> {
    check(path, slashes)?;
    let Some(inside) = path.strip_prefix('/') else {
        return if path.is_empty() { Ok("/".to_owned()) } else { Err(PathRefused::Relative) };
    };
    let mut kept = Vec::new();
    let mut segments = inside.split('/').peekable();
    while let Some(segment) = segments.next() {
        let dots = segment.split(';').next().unwrap_or_default();
        match dots {
            "." | ".." if dots.len() < segment.len() => return Err(PathRefused::DotParameter(segment.to_owned())),
            _ if has_dots_between_slashes(segment) => return Err(PathRefused::Encoded(b'/')),
            "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
        if matches!(dots, "." | "..") && segments.peek().is_none() {
            kept.push("");
        }
    }
    Ok(format!("/{}", kept.join("/")))
}

/// Whether some slash of a path is encoded.
pub(super) fn has_encoded_slash(path: &str) -> bool {
    path.to_ascii_lowercase().contains("%2f")
}

/// Whether a server that decodes the slashes of a segment would see a dot segment.
fn has_dots_between_slashes(segment: &str) -> bool {
    let lower = segment.to_ascii_lowercase();
    lower.contains("%2f") && lower.split("%2f").any(|piece| matches!(piece.split(';').next(), Some("." | "..")))
}

fn check(path: &str, slashes: Slashes) -> Result<(), PathRefused> {
    let mut characters = path.chars();
    while let Some(one) = characters.next() {
        if one == '%' {
            let mut digit = || characters.next().and_then(|digit| digit.to_digit(16));
            let (high, low) = digit().zip(digit()).ok_or(PathRefused::Percent)?;
            let byte = (high * 16 + low) as u8;
            let slash = byte == b'/'
                && match slashes {
                    Slashes::Refused => false,
                    Slashes::AsDestination | Slashes::InSegments => true,
                };
            if byte.is_ascii_control() || (b"./\\".contains(&byte) && !slash) {
                return Err(PathRefused::Encoded(byte));
            }
        } else if !(one.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/".contains(one)) {
            return Err(PathRefused::Character(one));
        }
    }
    Ok(())
}
