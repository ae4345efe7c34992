//! The Public Suffix List: below which names anyone can register one.

use psl::Type;

use super::{HostPattern, UrlRefused};

/// Refuses patterns that would match hosts of unrelated owners. A name that the list does not know at all (a single label of a
/// private network) counts as public, as the list's own default rule says.
pub(super) fn check(pattern: &HostPattern) -> Result<(), UrlRefused> {
    match pattern {
        HostPattern::Exact(_) => Ok(()),
        HostPattern::Below(suffix) => match public(suffix) {
            Some(_) => Err(UrlRefused::PublicSuffix(suffix.clone())),
            None => Ok(()),
        },
        // Many services give each customer a name below a suffix that they own and that is on the list for the sake of
        // cookies (`{shop}.myshopify.com`). One label of the connection's owner is what the group asks for there.
        HostPattern::Field(_, suffix) => match public(suffix) {
            Some(Some(Type::Private)) | None => Ok(()),
            Some(Some(Type::Icann) | None) => Err(UrlRefused::PublicSuffix(suffix.clone())),
        },
    }
}

/// The section of the list that a name is in, if it is a public suffix itself.
fn public(name: &str) -> Option<Option<Type>> {
    let suffix = psl::suffix(name.as_bytes())?;
    (suffix.as_bytes() == name.as_bytes()).then(|| suffix.typ())
}
