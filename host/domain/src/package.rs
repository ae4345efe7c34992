//! `package.yaml`: the metadata of a ready-made group beside its definition.

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{API_VERSION, Slug, Violation};

/// The value of `kind`.
pub const PACKAGE_KIND: &str = "Package";

/// A package as its makers write it. Unknown keys are errors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageDefinition {
    /// Always [`API_VERSION`].
    #[serde(rename = "apiVersion")]
    pub api_version: String,
    /// Always [`PACKAGE_KIND`].
    pub kind: String,
    /// The slug of its group, and the name of its folder.
    pub name: Slug,
    /// The version of the package, which has nothing to do with that of the host (Semantic Versioning 2.0).
    pub version: Version,
    /// The oldest host that understands its group.
    pub minimum_host: Version,
    /// What its group was made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<PackageSource>,
}

/// A document that a group was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageSource {
    /// Its address.
    pub document: String,
    /// The day on which the group was made from it, as `2026-11-29`.
    pub made_at: String,
    /// Whether a test compares the group with a kept copy of the document.
    pub verified: bool,
}

impl PackageDefinition {
    /// Everything that breaks a rule which the types don't already hold.
    pub fn violations(&self) -> Vec<Violation> {
        let constants =
            [("/apiVersion", self.api_version.as_str(), API_VERSION), ("/kind", self.kind.as_str(), PACKAGE_KIND)];
        let wrong = constants.into_iter().filter(|(_, found, expected)| found != expected);
        let wrong =
            wrong.map(|(pointer, _, expected)| Violation::new(pointer, "const", format!("expected `{expected}`")));
        let sources = self.sources.iter().enumerate().flat_map(|(index, source)| {
            let web = source.document.starts_with("https://") && source.document.len() <= 2048;
            let day = source.made_at.parse::<jiff::civil::Date>().is_ok();
            let document = (!web).then_some(("document", "url", "expected an https URL of at most 2048 characters"));
            let made_at = (!day).then_some(("made_at", "date", "expected a date such as `2026-11-29`"));
            let found = document.into_iter().chain(made_at);
            found.map(move |(key, rule, detail)| Violation::new(format!("/sources/{index}/{key}"), rule, detail))
        });
        wrong.chain(sources).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn package(change: impl FnOnce(&mut Value)) -> Result<PackageDefinition, serde_json::Error> {
        let mut value = json!({
            "apiVersion": "lockgate/v1", "kind": "Package", "name": "github", "version": "1.2.0",
            "minimum_host": "0.1.0",
        });
        change(&mut value);
        serde_json::from_value(value)
    }

    #[test]
    fn a_package_has_a_version_of_its_own() {
        let package = package(|_| ()).unwrap();
        assert!(package.violations().is_empty() && package.version > package.minimum_host);
    }

    #[test]
    fn a_source_is_a_document_and_a_day() {
        let source = |document: &str, made_at: &str| {
            let source = json!([{"document": document, "made_at": made_at, "verified": false}]);
            let found = package(|value| value["sources"] = source).unwrap().violations();
            found.into_iter().map(|one| one.pointer).collect::<Vec<_>>()
        };
        assert_eq!(source("https://docs.example/oauth", "2026-11-29"), [""; 0]);
        assert_eq!(source("docs.example", "yesterday"), ["/sources/0/document", "/sources/0/made_at"]);
        assert!(package(|value| value["sources"] = json!([{"document": "https://docs.example"}])).is_err());
    }

    #[test]
    fn what_is_no_package_is_refused() {
        assert!(package(|value| value["version"] = json!("latest")).is_err());
        assert!(package(|value| value["colour"] = json!("red")).unwrap_err().to_string().contains("colour"));
        assert!(package(|value| drop(value.as_object_mut().unwrap().remove("minimum_host"))).is_err());
        let other = package(|value| value["kind"] = json!("Group")).unwrap();
        assert_eq!(other.violations()[0].pointer, "/kind");
    }
}
