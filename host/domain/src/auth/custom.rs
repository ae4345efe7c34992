//! `custom`: fields of the group, templates for their locations, and optionally a login for a token.

use super::field::{self, FieldKind, Fields};
use super::login::{Login, TOKEN};
use super::placement::{self, Placement};
use crate::reader::Object;

/// A method with fields, placements and a login request that the group defines.
#[derive(Debug, Clone, PartialEq)]
pub struct Custom {
    pub(super) fields: Fields,
    pub(super) placements: Vec<Placement>,
    pub(super) login: Option<Login>,
}

/// The field with the lifetime of the values in seconds.
const EXPIRES_IN: &str = "expires_in";

const EXPIRES_IN_IS_A_NUMBER: field::Rule = |name, field| {
    let holds = name.as_str() != EXPIRES_IN || field.kind == FieldKind::Number;
    (!holds).then_some("`expires_in` gives the expiry in seconds: expected type `number`")
};

impl Custom {
    pub(super) fn read(object: &mut Object<'_>) -> Option<Self> {
        let fields = object.required("fields");
        let login = object.optional("login");
        let placements = object.required("placements");
        let fields = field::read_all(&fields?, EXPIRES_IN_IS_A_NUMBER);
        if let Some(node) = login.as_ref().filter(|_| fields.contains_key(TOKEN)) {
            node.wrong("name", "the login gives `token`, so no field can have that name");
        }
        let placements = placements?.items(placement::MAX).iter().filter_map(Placement::read).collect();
        let login = match login {
            Some(node) => Some(Login::read(&node)?),
            None => None,
        };
        Some(Self { fields, placements, login })
    }

    /// The request that trades values for a token.
    pub fn login(&self) -> Option<&Login> {
        self.login.as_ref()
    }
}
