//! What a definition would change of a group, before it is saved.

use std::collections::BTreeSet;
use std::sync::Arc;

use lockgate_domain::{
    Comparison, ConnectorName, Consent, EgressDefinition, GroupDefinition, GroupReference, Scope, Verdict,
};
use serde::Serialize;

use crate::catalog::connections::Connection;
use crate::change::connectors::ListEdits;
use crate::query::Queries;
use crate::query::connectors::compare;
use crate::{FlowError, SchemaBreak, ValueChange};

/// What a definition would change.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "GroupDiff")]
pub struct GroupDiff {
    /// Places of the definition, with what they have in the saved and in the new one; absent is `null`.
    pub changes: Vec<ValueChange>,
    /// Declarative connectors that would get a new version.
    pub saved: Vec<ConnectorName>,
    /// Those that would be deleted.
    pub removed: Vec<ConnectorName>,
    /// Where callers may fail then.
    pub breaks: Vec<SchemaBreak>,
    /// What an admin would have to accept.
    pub review: ReviewNeeded,
}

/// Connections that would go under review.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(inline)]
pub struct ReviewNeeded {
    /// How many: calls with them are refused until an admin accepts the change.
    pub connections: usize,
    /// What becomes wider or different for them.
    pub texts: BTreeSet<String>,
}

impl Queries<'_> {
    /// What a definition would change of a group.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::ReadOnly`], [`FlowError::Definition`], [`FlowError::ConnectorTaken`].
    pub async fn diff_group(
        self,
        scope: &Scope,
        reference: &GroupReference,
        definition: &GroupDefinition,
    ) -> Result<GroupDiff, FlowError> {
        let group = self.0.catalog().find_owned_group(scope, reference, None)?;
        let checked = self.0.changes().check_group(*scope, Some(group.stored.id), definition.clone()).await?;
        let (definition, listed) = checked.parts();
        let edits = match listed {
            Some(listed) => ListEdits::of(&group, listed)?,
            None => ListEdits::default(),
        };
        let (before, after) = (json(&group.stored.definition), json(definition));
        let mut changes = Vec::new();
        compare(&before, &after, "", &mut changes);
        let egress = definition.egress().map_err(FlowError::Definition)?;
        let (saved, removed, breaks) = edits.shown(&group);
        let catalog = self.0.catalog();
        let connections = catalog.connections(&group.stored.id).into_iter().flat_map(|all| all.iter());
        let review = review(connections.filter(|one| !one.review), &egress);
        Ok(GroupDiff { changes, saved, removed, breaks, review })
    }
}

/// What connections that work now would have to be reviewed for.
pub(crate) fn review<'c>(
    connections: impl Iterator<Item = &'c Arc<Connection>>,
    egress: &EgressDefinition,
) -> ReviewNeeded {
    let mut needed = ReviewNeeded::default();
    for one in connections {
        let Some(before) = &one.stored.consent else { continue };
        let comparison: Comparison = before.compare(&Consent::of(egress, &one.stored.methods));
        if comparison.verdict() == Verdict::Different {
            needed.connections += 1;
            let wider = comparison.changes.into_iter().filter(|change| change.wider);
            needed.texts.extend(wider.map(|change| change.text));
        }
    }
    needed
}

fn json(definition: &GroupDefinition) -> serde_json::Value {
    serde_json::to_value(definition).unwrap_or_default()
}
