//! Where a document says less than a connector's schema, and why: `x-lockgate-widened`.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// The member of a schema that has the reasons.
pub(super) const WIDENED: &str = "x-lockgate-widened";

/// Why a schema of the document takes more than that of the connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Widened {
    /// A keyword that the version does not have.
    Keyword(&'static str),
    /// Places of an array became one schema for all of its items.
    Places,
    /// Exactly one of several became at least one of them, since one of them was widened.
    OneOf,
    /// What was excluded was widened, so nothing is excluded.
    Not(&'static str),
    /// A pattern that readers of OpenAPI would read otherwise.
    Pattern,
    /// Names of members that have a pattern.
    PatternProperties,
    /// A value with a member `$ref`.
    Literal(&'static str),
    /// A number beyond what counts.
    Number(&'static str),
    /// A schema that is nothing but itself.
    Circle,
    /// It could not be read.
    Unreadable,
    /// The document would be too large.
    Size,
}

impl Widened {
    fn text(self) -> String {
        match self {
            Self::Keyword(keyword) => format!("{keyword}: OpenAPI 3.0 has no such keyword"),
            Self::Places => "prefixItems: OpenAPI 3.0 has one schema for all items".to_owned(),
            Self::OneOf => "oneOf: a part of it was widened, so that several parts may fit".to_owned(),
            Self::Not(keyword) => format!("{keyword}: a part of it was widened, so it would refuse what is valid"),
            Self::Pattern => "pattern: its syntax is not that of ECMA-262".to_owned(),
            Self::PatternProperties => "patternProperties: OpenAPI 3.0 has no names with patterns".to_owned(),
            Self::Literal(keyword) => format!("{keyword}: it has a member `$ref`, which readers would follow"),
            Self::Number(keyword) => format!("{keyword}: the number is larger than any reader counts"),
            Self::Circle => "$ref: the schema is nothing but a reference to itself".to_owned(),
            Self::Unreadable => "the schema can't be read".to_owned(),
            Self::Size => "the schemas of the group are too large for one document: GET the connector".to_owned(),
        }
    }
}

/// The reasons of one schema.
#[derive(Debug, Default)]
pub(super) struct Marks(BTreeSet<Widened>);

impl Marks {
    pub(super) fn add(&mut self, widened: Widened) {
        self.0.insert(widened);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes them into the schema.
    pub(super) fn put(self, schema: &mut Map<String, Value>) {
        if !self.0.is_empty() {
            let reasons = self.0.into_iter().map(|widened| Value::from(widened.text()));
            schema.insert(WIDENED.to_owned(), reasons.collect());
        }
    }
}

/// A schema that takes everything, with the reason.
pub(super) fn anything(why: Widened) -> Value {
    let mut schema = Map::new();
    let mut marks = Marks::default();
    marks.add(why);
    marks.put(&mut schema);
    schema.into()
}
