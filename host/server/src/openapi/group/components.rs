//! The schemas of a document: those of the host's own envelopes, and of each connector.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use lockgate_domain::JsonText;
use lockgate_domain::schema::check_size;
use serde_json::{Map, Value, json};

use super::Version;
use super::lower::Lowering;
use super::marks::{Widened, anything};
use super::names::{Names, pascal};
use super::scan::{Place, Scanned, scan};

/// Bytes of the connectors' schemas that a document has, as they are written: two connectors have at most half a
/// megabyte, and what reads a document reads all of it at once.
const SCHEMAS_MAX: usize = 8 * 1024 * 1024;
const HERE: &str = "#/components/schemas/";

/// The components that were made.
pub(super) struct Components {
    version: Version,
    names: Names,
    schemas: Map<String, Value>,
    /// Bytes of schemas that were taken.
    taken: usize,
}

impl Components {
    pub(super) fn new(version: Version) -> Self {
        Self { version, names: Names::default(), schemas: Map::new(), taken: 0 }
    }

    /// The schemas by name.
    pub(super) fn into_schemas(self) -> Map<String, Value> {
        self.schemas
    }

    /// A schema without references, in a place without a name.
    fn plain(&self, schema: &Value) -> Value {
        let (names, references, inexact) = (HashMap::new(), BTreeMap::new(), HashSet::new());
        let (names, references, inexact) = (&names, &references, &inexact);
        Lowering { version: self.version, names, references, inexact, used: HashSet::new() }.whole(schema).schema
    }

    /// Lowers the schemas of an answer's headers.
    pub(super) fn lower_headers(&self, answer: &mut Value) {
        let headers = answer.get_mut("headers").and_then(Value::as_object_mut).into_iter().flatten();
        for schema in headers.filter_map(|(_, header)| header.get_mut("schema")) {
            *schema = self.plain(schema);
        }
    }

    /// A parameter with its schema lowered.
    pub(super) fn parameter(&self, parameter: &Value) -> Value {
        let mut parameter = parameter.clone();
        if let Some(schema) = parameter.get_mut("schema") {
            *schema = self.plain(schema);
        }
        parameter
    }

    /// Adds the schema at a place of a document of the host's own, and those that it refers to, under their own names.
    pub(super) fn add_own(&mut self, document: &Value, pointer: &str, name: &str) {
        if let Some(start) = document.pointer(pointer) {
            self.add(document, start, name, "");
        }
    }

    /// Adds a schema of the host's own.
    pub(super) fn add_value(&mut self, name: &str, schema: &Value) {
        self.add(schema, schema, name, name);
    }

    /// An object that is made of other components.
    pub(super) fn add_object(&mut self, name: &str, schema: Value) -> Value {
        let name = self.names.take(name);
        let reference = reference(&name);
        self.schemas.insert(name, schema);
        reference
    }

    /// Adds a schema of a connector, and gives what refers to it.
    pub(super) fn add_text(&mut self, name: &str, schema: &JsonText) -> Value {
        self.taken = self.taken.saturating_add(schema.text().len());
        if self.taken > SCHEMAS_MAX {
            return anything(Widened::Size);
        }
        let schema = schema.value();
        // Saved schemas are within these bounds, which the walks below rely on.
        if check_size(&schema).is_err() {
            return anything(Widened::Unreadable);
        }
        self.add(&schema, &schema, name, name)
    }

    /// Adds the schema `start` of `root` as a component, and everything that it refers to as others.
    fn add(&mut self, root: &Value, start: &Value, name: &str, prefix: &str) -> Value {
        let Scanned { targets, references } = scan(root, start);
        let name = self.names.take(name);
        let mut names: HashMap<Place, String> = HashMap::from([(std::ptr::from_ref(start), name.clone())]);
        let mut schemas = vec![start];
        for target in targets {
            let place = std::ptr::from_ref(target.schema);
            if let Entry::Vacant(free) = names.entry(place) {
                free.insert(self.names.take(&format!("{prefix}{}", pascal(&target.word))));
                schemas.push(target.schema);
            }
        }
        let inexact = inexact(self.version, &schemas, &names, &references);
        let mut made: BTreeMap<&str, Value> = BTreeMap::new();
        for schema in &schemas {
            let (names, references, inexact) = (&names, &references, &inexact);
            let mut lowering = Lowering { version: self.version, names, references, inexact, used: HashSet::new() };
            let lowered = lowering.whole(schema).schema;
            made.extend(names.get(&std::ptr::from_ref(*schema)).map(|name| (name.as_str(), lowered)));
        }
        let circles: Vec<_> = made.keys().copied().filter(|name| is_circle(&made, name)).collect();
        for name in circles {
            made.insert(name, anything(Widened::Circle));
        }
        self.schemas.extend(made.into_iter().map(|(name, schema)| (name.to_owned(), schema)));
        reference(&name)
    }
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("{HERE}{name}")})
}

/// Which of these schemas take more in the document: those with something that was widened, and those that refer to one.
fn inexact(
    version: Version,
    schemas: &[&Value],
    names: &HashMap<Place, String>,
    references: &BTreeMap<&str, Place>,
) -> HashSet<Place> {
    let none = HashSet::new();
    let mut inexact = HashSet::new();
    let mut users: HashMap<Place, Vec<Place>> = HashMap::new();
    let mut open: Vec<Place> = Vec::new();
    for schema in schemas {
        let place = std::ptr::from_ref(*schema);
        let mut lowering = Lowering { version, names, references, inexact: &none, used: HashSet::new() };
        if !lowering.whole(schema).exact {
            open.push(place);
        }
        for used in lowering.used {
            users.entry(used).or_default().push(place);
        }
    }
    while let Some(place) = open.pop() {
        if inexact.insert(place) {
            open.extend(users.get(&place).into_iter().flatten());
        }
    }
    inexact
}

/// Whether a component is a reference that leads back to itself, by way of nothing else.
fn is_circle(made: &BTreeMap<&str, Value>, name: &str) -> bool {
    let mut at = name;
    for _ in 0..=made.len() {
        let next = made.get(at).and_then(Value::as_object).filter(|own| own.len() == 1);
        match next.and_then(|own| own.get("$ref")?.as_str()?.strip_prefix(HERE)) {
            Some(next) => at = next,
            None => return false,
        }
    }
    true
}
