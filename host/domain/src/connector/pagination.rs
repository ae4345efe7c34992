//! How the further pages of an answer are asked for. The rows of all pages become one list.

use super::parameters::Parameters;
use super::pointer::Pointer;
use super::status::Statuses;
use crate::reader::{Node, Object};

/// The default of `max_pages`.
const PAGES: u64 = 10;
/// Upper bound of `max_pages`.
pub(crate) const PAGES_MAX: u64 = 100;
/// Upper bound of `max_rows`.
pub(crate) const ROWS_MAX: u64 = 10_000;

/// How the pages of a list are requested, and how many.
#[derive(Debug, Clone, PartialEq)]
pub struct Pagination {
    /// How the next page is found.
    pub next: Next,
    /// Upper bound of the requests of one call.
    pub max_pages: u64,
    /// Rows that are given; further ones are cut.
    pub max_rows: usize,
    /// Statuses that mean, behind the first page, that there is no further one.
    pub end_statuses: Option<Statuses>,
}

/// Where the value goes that leads to a page.
#[derive(Debug, Clone, PartialEq)]
pub enum PagePlace {
    /// A parameter of the query.
    Query(String),
    /// A place in the JSON body.
    Body(Pointer),
}

/// How the next page is found.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// The answer has a value that the next request repeats.
    Cursor {
        /// JSON pointer to the cursor in the body.
        pointer: Pointer,
        /// Where it goes.
        place: PagePlace,
    },
    /// The answer has the address of the next page: in its `Link` header (RFC 8288), or in the body.
    Link {
        /// JSON pointer to the next page's URL; none for the header `link`.
        pointer: Option<Pointer>,
    },
    /// A number of the request counts.
    Page {
        /// Where it goes.
        place: PagePlace,
        /// Its first value.
        start: u64,
        /// The difference between two pages.
        step: u64,
        /// Rows of a full page: one with fewer is the last.
        size: Option<u64>,
    },
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Cursor,
    Link,
    Page,
}

pub(crate) const KINDS: [(&str, Kind); 3] = [("cursor", Kind::Cursor), ("link", Kind::Link), ("page", Kind::Page)];

impl Pagination {
    pub(super) fn read(node: &Node<'_>, query: &Parameters, json: bool) -> Option<Self> {
        let mut object = node.object()?;
        let kind = object.required("type")?.choice(&KINDS)?;
        let number =
            |object: &mut Object<'_>, key, min, max| object.optional(key).and_then(|node| node.number(min, max));
        let next = match kind {
            Kind::Cursor => {
                let pointer = object.required("pointer").and_then(|node| node.parse("pointer"));
                let place = place(&mut object, query, json);
                pointer.zip(place).map(|(pointer, place)| Next::Cursor { pointer, place })
            }
            Kind::Link => {
                Some(Next::Link { pointer: object.optional("pointer").and_then(|node| node.parse("pointer")) })
            }
            Kind::Page => {
                let place = place(&mut object, query, json);
                let start = number(&mut object, "start", 0, u64::from(u32::MAX)).unwrap_or(1);
                let step = number(&mut object, "step", 1, u64::from(u32::MAX)).unwrap_or(1);
                let size = number(&mut object, "size", 1, ROWS_MAX);
                place.map(|place| Next::Page { place, start, step, size })
            }
        };
        let max_pages = number(&mut object, "max_pages", 1, PAGES_MAX).unwrap_or(PAGES);
        let max_rows = number(&mut object, "max_rows", 1, ROWS_MAX).unwrap_or(ROWS_MAX);
        let end_statuses = object.optional("end_statuses").map(|at| Statuses::read(&at));
        object.end();
        let max_rows = usize::try_from(max_rows).unwrap_or(usize::MAX);
        Some(Self { next: next?, max_pages, max_rows, end_statuses })
    }
}

/// `query`, the name of a parameter, or `body`, a pointer into the JSON body.
fn place(object: &mut Object<'_>, query: &Parameters, json: bool) -> Option<PagePlace> {
    match (object.optional("query"), object.optional("body")) {
        (Some(node), None) => {
            let name =
                node.text().filter(|name| (1..=256).contains(&name.len()) && !name.chars().any(char::is_control))?;
            if query.has(name) {
                node.wrong("query", format!("`{name}` stands in the request's `query` too: pagination sets it"));
            }
            Some(PagePlace::Query(name.to_owned()))
        }
        (None, Some(node)) => {
            let pointer: Pointer = node.parse("pointer")?;
            if !json {
                node.wrong("body", "the request has no JSON body: expected `body: {json: …}` in `http`");
            }
            if pointer.tokens().is_empty() {
                node.wrong("pointer", "expected a place in the body, such as /start_cursor");
            }
            Some(PagePlace::Body(pointer))
        }
        (Some(_), Some(node)) => {
            node.wrong("oneOf", "expected either `query` or `body`");
            None
        }
        (None, None) => {
            object.node.wrong("required", "expected the key `query`, a parameter, or `body`, a place in the JSON body");
            None
        }
    }
}
