//! `api_key`: a key in a header, the query or a cookie.

use super::field::{Field, FieldKind, Fields};
use super::placement::{Kind, Location, Placement};
use super::template::{Expression, Template};
use crate::FieldName;
use crate::reader::Object;

/// A static key in a header, a query parameter or a cookie.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiKey {
    pub(super) fields: Fields,
    pub(super) placements: Vec<Placement>,
}

pub(crate) const LOCATIONS: [(&str, Kind); 3] =
    [("header", Kind::Header), ("query", Kind::Query), ("cookie", Kind::Cookie)];

impl ApiKey {
    /// What is put before the value.
    pub(super) fn prefix(&self) -> Option<&str> {
        self.placements.first().and_then(|placement| placement.value.prefix())
    }

    pub(super) fn read(object: &mut Object<'_>) -> Option<Self> {
        let kind = object.required("in").and_then(|node| node.choice(&LOCATIONS));
        let name = object.required("name");
        // Put before the value as it is, so a blank between them belongs to it.
        let prefix = object.optional("prefix").and_then(|node| {
            let prefix = node.prose(64)?;
            if prefix.contains(['{', '}', '\n']) {
                node.wrong("text", "expected plain text on one line, without `{` and `}`");
            }
            Some(prefix)
        });
        let location = Location::read(kind?, &name?)?;
        let value = FieldName::fixed("value");
        let template = Template::of(&prefix.unwrap_or_default(), Expression::Field(value.clone()));
        Some(Self {
            fields: [(value, Field::required(FieldKind::Password))].into(),
            placements: vec![Placement { location, value: template }],
        })
    }
}
