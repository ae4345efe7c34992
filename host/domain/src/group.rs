//! `group.yaml`: the definition of a connector group, body of the API and file of the command line.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::objects_only::ObjectsOnly;
use crate::reader::Violations;
use crate::{
    Authority, Capability, EgressDefinition, LimitsPatch, Protos, ResourceType, Slug, Use, Violation, authorities,
};

/// The value of `apiVersion`.
pub const API_VERSION: &str = "lockgate/v1";
/// The value of `kind`.
pub const KIND: &str = "Group";

/// A group as people write it. Unknown keys are errors. Its egress rules are kept as they were written;
/// [`GroupDefinition::egress`] reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupDefinition {
    /// Always [`API_VERSION`].
    #[serde(rename = "apiVersion", default = "api_version")]
    pub api_version: String,
    /// Always [`KIND`].
    #[serde(default = "kind")]
    pub kind: String,
    /// Unique in its scope; never changes.
    pub slug: Slug,
    /// For people; unique in its scope.
    pub name: String,
    /// What the group is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The URL of an icon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Documentation of the outside system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documentation_url: Option<String>,
    /// Whether its destinations may have private addresses.
    pub resource_type: ResourceType,
    /// The URL that relative URLs of its requests are resolved against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<Value>,
    /// What a connection needs; without it there are no connections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<Value>,
    /// The destinations that its requests may go to; without this key none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destinations: Option<Value>,
    /// The certificate authorities that it trusts, beside those that every group trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_authorities: Option<Value>,
    /// Where the descriptors of its gRPC messages come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protos: Option<Value>,
    /// The connectors that its code may call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<Value>,
    /// Keywords for searches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Non-secret values that its plugins can read.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub settings: Map<String, Value>,
    /// The capabilities that its plugins may import.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub capabilities: BTreeSet<Capability>,
    /// Limits that differ from the defaults.
    #[serde(default)]
    pub limits: LimitsPatch,
    /// Its declarative connectors, each as written. The stored group has them apart, as versions; without this key a
    /// change leaves them as they are.
    #[serde(default, skip_serializing)]
    pub connectors: Option<Vec<Value>>,
    /// Whether its connectors can be called.
    #[serde(default = "enabled")]
    pub enabled: bool,
}

fn api_version() -> String {
    API_VERSION.to_owned()
}

fn kind() -> String {
    KIND.to_owned()
}

fn enabled() -> bool {
    true
}

/// Characters of a name for people.
pub(crate) const NAME_MAX: usize = 200;
/// Characters of a description: a page of text.
pub(crate) const DESCRIPTION_MAX: usize = 8192;
pub(crate) const TAGS_MAX: usize = 32;
pub(crate) const TAG_MAX: usize = 64;
/// Settings are read by guests in one piece, so their size is bounded like a small document.
const SETTINGS_MAX_BYTES: usize = 64 * 1024;

