//! Names that people choose. Each type holds only text of its own grammar, so a value that exists is valid.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text that breaks the grammar of its kind of name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} `{found}` is not valid: expected {expected}")]
pub struct InvalidName {
    kind: &'static str,
    found: String,
    expected: &'static str,
}

/// Characters of a wrong name that an error repeats.
const SHOWN_CHARS: usize = 80;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $max:literal, extra $extra:expr, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                if matches(text, $max, $extra) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidName {
                        kind: $kind,
                        found: text.chars().take(SHOWN_CHARS).flat_map(char::escape_debug).collect(),
                        expected: $expected,
                    })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, InvalidName> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string", "pattern": $expected})
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name!(
    /// Name of an organization, workspace or group in references and addresses. A group's never changes.
    Slug, "slug", 63, extra b"-", "^[a-z][a-z0-9-]{0,62}$"
);
name!(
    /// Name of a connector, unique in its group.
    ConnectorName, "connector name", 64, extra b"_", "^[a-z][a-z0-9_]{0,63}$"
);
name!(
    /// Name of a plugin in its manifest. It identifies the plugin in its group: components with one name are its versions.
    PluginName, "plugin name", 63, extra b"-_", "^[a-z][a-z0-9_-]{0,62}$"
);
name!(
    /// Name of a field of a connection.
    FieldName, "field name", 64, extra b"_", "^[a-z][a-z0-9_]{0,63}$"
);
name!(
    /// Name of a credential of a group.
    CredentialName, "credential name", 63, extra b"_-", "^[a-z][a-z0-9_-]{0,62}$"
);
name!(
    /// Name of a destination of a group, by which connectors choose between databases.
    DestinationName, "destination name", 63, extra b"_-", "^[a-z][a-z0-9_-]{0,62}$"
);
name!(
    /// Name of an auth method of a credential.
    MethodName, "method name", 63, extra b"_-", "^[a-z][a-z0-9_-]{0,62}$"
);

impl FieldName {
    /// A name that the source code writes: the fields of auth methods with fixed ones.
    pub(crate) fn fixed(name: &'static str) -> Self {
        Self(name.to_owned())
    }
}

/// `^[a-z][a-z0-9{extra}]*$` of at most `max` bytes.
fn matches(text: &str, max: usize, extra: &[u8]) -> bool {
    let mut bytes = text.bytes();
    text.len() <= max
        && bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || extra.contains(&byte))
}

/// The caller's own id of a tenant, an end customer of a workspace: 1 to 128 printable ASCII characters without blanks,
/// so that it fits into a header and a log line as it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantName(String);

impl TenantName {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TenantName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName {
                kind: "tenant",
                found: text.chars().take(SHOWN_CHARS).flat_map(char::escape_debug).collect(),
                expected: "1 to 128 printable ASCII characters without blanks",
            })
        }
    }
}

impl TryFrom<String> for TenantName {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl From<TenantName> for String {
    fn from(name: TenantName) -> Self {
        name.0
    }
}

impl fmt::Display for TenantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_lower_case_and_at_most_63_bytes() {
        for good in ["a", "acme-issues", "a1-", &"a".repeat(63)] {
            assert!(good.parse::<Slug>().is_ok(), "{good}");
        }
        for bad in ["", "1a", "-a", "A", "a_b", "a.b", "a:b", "a/b", "a b", "ä", "a\n", &"a".repeat(64)] {
            assert!(bad.parse::<Slug>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_connector_name_takes_underscores_and_no_hyphen() {
        assert!("create_issue2".parse::<ConnectorName>().is_ok());
        assert!("create-issue".parse::<ConnectorName>().is_err());
        assert!("a".repeat(65).parse::<ConnectorName>().is_err());
    }

    #[test]
    fn an_error_escapes_and_cuts_what_it_repeats() {
        let error = format!("x\u{1b}[31m{}", "y".repeat(500)).parse::<Slug>().unwrap_err().to_string();
        assert!(!error.contains('\u{1b}') && error.len() < 250, "{error}");
    }

    #[test]
    fn a_tenant_fits_into_a_header() {
        assert!("customer-42@example".parse::<TenantName>().is_ok());
        for bad in ["", "a b", "a\r\nb", "ü", &"x".repeat(129)] {
            assert!(bad.parse::<TenantName>().is_err(), "{bad}");
        }
    }
}
