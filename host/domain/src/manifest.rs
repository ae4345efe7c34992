//! The manifest of a plugin: the JSON text that `describe` returns.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{ConnectorName, JsonText, PluginName};

/// The published schema that a manifest is checked against, as text.
pub const MANIFEST_SCHEMA: &str = include_str!("../../../wit/manifest.schema.json");

/// A plugin's manifest. Keys that this host does not know are kept, so that a newer SDK works with an older host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The plugin's name; versions of one name in one group replace each other.
    pub name: PluginName,
    /// The author's version, for people.
    pub version: String,
    /// A short name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What the plugin is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The SDK that made the component.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdk: Option<Sdk>,
    /// Wanted capabilities, by name; those that no host knows yet are kept as text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
    /// The URLs that the connectors want to call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub destinations: Vec<String>,
    /// Names of the credentials that they expect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<String>,
    /// The plugin's connectors.
    pub connectors: Vec<ConnectorManifest>,
    /// Keys of a later version of the schema.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

/// The SDK that made a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Sdk {
    /// Such as `lockgate-sdk`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// One connector of a manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectorManifest {
    /// Unique in the group.
    pub name: ConnectorName,
    /// A short name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What the connector does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON Schema of the input.
    pub input_schema: JsonText,
    /// JSON Schema of the output.
    pub output_schema: JsonText,
    /// Inputs to try, with the outputs that they give.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Example>,
    /// Keywords for searches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What a caller may assume about its effects.
    #[serde(default, skip_serializing_if = "Hints::is_empty")]
    pub hints: Hints,
    /// Keys of a later version of the schema.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

/// An example of an input, and of its output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// A title for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The input.
    pub input: JsonText,
    /// The output that it gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<JsonText>,
}

/// What a caller may assume of a connector; absent means unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Hints {
    /// Whether calls change nothing outside of the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
    /// Whether repeating a call has no further effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotent: Option<bool>,
    /// Whether calls may remove or overwrite something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destructive: Option<bool>,
}

impl Hints {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
