//! What the request for one page asks for, beside what the definition says.

use bytes::Bytes;
use lockgate_domain::connector::{Filled, PagePlace, Unfit};

/// A place in the pages.
pub(super) enum Place {
    /// What the definition says.
    First,
    /// A parameter of the query with this value.
    Query(String, String),
    /// A body in which the value has been put.
    Body(Bytes),
    /// This address.
    Url(String),
}

/// What a page is known by: a cursor, or the number of a page.
pub(super) enum Mark {
    /// A string.
    Text(String),
    /// A number, with its digits.
    Number(String),
}

impl Place {
    /// Where the value that leads to a page goes.
    pub(super) fn of(place: &PagePlace, mark: Mark, filled: &Filled) -> Result<Self, Unfit> {
        match place {
            PagePlace::Query(name) => {
                let (Mark::Text(value) | Mark::Number(value)) = mark;
                Ok(Self::Query(name.clone(), value))
            }
            PagePlace::Body(pointer) => {
                let value = match mark {
                    Mark::Text(text) => serde_json::Value::from(text).to_string(),
                    Mark::Number(digits) => digits,
                };
                let body = pointer.put(filled.body.as_deref().unwrap_or_default(), &value)?;
                Ok(Self::Body(body.into()))
            }
        }
    }
}
