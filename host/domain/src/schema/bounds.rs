//! What is refused before a schema is compiled.

use std::collections::HashMap;

use serde_json::Value;

/// JSON text of a schema; generated schemas of large APIs stay below.
const BYTES_MAX: usize = 256 * 1024;
/// Objects and array items, with every reference counted as if it were expanded: doubled `anyOf` references make a
/// schema of 1 KB cost seconds of checking.
const NODES_MAX: u64 = 10_000;
/// Nesting without references; the compiler recurses.
const DEPTH_MAX: usize = 64;
/// Regular expressions; each may take a quarter of a megabyte once it is compiled.
pub const PATTERNS_MAX: usize = 100;
/// The supported dialect of JSON Schema.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Why a schema is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaRefused {
    /// Its text is too large.
    #[error("the schema has {found} bytes: expected at most {BYTES_MAX}")]
    TooLarge {
        /// Its size in bytes.
        found: usize,
    },
    /// It is nested too deeply.
    #[error("the schema is nested deeper than {DEPTH_MAX} levels")]
    TooDeep,
    /// Its expanded form is too large.
    #[error("the schema has more than {NODES_MAX} nodes, with references counted as expanded")]
    TooManyNodes,
    /// It has too many regular expressions.
    #[error("there are more than {0} patterns in it")]
    TooManyPatterns(usize),
    /// It refers to something outside itself.
    #[error("the schema refers to `{0}`: expected references inside the schema, such as `#/$defs/name`")]
    External(String),
    /// It has a reference that leads nowhere.
    #[error("the schema refers to `{0}`, which it does not have")]
    Dangling(String),
    /// It moves the base of its references.
    #[error("the schema has an `$id` below its root, which moves the base of references: leave it out")]
    InnerId,
    /// It is of another dialect.
    #[error("the schema is written for `{0}`: expected draft 2020-12 (`{DIALECT}`)")]
    Dialect(String),
    /// It is not a valid schema.
    #[error("the schema is not valid at `{pointer}`: {detail}")]
    Invalid {
        /// JSON pointer of the invalid part.
        pointer: String,
        /// The reason.
        detail: String,
    },
}

/// The size of a schema, which decides the cost of using it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    /// The number of its nodes with all references expanded.
    pub(super) nodes: u64,
    pub(super) patterns: usize,
}

pub(super) fn check(schema: &Value) -> Result<Size, SchemaRefused> {
    let found = serde_json::to_string(schema).map_or(usize::MAX, |text| text.len());
    if found > BYTES_MAX {
        return Err(SchemaRefused::TooLarge { found });
    }
    if let Some(dialect) = schema.get("$schema").and_then(Value::as_str)
        && dialect.trim_end_matches('#') != DIALECT
    {
        return Err(SchemaRefused::Dialect(dialect.chars().take(200).collect()));
    }
    let mut scan = Scan::default();
    collect(schema, 0, &mut scan)?;
    if scan.patterns > PATTERNS_MAX {
        return Err(SchemaRefused::TooManyPatterns(PATTERNS_MAX));
    }
    let mut count = Count { root: schema, anchors: scan.anchors, known: HashMap::new() };
    Ok(Size { nodes: count.expanded(schema, 0)?, patterns: scan.patterns })
}

#[derive(Default)]
struct Scan<'s> {
    anchors: HashMap<&'s str, &'s Value>,
    patterns: usize,
}

