//! What the connections of groups can do now, in lists of groups: a list of connections would take a request for each group.

use std::collections::{BTreeMap, HashMap};

use lockgate_domain::{Caller, GroupReference, Scope};

use crate::App;
use crate::api::connections::state_now;
use crate::response::Refusal;

/// How many connections are in a state.
pub(super) type States = BTreeMap<&'static str, usize>;

/// How many connections of the scope are in which state, for each of these groups that has any which the caller sees.
pub(super) async fn states<'a>(
    app: &App,
    (scope, caller): (&Scope, &Caller),
    groups: impl Iterator<Item = &'a GroupReference>,
) -> Result<HashMap<GroupReference, States>, Refusal> {
    let queries = app.host.queries();
    // A group that is deleted meanwhile has none.
    let found: Vec<_> = groups
        .flat_map(|group| {
            let own = queries.connections(scope, group, caller).unwrap_or_default();
            own.into_iter().map(move |connection| (group, connection))
        })
        .collect();
    let tokens = queries.tokens_of_each(found.iter().map(|(_, connection)| connection)).await?;
    let mut states: HashMap<GroupReference, States> = HashMap::new();
    for (group, connection) in &found {
        let known = tokens.get(&connection.stored.id).map_or(&[][..], Vec::as_slice);
        let own = states.entry((*group).clone()).or_default();
        *own.entry(state_now(connection, known)).or_default() += 1;
    }
    Ok(states)
}
