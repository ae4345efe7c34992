//! Identifiers that the host makes: UUIDs of version 7 (RFC 9562), so that ids sort by the time they were made.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Digest, Slug};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(transparent)]
        #[schemars(inline)]
        pub struct $name(Uuid);

        impl $name {
            /// Makes an id that is later than every other of this process.
            #[expect(clippy::new_without_default, reason = "two defaults would differ")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The 16 bytes, as the store keeps them.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The id of 16 stored bytes; none for any other length.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                Uuid::from_slice(bytes).ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// The id of an organization.
    OrganizationId
);
id!(
    /// The id of a workspace.
    WorkspaceId
);
id!(
    /// The id of a group.
    GroupId
);
id!(
    /// The id of an access token.
    TokenId
);
id!(
    /// The id of a connection.
    ConnectionId
);
id!(
    /// The id of an installation.
    InstallationId
);
id!(
    /// The id of a call.
    CallId
);

impl OrganizationId {
    /// The id that no organization has, as RFC 9562 section 5.9 reserves it.
    pub(crate) const NIL: Self = Self(Uuid::nil());
}

impl GroupId {
    /// The id of a ready-made group: the same on every host and after every restart, so that what is stored beside the
    /// group finds it again. A UUID of version 8 (RFC 9562 section 5.8), made of the slug's SHA-256.
    pub fn of_community(slug: &Slug) -> Self {
        let digest = Digest::of(format!("lockgate community group {slug}").as_bytes());
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(digest.as_bytes()).for_each(|(byte, own)| *byte = *own);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

impl CallId {
    /// The least id of a moment, in milliseconds since 1970: calls that arrived before have smaller ones.
    pub fn first_at(milliseconds: i64) -> Self {
        let [_, _, time @ ..] = u64::try_from(milliseconds).unwrap_or(0).to_be_bytes();
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(time).for_each(|(byte, own)| *byte = own);
        Self(Uuid::from_bytes(bytes))
    }

    /// Greater than every id of a call.
    pub fn last() -> Self {
        Self(Uuid::max())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ready_made_group_has_the_same_id_everywhere() {
        let id = |slug: &str| GroupId::of_community(&slug.parse().unwrap());
        assert_eq!(id("github").to_string(), "c273ad59-2243-89d1-a9b4-ff14f97d03dd");
        assert_ne!(id("github"), id("gitlab"));
        assert_eq!(id("github").0.get_version_num(), 8);
    }

    #[test]
    fn ids_of_calls_sort_by_their_time() {
        let call = CallId::new();
        assert!(CallId::first_at(0) < call && call < CallId::last());
        let (seconds, _) = call.0.get_timestamp().unwrap().to_unix();
        let second = i64::try_from(seconds).unwrap() * 1000;
        assert!(CallId::first_at(second) <= call && call < CallId::first_at(second + 1000));
    }
}
