//! The document of a group as it travels: its definition with all connectors, which plugins it has, and which secrets a
//! connection and an installation will need. No value of a secret, no id, no scope and no time is in it.

use std::collections::BTreeMap;

use lockgate_domain::{Digest, GroupDefinition, ObjectsOnly, PluginName, Violation};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::needs::Needs;
use crate::{FlowError, Group};

/// Plugins of one group: each is a component of some megabytes.
const PLUGINS_MAX: usize = 64;

/// A plugin that a group has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PluginUse {
    /// Its name; versions of one name replace each other.
    pub(crate) name: PluginName,
    /// The author's version.
    pub(crate) version: String,
    /// Of its bytes.
    pub(crate) digest: Digest,
}

impl PluginUse {
    /// The plugins whose connectors can be called, by name.
    pub(crate) fn all_of(group: &Group) -> Vec<Self> {
        let current = group.plugins.iter().filter(|plugin| plugin.stored.current).map(|plugin| Self {
            name: plugin.stored.name.clone(),
            version: plugin.stored.manifest.version.clone(),
            digest: plugin.stored.digest,
        });
        let mut all: Vec<_> = current.collect();
        all.sort_unstable();
        all
    }
}

/// A group's document.
#[derive(Debug, Clone)]
pub(crate) struct GroupDocument {
    pub(crate) definition: GroupDefinition,
    /// Its plugins; none leaves them as they are.
    pub(crate) plugins: Option<Vec<PluginUse>>,
}

/// The document of a group.
pub(crate) fn of_group(group: &Group) -> Value {
    let definition = serde_json::to_value(&group.stored.definition).unwrap_or_default();
    let Value::Object(mut members) = definition else { return Value::Null };
    // What everybody has by default says nothing.
    let by_default = |key: &str, value: &Value| match key {
        "limits" => value.as_object().is_some_and(Map::is_empty),
        "enabled" => *value == Value::Bool(true),
        _ => false,
    };
    members.retain(|key, value| !by_default(key, value));
    // As they were saved: a connector that comes back is the same version.
    let connectors = group.definitions().map(|entry| entry.stored.definition.written.value());
    members.insert("connectors".to_owned(), connectors.collect());
    members.insert("plugins".to_owned(), serde_json::to_value(PluginUse::all_of(group)).unwrap_or_default());
    let needs = Needs::of(&group.egress);
    if !needs.is_empty() {
        members.insert("needs".to_owned(), serde_json::to_value(needs).unwrap_or_default());
    }
    Value::Object(members)
}

/// Reads a document.
///
/// # Errors
/// [`FlowError::Definition`].
pub(crate) fn read(mut value: Value) -> Result<GroupDocument, FlowError> {
    let mut take = |key: &str| value.as_object_mut().and_then(|members| members.remove(key));
    let (plugins, needs) = (take("plugins"), take("needs"));
    let definition = GroupDefinition::read(value).map_err(FlowError::Definition)?;
    let plugins = plugins.map(plugins_of).transpose()?;
    if let Some(needs) = needs {
        stated(&needs, &definition)?;
    }
    Ok(GroupDocument { definition, plugins })
}

fn plugins_of(value: Value) -> Result<Vec<PluginUse>, FlowError> {
    let refused = |pointer: String, rule: &str, detail: String| {
        FlowError::Definition(vec![Violation::new(format!("/plugins{pointer}"), rule, detail)])
    };
    let Value::Array(items) = value else {
        return Err(refused(String::new(), "type", "expected a list".to_owned()));
    };
    if items.len() > PLUGINS_MAX {
        return Err(refused(String::new(), "maxItems", format!("expected at most {PLUGINS_MAX}")));
    }
    let mut by_name = BTreeMap::new();
    for (index, item) in items.into_iter().enumerate() {
        let plugin: PluginUse =
            ObjectsOnly::of_value(item).map_err(|error| refused(format!("/{index}"), "shape", error.to_string()))?;
        if by_name.insert(plugin.name.clone(), plugin).is_some() {
            return Err(refused(format!("/{index}/name"), "uniqueNames", "the plugin is listed twice".to_owned()));
        }
    }
    Ok(by_name.into_values().collect())
}

/// What a document says of secrets follows from its definition. One that says something else was changed by half.
fn stated(needs: &Value, definition: &GroupDefinition) -> Result<(), FlowError> {
    // A definition that breaks rules is refused for these.
    let Ok(egress) = definition.egress() else { return Ok(()) };
    let own = serde_json::to_value(Needs::of(&egress)).unwrap_or_default();
    if *needs == own {
        return Ok(());
    }
    let detail = format!("follows from the definition: expected {own}, or no `needs`");
    Err(FlowError::Definition(vec![Violation::new("/needs", "const", detail)]))
}
