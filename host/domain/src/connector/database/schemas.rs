//! JSON Schemas of input and output, from what a server says about a statement.

use serde_json::{Map, Value, json};

use super::{DatabaseDefinition, Mode};

/// The columns of an answer: their names and the names of their types.
pub type Columns = [(String, String)];

/// The schemas that follow from a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct DerivedSchemas {
    /// Of the input: a member for each parameter.
    pub input: Value,
    /// Of the output: what the columns are, in the form of the mode.
    pub output: Value,
}

/// Why no schema can say what a parameter takes, if there is such a parameter: bytes are no value of JSON.
pub fn unfit_parameter(definition: &DatabaseDefinition, parameters: &[Option<String>]) -> Option<String> {
    let named = definition.fields.iter().zip(parameters);
    named.filter_map(|(field, own)| own.as_deref().map(|own| (field, own))).find_map(|(field, own)| {
        let is_bytes = matches!(Family::of(own.trim_end_matches("[]")), Family::Bytes);
        is_bytes.then(|| {
            format!(
                "the parameter `:{field}` is `{own}`, and no value of JSON is bytes: write decode(:{field}, 'base64')"
            )
        })
    })
}

/// Derives them. `parameters` has the type of each parameter, in the order of the statement, where the server knows it.
///
/// # Errors
/// Two columns have one name, so that an object can't have both.
pub fn derived(
    definition: &DatabaseDefinition,
    parameters: &[Option<String>],
    columns: &Columns,
) -> Result<DerivedSchemas, String> {
    let mut members = Map::new();
    for (index, field) in definition.fields.iter().enumerate() {
        let own = parameters.get(index).and_then(Option::as_deref);
        members.insert(field.to_string(), parameter(own, definition.statement.is_list(index)));
    }
    let required: Vec<&String> = members.keys().collect();
    let input = json!({
        "type": "object", "additionalProperties": false, "required": required, "properties": members.clone(),
    });
    let output = match definition.mode {
        Mode::Rows => json!({
            "type": "object", "additionalProperties": false, "required": ["rows", "more"],
            "properties": {"rows": {"type": "array", "items": row(columns)?}, "more": {"type": "boolean"}},
        }),
        Mode::One => json!({"anyOf": [row(columns)?, {"type": "null"}]}),
        Mode::Execute => json!({
            "type": "object", "additionalProperties": false, "required": ["changed"],
            "properties": {"changed": {"type": "integer", "minimum": 0}},
        }),
    };
    Ok(DerivedSchemas { input, output })
}

fn row(columns: &Columns) -> Result<Value, String> {
    let mut members = Map::new();
    for (name, own) in columns {
        // The server does not say whether a column of an answer can be NULL.
        if members.insert(name.clone(), nullable(column(own))).is_some() {
            return Err(format!("two columns are called `{name}`: give one another name with AS"));
        }
    }
    let required: Vec<&String> = members.keys().collect();
    Ok(json!({"type": "object", "additionalProperties": false, "required": required, "properties": members.clone()}))
}

/// The same, or NULL.
fn nullable(mut schema: Value) -> Value {
    if let Some(kind) = schema.get_mut("type") {
        *kind = match kind.take() {
            Value::Array(mut several) => {
                several.push("null".into());
                Value::Array(several)
            }
            one => json!([one, "null"]),
        };
    }
    schema
}

/// What a parameter takes. A number may be text, which keeps digits that a caller's numbers have no room for.
fn parameter(own: Option<&str>, is_list: bool) -> Value {
    let Some(own) = own else {
        let any = json!({"type": ["string", "number", "boolean"]});
        return if is_list { json!({"type": "array", "items": any}) } else { any };
    };
    if let Some(item) = own.strip_suffix("[]") {
        let item = parameter(Some(item), false);
        // What is compared with a list is equal to no NULL in it; in an array NULL is an item like others.
        let item = if is_list { item } else { nullable(item) };
        return json!({"type": "array", "items": item, "description": own});
    }
    let schema = match Family::of(own) {
        Family::Boolean => json!({"type": "boolean"}),
        Family::Integer => json!({"type": "integer"}),
        Family::Float => json!({"type": "number"}),
        Family::Decimal => json!({"type": ["number", "string"]}),
        // A text could be meant as JSON and as a text of it.
        Family::Json => json!({"type": ["object", "array", "number", "boolean"]}),
        Family::Bits => json!({"type": ["integer", "string"]}),
        // Nothing else can be bound.
        Family::Bytes => json!({"type": "null"}),
        Family::Text => json!({"type": "string"}),
        Family::Uuid => json!({"type": "string", "format": "uuid"}),
    };
    described(schema, own)
}

/// What a column gives.
fn column(own: &str) -> Value {
    if let Some(item) = own.strip_suffix("[]") {
        // Of any number of dimensions, so that an item is a value or a list. Arrays of a database's own types are texts.
        let description = format!("an array of {item}");
        return json!({"type": ["array", "string"], "description": description});
    }
    let schema = match Family::of(own) {
        Family::Boolean => json!({"type": "boolean"}),
        Family::Integer => json!({"type": "integer"}),
        Family::Bits => json!({"type": ["integer", "string"]}),
        // What is no number is the text `NaN`, `Infinity` or `-Infinity`.
        Family::Float => json!({"type": ["number", "string"]}),
        Family::Json => json!({}),
        Family::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
        Family::Decimal | Family::Text => json!({"type": "string"}),
        Family::Uuid => json!({"type": "string", "format": "uuid"}),
    };
    described(schema, own)
}

fn described(mut schema: Value, own: &str) -> Value {
    if let Some(members) = schema.as_object_mut() {
        members.insert("description".to_owned(), own.into());
    }
    schema
}

/// What types of all engines have in common.
enum Family {
    Boolean,
    Integer,
    /// A number of MySQL, and digits of PostgreSQL.
    Bits,
    Float,
    Decimal,
    Json,
    Bytes,
    Uuid,
    Text,
}

impl Family {
    fn of(name: &str) -> Self {
        let name = name.trim_end_matches(" unsigned");
        match name {
            "bool" => Self::Boolean,
            "int2" | "int4" | "int8" | "oid" | "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => {
                Self::Integer
            }
            "bit" => Self::Bits,
            "float4" | "float8" | "float" | "double" => Self::Float,
            "numeric" | "decimal" => Self::Decimal,
            "json" | "jsonb" => Self::Json,
            "bytea" | "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => Self::Bytes,
            "uuid" => Self::Uuid,
            _ => Self::Text,
        }
    }
}
