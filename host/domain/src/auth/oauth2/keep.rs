//! Values of the callback and of replies that are kept: an account's own address, the id of a team.

use std::collections::{BTreeMap, BTreeSet};

use regex_lite::{Regex, RegexBuilder};

use super::Reply;
use crate::FieldName;
use crate::auth::login::{TOKEN, pointer};
use crate::reader::Node;

pub(crate) const KEPT_MAX: usize = 16;
pub(crate) const PATTERN_MAX: usize = 512;
const PATTERN_MAX_BYTES: usize = 64 * 1024;
/// Bytes of one kept value: it stands in a URL or a header.
pub(super) const VALUE_MAX: usize = 2048;

/// Values that are kept. One whose name is a field of the activation fills that field.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Keep {
    /// Values of the reply, by field: JSON pointers.
    pub reply: BTreeMap<FieldName, KeepFrom>,
    /// Parameters of the callback, by field.
    pub callback: BTreeMap<FieldName, KeepFrom>,
    /// The kept fields that are not secret.
    pub visible: BTreeSet<FieldName>,
}

/// Where a kept value is from.
#[derive(Debug, Clone)]
pub struct KeepFrom {
    /// A JSON pointer of the reply, or a parameter of the callback.
    pub from: String,
    /// What of the value is kept: the first group of the expression, which must match.
    pattern: Option<(String, Regex)>,
}

impl PartialEq for KeepFrom {
    fn eq(&self, other: &Self) -> bool {
        self.from == other.from && self.source() == other.source()
    }
}

impl KeepFrom {
    fn source(&self) -> Option<&str> {
        self.pattern.as_ref().map(|(source, _)| source.as_str())
    }

    /// What is kept of a value; none where the value has not the form that is expected.
    pub fn kept<'v>(&self, value: &'v str) -> Option<&'v str> {
        let kept = match &self.pattern {
            None => value,
            Some((_, regex)) => regex.captures(value)?.get(1)?.as_str(),
        };
        let fits = !kept.is_empty() && kept.len() <= VALUE_MAX && !kept.bytes().any(|byte| byte.is_ascii_control());
        fits.then_some(kept)
    }

    fn read(node: &Node<'_>, from: impl Fn(&Node<'_>) -> Option<String>) -> Option<Self> {
        if !node.value.is_object() {
            return Some(Self { from: from(node)?, pattern: None });
        }
        let mut object = node.object()?;
        let place = object.required("from").and_then(|node| from(&node));
        let pattern = object.required("pattern").and_then(|node| read_pattern(&node));
        object.end();
        Some(Self { from: place?, pattern: Some(pattern?) })
    }
}

/// In one spelling, for consents.
impl std::fmt::Display for KeepFrom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.from)?;
        self.source().iter().try_for_each(|source| write!(f, " ~ {source}"))
    }
}

fn read_pattern(node: &Node<'_>) -> Option<(String, Regex)> {
    let source = node.prose(PATTERN_MAX)?;
    let compile = |source: &str| RegexBuilder::new(source).size_limit(PATTERN_MAX_BYTES).build();
    let regex = compile(&source).and_then(|_| compile(&format!("^(?:{source})$")));
    let regex = regex.map_err(|error| node.wrong("pattern", format!("no regular expression: {error}"))).ok()?;
    if regex.captures_len() != 2 {
        node.wrong("pattern", "expected one group, which is what is kept: `https://([a-z]+)[.]acme[.]example`");
    }
    Some((source, regex))
}

impl Keep {
    /// `code` is the name of the callback's parameter with the code.
    pub(super) fn read(node: &Node<'_>, places: &Reply, code: &str) -> Self {
        let Some(mut object) = node.object() else { return Self::default() };
        let reply = object.optional("reply").map(|node| node.entries(KEPT_MAX)).unwrap_or_default();
        let callback = object.optional("callback").map(|node| node.entries(KEPT_MAX)).unwrap_or_default();
        let visible = object.optional("visible").map(|node| node.items(KEPT_MAX)).unwrap_or_default();
        object.end();
        let taken = |(name, node): &(FieldName, Node<'_>)| {
            if name.as_str() == TOKEN {
                node.wrong("name", "`token` is the access token");
            }
        };
        reply.iter().chain(&callback).for_each(taken);
        let reply: BTreeMap<_, _> = reply
            .into_iter()
            .filter_map(|(name, node)| {
                let kept = KeepFrom::read(&node, pointer)?;
                // Whoever reads visible values would read the tokens.
                if [&places.access_token, &places.refresh_token].contains(&&kept.from) {
                    node.wrong("pointer", "this is a token: it is kept anyway, and shown to nobody");
                }
                Some((name, kept))
            })
            .collect();
        let parameter = |node: &Node<'_>| {
            let name = node.prose(256)?;
            // By its own name too: a provider may send both.
            if ["code", "state", code].contains(&name.as_str()) {
                node.wrong("name", "the code and `state` are used once and not kept");
            }
            Some(name)
        };
        let callback: BTreeMap<_, _> =
            callback.into_iter().filter_map(|(name, node)| Some((name, KeepFrom::read(&node, parameter)?))).collect();
        let visible = visible.iter().filter_map(|node| {
            let name: FieldName = node.parse("name")?;
            if !reply.contains_key(&name) && !callback.contains_key(&name) {
                node.wrong("enum", format!("`{name}` is not among the kept values"));
            }
            Some(name)
        });
        let visible = visible.collect();
        Self { reply, callback, visible }
    }

    /// Whether a value of that name is kept.
    pub fn has(&self, name: &FieldName) -> bool {
        self.reply.contains_key(name) || self.callback.contains_key(name)
    }
}