/// Finds the anchors, counts the patterns, and holds the depth and the place of `$id`.
fn collect<'s>(node: &'s Value, depth: usize, scan: &mut Scan<'s>) -> Result<(), SchemaRefused> {
    if depth > DEPTH_MAX {
        return Err(SchemaRefused::TooDeep);
    }
    match node {
        Value::Object(members) => {
            for keyword in ["$anchor", "$dynamicAnchor"] {
                if let Some(Value::String(name)) = members.get(keyword) {
                    scan.anchors.insert(name, node);
                }
            }
            scan.patterns += usize::from(members.contains_key("pattern"));
            scan.patterns += members.get("patternProperties").and_then(Value::as_object).map_or(0, |own| own.len());
            if depth > 0 && members.get("$id").is_some_and(Value::is_string) {
                return Err(SchemaRefused::InnerId);
            }
            members.values().try_for_each(|member| collect(member, depth + 1, scan))
        }
        Value::Array(items) => items.iter().try_for_each(|item| collect(item, depth + 1, scan)),
        _ => Ok(()),
    }
}

/// What a schema has that the linear engine of patterns does not, in a sentence.
pub(super) fn unsupported_pattern(schema: &Value) -> Option<String> {
    let around = |pattern: &str| {
        let group = ["(?=", "(?!", "(?<=", "(?<!", "(?>"].into_iter().any(|group| pattern.contains(group));
        let mut escaped = false;
        let repeats = pattern.bytes().any(|byte| {
            let found = escaped && (b'1'..=b'9').contains(&byte);
            escaped = byte == b'\\' && !escaped;
            found
        });
        group || repeats
    };
    match schema {
        Value::Object(members) => {
            let own = members.get("pattern").and_then(Value::as_str).into_iter();
            let keys =
                members.get("patternProperties").and_then(Value::as_object).into_iter().flat_map(|own| own.keys());
            match own.chain(keys.map(String::as_str)).find(|pattern| around(pattern)) {
                Some(pattern) => Some(format!(
                    "the pattern `{}` has a look-around or a back-reference, which patterns that are checked in \
                     linear time don't have: write it without, or as several patterns in `allOf` and `not`",
                    pattern.chars().take(100).flat_map(char::escape_debug).collect::<String>()
                )),
                None => members.values().find_map(unsupported_pattern),
            }
        }
        Value::Array(items) => items.iter().find_map(unsupported_pattern),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// The state of a node's count: still being counted (a cycle leads back to it, which costs nothing at load), or done.
#[derive(Clone, Copy)]
enum Known {
    Open,
    Nodes(u64),
}

struct Count<'s> {
    root: &'s Value,
    anchors: HashMap<&'s str, &'s Value>,
    known: HashMap<*const Value, Known>,
}

impl<'s> Count<'s> {
    /// Nodes below and at `node`, references expanded. `jumps` bounds the recursion through references.
    fn expanded(&mut self, node: &'s Value, jumps: usize) -> Result<u64, SchemaRefused> {
        let key = std::ptr::from_ref(node);
        match self.known.get(&key) {
            Some(Known::Open) => return Ok(1),
            Some(Known::Nodes(nodes)) => return Ok(*nodes),
            None => {}
        }
        let mut nodes = 1;
        match node {
            Value::Object(members) => {
                self.known.insert(key, Known::Open);
                for (name, member) in members {
                    nodes += self.expanded(member, jumps)?;
                    if let ("$ref" | "$dynamicRef", Value::String(reference)) = (name.as_str(), member) {
                        let target = self.resolve(reference)?;
                        if jumps >= DEPTH_MAX {
                            return Err(SchemaRefused::TooDeep);
                        }
                        nodes += self.expanded(target, jumps + 1)?;
                    }
                    if nodes > NODES_MAX {
                        return Err(SchemaRefused::TooManyNodes);
                    }
                }
                self.known.insert(key, Known::Nodes(nodes));
            }
            Value::Array(items) => {
                for item in items {
                    nodes += self.expanded(item, jumps)?;
                    if nodes > NODES_MAX {
                        return Err(SchemaRefused::TooManyNodes);
                    }
                }
            }
            _ => {}
        }
        Ok(nodes)
    }

    fn resolve(&self, reference: &str) -> Result<&'s Value, SchemaRefused> {
        let shown = || reference.chars().take(200).collect::<String>();
        let fragment = reference.strip_prefix('#').ok_or_else(|| SchemaRefused::External(shown()))?;
        let target = if fragment.is_empty() {
            Some(self.root)
        } else if fragment.starts_with('/') {
            self.root.pointer(&percent_decoded(fragment))
        } else {
            self.anchors.get(fragment).copied()
        };
        target.ok_or_else(|| SchemaRefused::Dangling(shown()))
    }
}

