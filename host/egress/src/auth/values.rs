//! The values that placements and URLs name: the one place where egress takes a secret in its hands to send it.

use lockgate_domain::auth::{Activation, Fields, Method};
use lockgate_domain::destination::{Target, UrlRefused, UrlTemplate};
use lockgate_domain::{EgressDefinition, FieldName};
use lockgate_vault::Secret;

use super::Token;
use crate::{Account, CredentialValues};

/// The field that a token fills.
const TOKEN: &str = "token";

/// The values of one credential, with those that the whole connection has.
#[derive(Clone, Copy)]
pub(super) struct Values<'r> {
    pub(super) activation: &'r Activation,
    pub(super) account: &'r Account,
    pub(super) method: &'r Method,
    pub(super) held: &'r CredentialValues,
    /// What a token source gave.
    pub(super) token: Option<&'r Token>,
}

impl<'r> Values<'r> {
    /// The value of a field: the connection's, else the default of the definition as it is now.
    #[expect(clippy::disallowed_methods, reason = "placements are filled from here")]
    pub(super) fn bytes(&self, name: &FieldName) -> Option<&'r [u8]> {
        let token = self.token.and_then(|token| match name.as_str() {
            TOKEN => Some(&token.value),
            _ => token.kept.get(name),
        });
        let given = token.or_else(|| self.held.values.get(name)).or_else(|| self.account.fields.get(name));
        given.map(Secret::expose).or_else(|| self.default(name).map(str::as_bytes))
    }

    /// A value of the method as it was given.
    pub(super) fn given(&self, name: &str) -> Option<&'r Secret> {
        self.held.values.get(name)
    }

    fn default(&self, name: &FieldName) -> Option<&'r str> {
        default(self.method.fields(), name).or_else(|| default(&self.activation.fields, name))
    }

    /// Whether a connection must have a value of the field.
    pub(super) fn requires(&self, name: &FieldName) -> bool {
        let field = self.method.fields().get(name).or_else(|| self.activation.fields.get(name));
        field.is_none_or(|field| field.required)
    }

    /// Whether the field is no secret.
    pub(super) fn shows(&self, name: &FieldName) -> bool {
        let field = self.method.fields().get(name).or_else(|| self.activation.fields.get(name));
        field.is_some_and(|field| field.visible)
    }
}

fn default<'r>(fields: &'r Fields, name: &FieldName) -> Option<&'r str> {
    fields.get(name)?.default.as_deref()
}

/// A value of the activation's own fields as text; those alone fill URLs.
#[expect(clippy::disallowed_methods, reason = "hosts and paths are filled from here")]
pub(super) fn text<'a>(
    activation: Option<&'a Activation>,
    account: Option<&'a Account>,
    name: &FieldName,
) -> Option<&'a str> {
    let given = account.and_then(|account| account.fields.get(name)).map(Secret::expose);
    let given = given.and_then(|bytes| std::str::from_utf8(bytes).ok());
    given.or_else(|| default(&activation?.fields, name))
}

/// A URL of a definition with a connection's values in it.
///
/// # Errors
/// A value is missing or does not fit.
pub fn filled_url(definition: &EgressDefinition, account: &Account, url: &UrlTemplate) -> Result<Target, UrlRefused> {
    url.fill(|name| text(definition.activation.as_ref(), Some(account), name))
}
