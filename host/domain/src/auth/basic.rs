//! `basic`: user name and password (RFC 7617). Databases log in with them.

use super::field::{Field, FieldKind, Fields};
use super::placement::{Location, Placement};
use super::template::{Expression, Template};
use crate::FieldName;

/// HTTP Basic authentication (RFC 7617).
#[derive(Debug, Clone, PartialEq)]
pub struct Basic {
    pub(super) fields: Fields,
    pub(super) placements: Vec<Placement>,
}

impl Basic {
    pub(super) fn new() -> Self {
        let (username, password) = (FieldName::fixed("username"), FieldName::fixed("password"));
        let field = |name: &FieldName| Expression::Field(name.clone());
        let pair = vec![field(&username), Expression::Text(":".to_owned()), field(&password)];
        let placements = vec![
            Placement {
                location: Location::Header("authorization".to_owned()),
                value: Template::of("Basic ", Expression::Base64(pair)),
            },
            Placement { location: Location::User, value: Template::of("", field(&username)) },
            Placement { location: Location::Password, value: Template::of("", field(&password)) },
        ];
        let fields = [
            (username, Field::required(FieldKind::Text)),
            // Many services take a key as the user name and an empty password.
            (password, Field { default: Some(String::new()), ..Field::optional(FieldKind::Password) }),
        ];
        Self { fields: fields.into(), placements }
    }
}
