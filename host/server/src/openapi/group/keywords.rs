//! The keywords of JSON Schema 2020-12, by what their values are.

/// What the value of a keyword is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A schema.
    Schema,
    /// A list of schemas.
    Schemas,
    /// Schemas by name.
    Named,
    /// A reference to a schema.
    Reference,
    /// Nothing that holds schemas, or no keyword.
    Other,
}

/// The kind of a keyword. Definitions are found by the references to them, so they are none here.
pub(super) fn kind(keyword: &str) -> Kind {
    match keyword {
        "additionalProperties"
        | "contains"
        | "contentSchema"
        | "else"
        | "if"
        | "items"
        | "not"
        | "propertyNames"
        | "then"
        | "unevaluatedItems"
        | "unevaluatedProperties" => Kind::Schema,
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Kind::Schemas,
        "properties" | "patternProperties" | "dependentSchemas" => Kind::Named,
        "$ref" | "$dynamicRef" => Kind::Reference,
        _ => Kind::Other,
    }
}
