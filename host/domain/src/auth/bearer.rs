//! `bearer`: a token (RFC 6750), optionally with the time until which it is good. Databases take it as a password.

use super::field::{Field, FieldKind, Fields};
use super::placement::{Location, Placement};
use super::template::{Expression, Template};
use crate::FieldName;

/// A static bearer token (RFC 6750).
#[derive(Debug, Clone, PartialEq)]
pub struct Bearer {
    pub(super) fields: Fields,
    pub(super) placements: Vec<Placement>,
}

impl Bearer {
    pub(super) fn new() -> Self {
        let token = FieldName::fixed("token");
        let fields = [
            (token, Field::required(FieldKind::Password)),
            // Seconds from the moment in which the values are given.
            (FieldName::fixed("expires_in"), Field::optional(FieldKind::Number)),
        ];
        Self { fields: fields.into(), placements: token_placements() }
    }
}

/// The default location of a token.
pub(super) fn token_placements() -> Vec<Placement> {
    let token = || Expression::Field(FieldName::fixed("token"));
    vec![
        Placement { location: Location::Header("authorization".to_owned()), value: Template::of("Bearer ", token()) },
        Placement { location: Location::Password, value: Template::of("", token()) },
    ]
}
