//! A manifest is untrusted text: it is checked against the published schema, and each of its schemas is compiled,
//! before anything of it is believed.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use crate::FlowError;
use lockgate_domain::schema::{Document, Schema, SchemaRefused};
use lockgate_domain::{Capability, ConnectorName, JsonText, Limits, MANIFEST_SCHEMA, Manifest, Violation};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Bytes of a manifest; each schema has a bound of its own.
const MANIFEST_MAX: usize = 4 * 1024 * 1024;

/// Patterns over all schemas of a manifest.
const PATTERNS_MAX: usize = 500;

/// What `describe` may use of a group's limits: a manifest is no output of a call.
pub(crate) fn describing(limits: Limits) -> Limits {
    Limits { output_bytes: MANIFEST_MAX as u64, ..limits }
}

/// The compiled schemas of a connector.
#[derive(Debug)]
pub(crate) struct ConnectorSchemas {
    pub(crate) input: Arc<Schema>,
    pub(crate) output: Arc<Schema>,
}

/// A manifest that can be believed as far as its form goes.
#[derive(Debug)]
pub struct CheckedManifest {
    /// What the plugin says of itself.
    pub manifest: Manifest,
    /// Whether it says itself which capabilities it wants.
    names_capabilities: bool,
    pub(crate) schemas: HashMap<ConnectorName, Arc<ConnectorSchemas>>,
}

/// The one key whose absence means something.
#[derive(Debug, Default, Deserialize)]
struct Declared {
    capabilities: Option<IgnoredAny>,
}

static PUBLISHED: LazyLock<Option<Schema>> = LazyLock::new(|| {
    let schema = serde_json::from_str(MANIFEST_SCHEMA).ok()?;
    Schema::compile(&schema).ok()
});

impl CheckedManifest {
    /// Checks the text that `describe` returned.
    ///
    /// # Errors
    /// [`FlowError::Manifest`], [`FlowError::Schema`].
    pub fn parse(text: &str) -> Result<Self, FlowError> {
        let invalid = |detail: String, violations| FlowError::Manifest { detail, violations };
        if text.len() > MANIFEST_MAX {
            return Err(invalid(format!("it has {} bytes: expected at most {MANIFEST_MAX}", text.len()), Vec::new()));
        }
        let document = Document::parse(text).map_err(|error| invalid(format!("no JSON: {error}"), Vec::new()))?;
        let published = PUBLISHED.as_ref().ok_or_else(|| invalid("its schema is not usable".to_owned(), Vec::new()))?;
        published.validate(&document).map_err(|violations| {
            let first = violations.first().map(|one| match one.pointer.as_str() {
                "" => one.detail.clone(),
                pointer => format!("at {pointer}: {}", one.detail),
            });
            let first = first.unwrap_or_default();
            invalid(first, violations)
        })?;
        let manifest: Manifest = serde_json::from_str(text).map_err(|error| invalid(error.to_string(), Vec::new()))?;
        let mut names = std::collections::HashSet::new();
        if let Some(twice) = manifest.connectors.iter().find(|connector| !names.insert(&connector.name)) {
            let detail = format!("connector `{}` is listed twice", twice.name);
            return Err(invalid(detail.clone(), vec![Violation::new("/connectors", "uniqueNames", detail)]));
        }
        let schemas = schemas(&manifest)?;
        let wrong = wrong_examples(&manifest, &schemas);
        if let Some(first) = wrong.first() {
            return Err(invalid(
                format!("an example breaks its schema, at {}: {}", first.pointer, first.detail),
                wrong,
            ));
        }
        let Declared { capabilities } = serde_json::from_str(text).unwrap_or_default();
        Ok(Self { manifest, names_capabilities: capabilities.is_some(), schemas })
    }

    /// A manifest that names no capabilities wants those whose package the component imports. A toolchain that imports
    /// all it knows needs a manifest that names them.
    pub fn importing(mut self, imports: &[String]) -> Self {
        if !self.names_capabilities {
            let imported = |capability: &Capability| {
                let package = format!("lockgate:{capability}/");
                imports.iter().any(|import| import.starts_with(&package))
            };
            let wanted = Capability::ALL.into_iter().filter(imported);
            self.manifest.capabilities = wanted.map(|capability| capability.name().to_owned()).collect();
        }
        self
    }
}