/// A part of a path as one of a JSON pointer (RFC 6901); none for what is no key of the document.
fn part(segment: &serde_path_to_error::Segment) -> Option<String> {
    use serde_path_to_error::Segment;
    match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

impl GroupDefinition {
    /// Reads a definition. What does not have its shape is reported at the key that was written.
    ///
    /// # Errors
    /// The first place that has another shape.
    pub fn read(written: Value) -> Result<Self, Vec<Violation>> {
        serde_path_to_error::deserialize(ObjectsOnly(written)).map_err(|error| {
            let pointer: String = error.path().iter().filter_map(part).collect();
            vec![Violation::new(pointer, "shape", error.inner().to_string())]
        })
    }

    /// Everything that breaks a rule which the types don't already hold.
    pub fn violations(&self) -> Vec<Violation> {
        let mut violations = Vec::new();
        let mut rule = |holds: bool, pointer: &str, rule: &str, detail: &str| {
            if !holds {
                violations.push(Violation::new(pointer, rule, detail));
            }
        };
        rule(self.api_version == API_VERSION, "/apiVersion", "const", "expected `lockgate/v1`");
        rule(self.kind == KIND, "/kind", "const", "expected `Group`");
        rule(line(&self.name, 1, NAME_MAX), "/name", "text", "expected 1 to 200 characters on one line");
        rule(
            self.description.as_ref().is_none_or(|text| text.chars().count() <= DESCRIPTION_MAX),
            "/description",
            "maxLength",
            "expected at most 8192 characters",
        );
        for (url, pointer) in [(&self.image_url, "/image_url"), (&self.documentation_url, "/documentation_url")] {
            let web = |url: &String| line(url, 9, 2048) && (url.starts_with("https://") || url.starts_with("http://"));
            rule(
                url.as_ref().is_none_or(web),
                pointer,
                "url",
                "expected an http or https URL of at most 2048 characters",
            );
        }
        rule(self.tags.len() <= TAGS_MAX, "/tags", "maxItems", "expected at most 32 tags");
        rule(self.tags.iter().all(|tag| line(tag, 1, TAG_MAX)), "/tags", "text", "expected tags of 1 to 64 characters");
        let settings = serde_json::to_string(&self.settings).map_or(usize::MAX, |text| text.len());
        rule(settings <= SETTINGS_MAX_BYTES, "/settings", "size", "expected at most 65536 bytes of JSON");
        violations.extend(self.limits.violations("/limits"));
        violations.extend(self.egress().err().into_iter().flatten());
        violations.extend(self.protos().err().into_iter().flatten());
        violations.extend(self.uses().err().into_iter().flatten());
        violations
    }

    /// The egress rules of the group.
    ///
    /// # Errors
    /// Every rule that `base_url`, `activation`, `destinations` and `certificate_authorities` break.
    pub fn egress(&self) -> Result<EgressDefinition, Vec<Violation>> {
        let (base, activation) = (self.base_url.as_ref(), self.activation.as_ref());
        let (destinations, authorities) = (self.destinations.as_ref(), self.certificate_authorities.as_ref());
        EgressDefinition::read(self.resource_type, base, activation, destinations, authorities)
    }

    /// Where the descriptors of its gRPC messages come from, if it has any.
    ///
    /// # Errors
    /// Every rule that `protos` breaks.
    pub fn protos(&self) -> Result<Option<Protos>, Vec<Violation>> {
        self.protos.as_ref().map(Protos::read).transpose()
    }

    /// The connectors that its code may call.
    ///
    /// # Errors
    /// Every rule that `uses` breaks.
    pub fn uses(&self) -> Result<Vec<Use>, Vec<Violation>> {
        self.uses.as_ref().map_or(Ok(Vec::new()), Use::read_all)
    }

    /// Its certificates as far as they are PEM, for those who read what is in them.
    pub fn authorities(&self) -> Vec<Authority> {
        let violations = Violations::default();
        let read = |value| authorities::read(&violations.node("/certificate_authorities", value));
        self.certificate_authorities.as_ref().map(read).unwrap_or_default()
    }
}

/// Whether a text has a length in range and no control character.
fn line(text: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(json: serde_json::Value) -> Result<GroupDefinition, serde_json::Error> {
        serde_json::from_value(json)
    }

    #[test]
    fn name_slug_and_resource_type_are_enough() {
        let group = group(serde_json::json!({"slug": "shop", "name": "Shop", "resource_type": "EXTERNAL"})).unwrap();
        assert!(group.enabled && group.violations().is_empty());
        assert_eq!(group.resource_type, ResourceType::External);
    }

    #[test]
    fn the_resource_type_is_required_and_unknown_keys_are_errors() {
        let missing = group(serde_json::json!({"slug": "shop", "name": "Shop"})).unwrap_err().to_string();
        assert!(missing.contains("resource_type"), "{missing}");
        let unknown = serde_json::json!({"slug": "a", "name": "A", "resource_type": "EXTERNAL", "colour": 1});
        assert!(group(unknown).unwrap_err().to_string().contains("colour"));
    }

    #[test]
    fn rules_beyond_the_types_are_checked() {
        let group = group(serde_json::json!({
            "apiVersion": "v2", "slug": "a", "name": "line\nbreak", "resource_type": "INTERNAL",
            "image_url": "javascript:alert(1)", "limits": {"cpu_ms": 0},
        }))
        .unwrap();
        let pointers: Vec<_> = group.violations().into_iter().map(|violation| violation.pointer).collect();
        assert_eq!(pointers, ["/apiVersion", "/name", "/image_url", "/limits/cpu_ms"]);
    }

    #[test]
    fn its_reach_is_kept_as_written_and_checked() {
        let written = serde_json::json!({
            "slug": "a", "name": "A", "resource_type": "EXTERNAL", "base_url": "https://api.example.com/v1",
            "activation": {"credentials": {"main": {"methods": {"key": {"type": "bearer"}}}}},
            "destinations": [{"url": "https://api.example.com", "credential": "main"}],
            "certificate_authorities": ["-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"],
        });
        let valid = group(written.clone()).unwrap();
        assert!(valid.violations().is_empty() && valid.egress().unwrap().activation.is_some());
        let again = serde_json::to_value(&valid).unwrap();
        let keys = ["base_url", "activation", "destinations", "certificate_authorities"];
        assert!(keys.iter().all(|key| again[key] == written[key]));
        assert_eq!(valid.authorities(), valid.egress().unwrap().authorities);
        let mut other = written;
        other["destinations"] = serde_json::json!([{"url": "https://other.example.com", "credential": "main"}]);
        let pointers: Vec<_> = group(other).unwrap().violations().into_iter().map(|one| one.pointer).collect();
        assert_eq!(pointers, ["/base_url"]);
    }
}
