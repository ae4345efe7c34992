//! The request that tells whether a connection works.

use crate::reader::{Node, Object};

/// A request to the group's base address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verify {
    /// `GET`, `HEAD` or `POST`.
    pub method: &'static str,
    /// The path behind `base_url`, resolved.
    pub path: String,
    /// The statuses that mean yes.
    pub statuses: Vec<u16>,
}

const METHODS: [(&str, &str); 3] = [("GET", "GET"), ("HEAD", "HEAD"), ("POST", "POST")];

impl Verify {
    pub(super) fn read(at: &Node<'_>) -> Option<Self> {
        let mut object = at.object()?;
        let method = object.optional("method").and_then(|at| at.choice(&METHODS)).unwrap_or("GET");
        let path = object.required("path").and_then(|at| {
            let refused = |error| at.wrong("path", format!("{error}"));
            crate::destination::resolve(at.text()?).map_err(refused).ok()
        });
        let expect = object.optional("expect").and_then(|at| at.object());
        object.end();
        let statuses = expect.map_or_else(|| vec![200], statuses);
        Some(Self { method, path: path?, statuses })
    }
}

fn statuses(mut expect: Object<'_>) -> Vec<u16> {
    let status = |at: &Node<'_>| at.number(100, 599).and_then(|status| u16::try_from(status).ok());
    let statuses = match expect.required("status") {
        Some(at) if at.value.is_array() => at.items(32).iter().filter_map(status).collect(),
        Some(at) => status(&at).into_iter().collect(),
        None => Vec::new(),
    };
    expect.end();
    statuses
}