/// What examples break of the schemas of their connectors: what is shown as working must work.
fn wrong_examples(manifest: &Manifest, schemas: &HashMap<ConnectorName, Arc<ConnectorSchemas>>) -> Vec<Violation> {
    let mut found = Vec::new();
    for (place, connector) in manifest.connectors.iter().enumerate() {
        let Some(own) = schemas.get(&connector.name) else { continue };
        for (index, example) in connector.examples.iter().enumerate() {
            let sides = [("input", Some(&example.input), &own.input), ("output", example.output.as_ref(), &own.output)];
            for (side, text, schema) in sides {
                let Some(Ok(document)) = text.map(|text| Document::parse(text.text())) else { continue };
                for wrong in schema.validate(&document).err().into_iter().flatten() {
                    let pointer = format!("/connectors/{place}/examples/{index}/{side}{}", wrong.pointer);
                    found.push(Violation { pointer, ..wrong });
                }
            }
        }
    }
    found
}

/// Compiles the schemas of a manifest.
pub(crate) fn schemas(manifest: &Manifest) -> Result<HashMap<ConnectorName, Arc<ConnectorSchemas>>, FlowError> {
    let mut patterns = 0;
    let mut found = HashMap::new();
    for connector in &manifest.connectors {
        let own = compile(&connector.name, &connector.input_schema, &connector.output_schema, &mut patterns)?;
        found.insert(connector.name.clone(), Arc::new(own));
    }
    Ok(found)
}

/// Compiles the schemas of one connector, and counts their patterns.
pub(crate) fn compile(
    connector: &ConnectorName,
    input: &JsonText,
    output: &JsonText,
    patterns: &mut usize,
) -> Result<ConnectorSchemas, FlowError> {
    let mut compile = |side, schema: &JsonText| {
        let refused = |refused| FlowError::Schema { connector: connector.clone(), side, refused };
        let schema = Schema::compile(&schema.value()).map_err(refused)?;
        *patterns += schema.patterns();
        if *patterns > PATTERNS_MAX {
            return Err(refused(SchemaRefused::TooManyPatterns(PATTERNS_MAX)));
        }
        Ok(Arc::new(schema))
    };
    Ok(ConnectorSchemas { input: compile("input", input)?, output: compile("output", output)? })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn manifest(change: impl FnOnce(&mut Value)) -> Result<CheckedManifest, FlowError> {
        let mut value = json!({"name": "shop", "version": "1.0.0", "connectors": [
            {"name": "price", "input_schema": {"type": "object"}, "output_schema": true}
        ]});
        change(&mut value);
        CheckedManifest::parse(&value.to_string())
    }

    #[test]
    fn a_manifest_that_names_no_capabilities_wants_what_is_imported() {
        let imports = ["lockgate:http/client@0.1.0", "lockgate:connector/log@0.1.0", "wasi:io/poll@0.2.0"];
        let imports = imports.map(str::to_owned);
        let wanted = |change: fn(&mut Value)| manifest(change).unwrap().importing(&imports).manifest.capabilities;
        assert_eq!(wanted(|_| ()), ["http"]);
        assert_eq!(wanted(|manifest| manifest["capabilities"] = json!(["signing"])), ["signing"]);
        assert!(wanted(|manifest| manifest["capabilities"] = json!([])).is_empty());
    }

    #[test]
    fn unknown_keys_are_kept() {
        let checked = manifest(|value| value["colour"] = json!("red")).unwrap();
        assert_eq!(checked.manifest.further["colour"], "red");
    }

    #[test]
    fn examples_that_break_their_schemas_are_refused() {
        let example = |example: Value| {
            manifest(|value| {
                value["connectors"][0]["output_schema"] = json!({"type": "string"});
                value["connectors"][0]["examples"] = json!([{"input": {}, "output": "a"}, example]);
            })
        };
        assert!(example(json!({"input": {}})).is_ok());
        for (wrong, pointer) in [
            (json!({"input": 1}), "/connectors/0/examples/1/input"),
            (json!({"input": {}, "output": 1}), "/connectors/0/examples/1/output"),
        ] {
            let Err(FlowError::Manifest { detail, violations }) = example(wrong) else { panic!("{pointer}") };
            assert!(detail.contains(pointer) && violations[0].pointer == pointer, "{detail}");
        }
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        assert!(matches!(CheckedManifest::parse("{"), Err(FlowError::Manifest { .. })));
        for change in [
            |value: &mut Value| value["name"] = json!("Shop"),
            |value: &mut Value| value["connectors"] = json!([]),
            |value: &mut Value| value["connectors"][0]["name"] = json!("a-b"),
            |value: &mut Value| value["title"] = json!("a\u{1b}[31mb"),
            |value: &mut Value| value["connectors"] = json!([value["connectors"][0], value["connectors"][0]]),
        ] {
            assert!(matches!(manifest(change), Err(FlowError::Manifest { .. })));
        }
        let external = manifest(|value| value["connectors"][0]["input_schema"] = json!({"$ref": "file:///etc/passwd"}));
        assert!(matches!(external, Err(FlowError::Schema { side: "input", .. })));
    }
}
