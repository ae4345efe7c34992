//! Names of entries: paths below one folder, whose spelling no system changes.

/// Bytes of a name: a slug, a folder, and the longest path of a `.proto` file.
const NAME_MAX: usize = 300;
/// Parts of a name, which that path may have.
const PARTS_MAX: usize = 110;

/// Why a name is not taken.
pub(super) fn refusal(name: &[u8]) -> Option<&'static str> {
    let path = name.strip_suffix(b"/").unwrap_or(name);
    let fits = |part: &[u8]| part.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte));
    if name.len() > NAME_MAX {
        return Some("its name is longer than 300 bytes");
    }
    if name.contains(&b'\\') {
        return Some("its name has a backslash");
    }
    if name.starts_with(b"/") || name.get(1) == Some(&b':') {
        return Some("its name is an absolute path");
    }
    let mut parts = 0;
    for part in path.split(|byte| *byte == b'/') {
        parts += 1;
        match part {
            b"" => return Some("its name has an empty part"),
            b"." | b".." => return Some("its name has the part `.` or `..`"),
            part if !fits(part) => return Some("its name has other characters than letters, digits, `.`, `_` and `-`"),
            _ => {}
        }
    }
    (parts > PARTS_MAX).then_some("its name has more than 110 parts")
}

/// A name that can be shown: it may be anything.
pub(super) fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).chars().take(80).flat_map(char::escape_debug).collect()
}
