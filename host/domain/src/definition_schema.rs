//! JSON Schemas of definitions. Readers of this crate take them, with a pointer to each violation and no serde derive, so the
//! schemas are made of the readers' own words and bounds; a test compares the members with those that the readers know.

mod activation;
mod connector;
mod group;
#[cfg(test)]
mod published;
mod write;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::GroupDefinition;

/// The members of a group's definition, by name.
pub fn group_members(generator: &mut SchemaGenerator) -> Value {
    group::members(generator)
}

/// The published schema of `group.yaml`, for editors: `lockgate schema group`.
pub fn group() -> Value {
    let mut schema: Value =
        SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<GroupDefinition>().into();
    if let Some(members) = schema.as_object_mut() {
        members.insert("title".to_owned(), "Lockgate group".into());
    }
    schema
}
