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
}

impl PackageDefinition {
    /// Everything that breaks a rule which the types don't already hold.
    pub fn violations(&self) -> Vec<Violation> {
        let constants =
            [("/apiVersion", self.api_version.as_str(), API_VERSION), ("/kind", self.kind.as_str(), PACKAGE_KIND)];
        let wrong = constants.into_iter().filter(|(_, found, expected)| found != expected);
        wrong.map(|(pointer, _, expected)| Violation::new(pointer, "const", format!("expected `{expected}`"))).collect()
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
    fn what_is_no_package_is_refused() {
        assert!(package(|value| value["version"] = json!("latest")).is_err());
        assert!(package(|value| value["colour"] = json!("red")).unwrap_err().to_string().contains("colour"));
        assert!(package(|value| drop(value.as_object_mut().unwrap().remove("minimum_host"))).is_err());
        let other = package(|value| value["kind"] = json!("Group")).unwrap();
        assert_eq!(other.violations()[0].pointer, "/kind");
    }
}
