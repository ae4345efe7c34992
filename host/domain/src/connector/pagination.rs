//! How the further pages of an answer are asked for. The rows of all pages become one list.

use super::parameters::Parameters;
use super::pointer::Pointer;
use crate::reader::{Node, Object};

/// The default of `max_pages`.
const PAGES: u64 = 10;
/// Upper bound of `max_pages`.
const PAGES_MAX: u64 = 100;
/// Upper bound of `max_rows`.
const ROWS_MAX: u64 = 10_000;

/// How the pages of a list are requested, and how many.
#[derive(Debug, Clone, PartialEq)]
pub struct Pagination {
    /// How the next page is found.
    pub next: Next,
    /// Upper bound of the requests of one call.
    pub max_pages: u64,
    /// Rows that are given; further ones are cut.
    pub max_rows: usize,
}

/// How the next page is found.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// The answer has a value for a parameter of the query.
    Cursor {
        /// JSON pointer to the cursor in the body.
        pointer: Pointer,
        /// The query parameter that carries the cursor.
        query: String,
    },
    /// The answer has the address of the next page: in its `Link` header (RFC 8288), or in the body.
    Link {
        /// JSON pointer to the next page's URL; none for the header `link`.
        pointer: Option<Pointer>,
    },
    /// A query parameter with a page number or offset.
    Page {
        /// The query parameter.
        query: String,
        /// Its first value.
        start: u64,
        /// The difference between two pages.
        step: u64,
        /// Rows of a full page: one with fewer is the last.
        size: Option<u64>,
    },
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Cursor,
    Link,
    Page,
}

const KINDS: [(&str, Kind); 3] = [("cursor", Kind::Cursor), ("link", Kind::Link), ("page", Kind::Page)];

impl Pagination {
    pub(super) fn read(node: &Node<'_>, query: &Parameters) -> Option<Self> {
        let mut object = node.object()?;
        let kind = object.required("type")?.choice(&KINDS)?;
        let number =
            |object: &mut Object<'_>, key, min, max| object.optional(key).and_then(|node| node.number(min, max));
        let next = match kind {
            Kind::Cursor => {
                let pointer = object.required("pointer").and_then(|node| node.parse("pointer"));
                let query = parameter(&mut object, query);
                pointer.zip(query).map(|(pointer, query)| Next::Cursor { pointer, query })
            }
            Kind::Link => {
                Some(Next::Link { pointer: object.optional("pointer").and_then(|node| node.parse("pointer")) })
            }
            Kind::Page => {
                let query = parameter(&mut object, query);
                let start = number(&mut object, "start", 0, u64::from(u32::MAX)).unwrap_or(1);
                let step = number(&mut object, "step", 1, u64::from(u32::MAX)).unwrap_or(1);
                let size = number(&mut object, "size", 1, ROWS_MAX);
                query.map(|query| Next::Page { query, start, step, size })
            }
        };
        let max_pages = number(&mut object, "max_pages", 1, PAGES_MAX).unwrap_or(PAGES);
        let max_rows = number(&mut object, "max_rows", 1, ROWS_MAX).unwrap_or(ROWS_MAX);
        object.end();
        Some(Self { next: next?, max_pages, max_rows: usize::try_from(max_rows).unwrap_or(usize::MAX) })
    }
}

fn parameter(object: &mut Object<'_>, query: &Parameters) -> Option<String> {
    let node = object.required("query")?;
    let name = node.text().filter(|name| (1..=256).contains(&name.len()) && !name.chars().any(char::is_control))?;
    if query.has(name) {
        node.wrong("query", format!("`{name}` stands in the request's `query` too: pagination sets it"));
    }
    Some(name.to_owned())
}
