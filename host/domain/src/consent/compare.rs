//! The differences between two consents, and whether an admin must review them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};

use super::{Consent, Revealed, Used};
use crate::ResourceType;
use crate::destination::Destination;

/// The difference between what a connection was made for and what its group is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The changes, in the order of the definition.
    pub changes: Vec<Change>,
}

/// One difference between two definitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// A line for the person who reviews it.
    pub text: String,
    /// Whether it lets a value go where it could not go before.
    pub wider: bool,
}

/// The consequence of a difference for the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing changed.
    Same,
    /// Less is possible than before: the connection stays as it is.
    Narrower,
    /// Something else or more is possible: an admin must accept it.
    Different,
}

impl Comparison {
    /// The strictest verdict of all changes.
    pub fn verdict(&self) -> Verdict {
        match self.changes.as_slice() {
            [] => Verdict::Same,
            changes if changes.iter().any(|change| change.wider) => Verdict::Different,
            _ => Verdict::Narrower,
        }
    }
}

/// A line for each change; those to accept are marked with `!`.
impl Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.changes
            .iter()
            .try_for_each(|change| writeln!(f, "{} {}", if change.wider { '!' } else { ' ' }, change.text))
    }
}

pub(super) fn compare(before: &Consent, now: &Consent) -> Comparison {
    let mut changes = Changes(Vec::new());
    if before.resource_type != now.resource_type {
        let wider = now.resource_type == ResourceType::Internal;
        changes.add(wider, format!("resource_type: {} -> {}", word(before.resource_type), word(now.resource_type)));
    }
    changes.value("base_url", before.base_url.as_ref(), now.base_url.as_ref());
    let filling: BTreeSet<_> = before.defaults.keys().chain(now.defaults.keys()).collect();
    for name in filling {
        changes.value(&format!("field {name}, default"), before.defaults.get(name), now.defaults.get(name));
    }
    changes.destinations(&before.destinations, &now.destinations);
    changes.set("certificate_authorities", &before.certificate_authorities, &now.certificate_authorities);
    changes.revealed("fields", &before.fields, &now.fields);
    let names: BTreeSet<_> = before.credentials.keys().chain(now.credentials.keys()).collect();
    for name in names {
        let at = format!("credential {name}");
        match (before.credentials.get(name), now.credentials.get(name)) {
            (Some(before), Some(now)) => changes.used(&at, before, now),
            (Some(_), None) => changes.add(false, format!("- {at}")),
            (None, Some(used)) => changes.add(true, format!("+ {at}: method {}", used.method)),
            (None, None) => {}
        }
    }
    Comparison { changes: changes.0 }
}

struct Changes(Vec<Change>);

impl Changes {
    fn add(&mut self, wider: bool, text: String) {
        self.0.push(Change { text, wider });
    }

    /// Compares a value: its removal is narrower, everything else is wider.
    fn value(&mut self, at: &str, before: Option<&String>, now: Option<&String>) {
        match (before, now) {
            (Some(before), Some(now)) if before != now => self.add(true, format!("{at}: {before} -> {now}")),
            (Some(before), None) => self.add(false, format!("- {at}: {before}")),
            (None, Some(now)) => self.add(true, format!("+ {at}: {now}")),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    /// Compares a set: a removal is narrower, an addition is wider.
    fn set<T: Ord + Display>(&mut self, at: &str, before: &BTreeSet<T>, now: &BTreeSet<T>) {
        before.difference(now).for_each(|gone| self.add(false, format!("- {at}: {gone}")));
        now.difference(before).for_each(|new| self.add(true, format!("+ {at}: {new}")));
    }

    fn revealed(&mut self, at: &str, before: &Revealed, now: &Revealed) {
        self.set(&format!("{at}, visible"), &before.visible, &now.visible);
        self.set(&format!("{at}, use: sign"), &before.sign, &now.sign);
    }

    /// Compares what differs from a standard: to be as the standard says is a change like any other.
    fn differences(&mut self, at: &str, before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) {
        let parts: BTreeSet<_> = before.keys().chain(now.keys()).collect();
        let text = |one: Option<&String>| one.map_or_else(|| "as the standard says".to_owned(), String::clone);
        for part in parts.into_iter().filter(|part| before.get(*part) != now.get(*part)) {
            let (before, now) = (text(before.get(part)), text(now.get(part)));
            self.add(true, format!("{at}, {part}: {before} -> {now}"));
        }
    }

    fn used(&mut self, at: &str, before: &Used, now: &Used) {
        if (&before.method, &before.method_type) != (&now.method, &now.method_type) {
            let (before, now) = ((&before.method, &before.method_type), (&now.method, &now.method_type));
            self.add(true, format!("{at}: method {} ({}) -> {} ({})", before.0, before.1, now.0, now.1));
        }
        self.set(&format!("{at}, placement"), &before.placements, &now.placements);
        let parts: BTreeSet<_> = before.urls.keys().chain(now.urls.keys()).collect();
        for part in parts {
            self.value(&format!("{at}, {part}"), before.urls.get(part), now.urls.get(part));
        }
        self.differences(at, &before.reply, &now.reply);
        let kept: BTreeSet<_> = before.kept.keys().chain(now.kept.keys()).collect();
        for name in kept {
            self.value(&format!("{at}, keep.{name}"), before.kept.get(name), now.kept.get(name));
        }
        self.revealed(&format!("{at}, fields"), &before.fields, &now.fields);
    }

    /// A destination may go away or become smaller, as long as no request gets what it did not get before: a request
    /// goes by the most specific destination, so one that went away may leave its requests to another.
    fn destinations(&mut self, before: &BTreeSet<Destination>, now: &BTreeSet<Destination>) {
        for gone in before.difference(now) {
            let inherited = now.iter().any(|other| inherits(before, other, gone));
            self.add(inherited, format!("- destination {gone}"));
        }
        for new in now.difference(before) {
            let known = before.iter().any(|old| allowed(old, new));
            let less_specific = |old: &&Destination| old.specificity() < new.specificity();
            let taken = before.iter().filter(less_specific).any(|old| inherits(before, new, old));
            self.add(!known || taken, format!("+ destination {new}"));
        }
    }
}

/// Whether every request of `new` could be made under `old`, with the same credential or one more, and as freely.
fn allowed(old: &Destination, new: &Destination) -> bool {
    old.covers(new)
        && (new.credential.is_none() || old.credential == new.credential)
        && (old.plaintext || !new.plaintext)
        && (old.tenant_private || !new.tenant_private)
}

/// Whether requests that went by `old` may now go by `new` and get what `old` did not give them. They did not go by
/// `old` if a more specific destination matched all of `new` already, with the same credential. Two that are equally
/// specific never match the same request: that is refused when a definition is read, and when values are fixed in it.
fn inherits(before: &BTreeSet<Destination>, new: &Destination, old: &Destination) -> bool {
    let credential = new.credential.is_some() && (new.credential != old.credential || new.plaintext && !old.plaintext);
    let more_specific = |other: &Destination| other.specificity() >= old.specificity() && allowed(other, new);
    let slashes = new.rule.encoded_slashes() && !old.rule.encoded_slashes();
    (credential || slashes || new.tenant_private && !old.tenant_private)
        && new.overlaps(old)
        && !before.iter().any(more_specific)
}

fn word(resource_type: ResourceType) -> &'static str {
    match resource_type {
        ResourceType::External => "EXTERNAL",
        ResourceType::Internal => "INTERNAL",
    }
}
