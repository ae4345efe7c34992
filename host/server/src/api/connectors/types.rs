//! What is shown of connectors and of their versions.

use lockgate_domain::{ConnectorName, Digest, Hints, Limits, PluginName, TokenId};
use lockgate_flow::{Connector, Source, StoredVersion};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::openapi::texts::{AnyJson, AnyObject, AnySchema};
use crate::time::Time;

/// The members of a definition or manifest that a list shows.
const BRIEF: [&str; 4] = ["title", "description", "tags", "hints"];

/// A connector in a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ConnectorSummary")]
pub(super) struct Summary {
    #[serde(flatten)]
    head: Head,
    #[serde(flatten)]
    #[schemars(with = "Brief")]
    own: Map<String, Value>,
}

/// A connector alone.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Connector")]
pub(super) struct Whole {
    #[serde(flatten)]
    head: Head,
    #[serde(flatten)]
    #[schemars(with = "Own")]
    own: Map<String, Value>,
    /// Those in force. What its definition sets is in `definition`.
    limits: Limits,
    /// A declarative connector as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AnyObject")]
    definition: Option<Value>,
}

/// What the host says of it.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Head {
    /// Its name in the group.
    name: ConnectorName,
    /// Of which type it is.
    #[schemars(extend("enum" = ["function", "http", "database"]))]
    r#type: &'static str,
    /// Whether it can be called.
    enabled: bool,
    /// The plugin that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<Plugin>,
    /// The number of the current version, of a declarative connector.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    version: Option<i64>,
    /// When it was made, of a declarative connector.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Time>,
    /// When it was changed last, of a declarative connector.
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<Time>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Plugin {
    /// Its name.
    name: PluginName,
    /// Its bytes.
    digest: Digest,
    /// The author's version.
    version: String,
}

/// What it says of itself, as its definition or manifest has it.
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "the members are copied as they were written; this is what they look like")]
struct Brief {
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// What it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Words to find it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<String>>,
    /// What a caller may assume. Absent means unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    hints: Option<Hints>,
}

/// The same and what a list leaves out.
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "the members are copied as they were written; this is what they look like")]
struct Own {
    #[serde(flatten)]
    brief: Brief,
    input_schema: AnySchema,
    output_schema: AnySchema,
    /// Calls that work.
    #[serde(skip_serializing_if = "Option::is_none")]
    examples: Option<Vec<Example>>,
    /// The request of a declarative connector.
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<AnyObject>,
    /// The statement of a declarative connector.
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<AnyObject>,
}

#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "the members are copied as they were written; this is what they look like")]
struct Example {
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    input: AnyJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<AnyJson>,
}

impl Head {
    /// The head, and the members that the connector itself has.
    fn of(connector: &Connector) -> (Self, Map<String, Value>) {
        let (head, own) = match &connector.source {
            Source::Plugin { plugin, .. } => {
                let (plugin, manifest) = (&plugin.stored, connector.manifest());
                let shown = Plugin {
                    name: plugin.name.clone(),
                    digest: plugin.digest,
                    version: plugin.manifest.version.clone(),
                };
                let name = connector.name.clone();
                let head = Self {
                    name,
                    r#type: "function",
                    enabled: true,
                    plugin: Some(shown),
                    version: None,
                    created_at: None,
                    updated_at: None,
                };
                (head, manifest.and_then(|manifest| serde_json::to_value(manifest).ok()))
            }
            Source::Definition(entry) => {
                let (stored, definition) = (&entry.stored, &entry.stored.definition);
                let head = Self {
                    name: definition.name.clone(),
                    r#type: definition.action.kind(),
                    enabled: definition.enabled,
                    plugin: None,
                    version: Some(stored.number),
                    created_at: Some(Time(stored.created_at)),
                    updated_at: Some(Time(stored.updated_at)),
                };
                (head, Some(definition.written.value()))
            }
        };
        match own {
            Some(Value::Object(own)) => (head, own),
            Some(_) | None => (head, Map::new()),
        }
    }
}

impl Summary {
    pub(super) fn of(connector: &Connector) -> Self {
        let (head, mut own) = Head::of(connector);
        own.retain(|key, _| BRIEF.contains(&key.as_str()));
        Self { head, own }
    }
}

impl Whole {
    pub(super) fn of(connector: &Connector) -> Self {
        let (head, own) = Head::of(connector);
        let definition = connector.definition().map(|entry| entry.stored.definition.written.value());
        Self { head, own, limits: connector.limits, definition }
    }
}

/// A version in a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ConnectorVersion")]
pub(super) struct Version {
    /// From 1, in the order of saving.
    #[schemars(range(min = 0))]
    number: i64,
    /// Whether calls run it.
    current: bool,
    /// When it was saved.
    created_at: Time,
    /// The token that saved it; null for a ready-made one.
    token: Option<TokenId>,
    /// Whether no rollback goes to it.
    bad: bool,
}

/// A version alone.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ConnectorVersionWithDefinition")]
pub(super) struct WholeVersion {
    #[serde(flatten)]
    version: Version,
    /// As it was written.
    #[schemars(with = "AnyObject")]
    definition: Value,
}

impl Version {
    pub(super) fn of(current: i64, version: &StoredVersion) -> Self {
        Self {
            number: version.number,
            current: version.number == current,
            created_at: Time(version.created_at),
            token: version.token,
            bad: version.bad,
        }
    }
}

impl WholeVersion {
    pub(super) fn of(current: i64, version: &StoredVersion) -> Self {
        Self { version: Version::of(current, version), definition: version.definition.written.value() }
    }
}

/// Which version calls are to run.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CurrentVersion {
    /// Its number.
    #[schemars(range(min = 0))]
    pub(super) version: i64,
}