/// A JSON pointer in a fragment is percent-encoded (RFC 6901 section 6).
fn percent_decoded(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let digits = (ahead.next().and_then(hex), ahead.next().and_then(hex));
        if let (b'%', (Some(high), Some(low))) = (byte, digits) {
            bytes.push(high << 4 | low);
            rest = ahead;
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// `levels` definitions, each of which refers to the next twice: 2^levels nodes when expanded.
    fn doubled(levels: usize) -> Value {
        let mut defs = serde_json::Map::new();
        for level in 0..levels {
            let next = format!("#/$defs/d{}", level + 1);
            defs.insert(format!("d{level}"), json!({"anyOf": [{"$ref": next}, {"$ref": next}]}));
        }
        defs.insert(format!("d{levels}"), json!({"type": "string"}));
        json!({"$ref": "#/$defs/d0", "$defs": defs})
    }

    #[test]
    fn doubled_references_count_as_expanded() {
        assert!(check(&doubled(4)).is_ok());
        assert_eq!(check(&doubled(30)), Err(SchemaRefused::TooManyNodes));
    }

    #[test]
    fn a_recursive_schema_is_fine() {
        let tree = json!({"$defs": {"tree": {"properties": {"children": {"items": {"$ref": "#/$defs/tree"}}}}},
                          "$ref": "#/$defs/tree"});
        assert!(check(&tree).is_ok());
        assert!(check(&json!({"items": {"$ref": "#"}})).is_ok());
    }

    #[test]
    fn references_stay_inside() {
        for reference in ["file:///etc/passwd", "http://127.0.0.1/s.json", "other.json", "other.json#/a", "//x/y"] {
            let refused = check(&json!({"$ref": reference})).unwrap_err();
            assert_eq!(refused, SchemaRefused::External(reference.into()));
        }
        assert_eq!(check(&json!({"$ref": "#/$defs/x"})), Err(SchemaRefused::Dangling("#/$defs/x".into())));
        assert!(check(&json!({"$ref": "#/$defs/a~1b%25", "$defs": {"a/b%": {}}})).is_ok());
        assert!(check(&json!({"$ref": "#x", "$defs": {"a": {"$anchor": "x"}}})).is_ok());
        assert_eq!(check(&json!({"$defs": {"a": {"$id": "http://x/"}}})), Err(SchemaRefused::InnerId));
    }

    #[test]
    fn size_depth_nodes_and_dialect_are_bounded() {
        let mut deep = json!({});
        for _ in 0..70 {
            deep = json!({"not": deep});
        }
        assert_eq!(check(&deep), Err(SchemaRefused::TooDeep));
        assert!(matches!(check(&json!({"enum": ["x".repeat(300_000)]})), Err(SchemaRefused::TooLarge { .. })));
        assert_eq!(check(&json!({"enum": vec![1; 20_000]})), Err(SchemaRefused::TooManyNodes));
        let patterns = |count| json!({"allOf": vec![json!({"pattern": "a", "patternProperties": {"b": true}}); count]});
        assert_eq!(check(&patterns(PATTERNS_MAX / 2)).unwrap().patterns, PATTERNS_MAX);
        let refused = check(&patterns(PATTERNS_MAX / 2 + 1)).unwrap_err();
        assert_eq!(refused, SchemaRefused::TooManyPatterns(PATTERNS_MAX));
        let draft7 = json!({"$schema": "http://json-schema.org/draft-07/schema#"});
        assert!(matches!(check(&draft7), Err(SchemaRefused::Dialect(_))));
    }
}
