//! Which messages a message leads to, and over how many others.

use std::collections::{HashMap, VecDeque};

use crate::table::{Form, MessageId, Tables};

pub(super) struct Reachable {
    distances: HashMap<MessageId, usize>,
    depth: usize,
}

impl Reachable {
    pub(super) fn from(tables: &Tables, root: MessageId) -> Self {
        let mut distances = HashMap::from([(root, 0)]);
        let mut open = VecDeque::from([(root, 0)]);
        let mut depth = 0;
        while let Some((id, distance)) = open.pop_front() {
            depth = depth.max(distance);
            let message = tables.message(id).filter(|own| matches!(own.form, Form::Object | Form::Entry));
            for next in message.into_iter().flat_map(|own| &own.fields).filter_map(|field| field.kind.message()) {
                distances.entry(next).or_insert_with(|| {
                    // An entry is no message of its own in JSON.
                    let is_entry = tables.message(next).is_some_and(|own| own.form == Form::Entry);
                    let further = distance + usize::from(!is_entry);
                    open.push_back((next, further));
                    further
                });
            }
        }
        Self { distances, depth }
    }

    /// Of the message that is furthest away.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    pub(super) fn distance(&self, id: MessageId) -> usize {
        self.distances.get(&id).copied().unwrap_or(usize::MAX)
    }
}
