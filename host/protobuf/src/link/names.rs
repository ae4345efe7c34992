//! Names of definitions.

use crate::DescriptorsRefused;

/// Bytes of a full name; it is repeated in schemas and messages.
pub(super) const NAME_MAX: usize = 512;

pub(super) fn wrong(name: &str, detail: impl Into<String>) -> DescriptorsRefused {
    DescriptorsRefused::Definition { name: shown(name), detail: detail.into() }
}

/// An untrusted name, as a message shows it.
pub(super) fn shown(name: &str) -> String {
    lockgate_domain::printable(name).chars().take(NAME_MAX).collect()
}

pub(super) fn joined(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

/// The full name of something in a scope, each part an identifier.
pub(super) fn checked(scope: &str, name: &str) -> Result<String, DescriptorsRefused> {
    let full = joined(scope, name);
    if full.len() > NAME_MAX {
        return Err(wrong(&full, format!("its name has {} bytes: expected at most {NAME_MAX}", full.len())));
    }
    let is_part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if !is_part(name) || !full.split('.').all(is_part) {
        return Err(wrong(&full, "its name is no identifier"));
    }
    Ok(full)
}

/// The member of JSON that a field's name becomes: `user_id` is `userId`.
pub(super) fn json(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = false;
    for one in name.chars() {
        if one == '_' {
            upper = true;
        } else if upper {
            out.push(one.to_ascii_uppercase());
            upper = false;
        } else {
            out.push(one);
        }
    }
    out
}
