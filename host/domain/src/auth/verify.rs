//! The request that tells whether a connection works.

use crate::reader::{Node, Object};

/// The request that checks whether a connection's credentials are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verify {
    /// `GET`, `HEAD` or `POST`.
    pub method: &'static str,
    /// The path after `base_url`, without dot segments.
    pub path: String,
    /// The statuses by which the upstream accepts the credentials.
    pub statuses: Vec<u16>,
}

/// More than a system has for one meaning.
pub(crate) const STATUSES_MAX: usize = 32;
pub(crate) const METHODS: [(&str, &str); 3] = [("GET", "GET"), ("HEAD", "HEAD"), ("POST", "POST")];

impl Verify {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut object = node.object()?;
        let method = object.optional("method").and_then(|node| node.choice(&METHODS)).unwrap_or("GET");
        let path = object.required("path").and_then(|node| {
            let refused = |error| node.wrong("path", format!("{error}"));
            crate::destination::resolve(node.text()?).map_err(refused).ok()
        });
        let expect = object.optional("expect").and_then(|node| node.object());
        object.end();
        let statuses = expect.map_or_else(|| vec![200], statuses);
        Some(Self { method, path: path?, statuses })
    }
}

fn statuses(mut expect: Object<'_>) -> Vec<u16> {
    let status = |node: &Node<'_>| node.number(100, 599).and_then(|status| u16::try_from(status).ok());
    let statuses = match expect.required("status") {
        Some(node) if node.value.is_array() => node.items(STATUSES_MAX).iter().filter_map(status).collect(),
        Some(node) => status(&node).into_iter().collect(),
        None => Vec::new(),
    };
    expect.end();
    statuses
}
