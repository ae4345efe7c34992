//! What definitions leave out: the schemas of a method follow from the group's descriptors, those of a script from its types.

use lockgate_domain::connector::{GrpcDefinition, derived_of_method};
use lockgate_domain::{Scope, Violation};
use lockgate_protobuf::{Descriptors, Method};
use serde_json::Value;

use crate::catalog::descriptors::DescriptorsEntry;
use crate::catalog::scripts;
use crate::change::connectors::CONNECTORS_MAX;
use crate::{FlowError, Host};

/// Names that a message lists.
const NAMES_MAX: usize = 20;

/// Fills in the schemas of a definition, if it is a script or calls a method, and refuses a method that is not there or that
/// no connector can call. `pointer` is where the definition is; the work is that of `scope`.
///
/// # Errors
/// [`FlowError::Definition`], or descriptors can't be read.
pub(crate) async fn complete_one(
    host: &Host,
    scope: Scope,
    descriptors: &DescriptorsEntry,
    definition: Value,
    pointer: &str,
) -> Result<Value, FlowError> {
    // What is wrong with its form is for the reader to say.
    let Some(Ok(grpc)) = GrpcDefinition::of_definition(&definition) else {
        return scripts::typed(&host.0.scripts, scope, definition).await;
    };
    let descriptors =
        match descriptors.load(&host.0.engine, Some(&host.0.store), Some(&host.0.loaded_descriptors)).await {
            Ok(descriptors) => Ok(descriptors),
            Err(FlowError::NoDescriptors(detail)) => Err(detail),
            Err(other) => return Err(other),
        };
    let pointer = pointer.to_owned();
    let completed = host.0.engine.compute(scope, move || {
        let descriptors = descriptors.as_deref().map_err(String::as_str);
        completed(definition, &grpc, descriptors, &pointer)
    });
    completed.await?.map_err(|violation| FlowError::Definition(vec![violation]))
}

/// The same for the connectors that a group's definition lists.
///
/// # Errors
/// As for [`complete_one`].
pub(crate) async fn complete_list(
    host: &Host,
    scope: Scope,
    descriptors: &DescriptorsEntry,
    listed: Vec<Value>,
) -> Result<Vec<Value>, FlowError> {
    if listed.len() > CONNECTORS_MAX {
        // The reader of the list says so.
        return Ok(listed);
    }
    let mut completed = Vec::with_capacity(listed.len());
    for (index, definition) in listed.into_iter().enumerate() {
        completed.push(complete_one(host, scope, descriptors, definition, &format!("/connectors/{index}")).await?);
    }
    Ok(completed)
}

fn completed(
    mut definition: Value,
    grpc: &GrpcDefinition,
    descriptors: Result<&Descriptors, &str>,
    pointer: &str,
) -> Result<Value, Violation> {
    let lacks = |key: &str| definition.get(key).is_none();
    let lacks = lacks("input_schema") || lacks("output_schema");
    let descriptors = match descriptors {
        Ok(descriptors) => descriptors,
        // A server may be asked later, of a group whose connectors say what they take.
        Err(_) if !lacks => return Ok(definition),
        Err(detail) => {
            let detail = format!("the schemas follow from the group's descriptors, and {detail}");
            return Err(Violation::new(format!("{pointer}/input_schema"), "required", detail));
        }
    };
    let method = find(descriptors, grpc, pointer)?;
    if lacks && let Some(members) = definition.as_object_mut() {
        let answer = if method.is_server_streaming() { method.messages_schema() } else { method.output_schema() };
        let schemas = derived_of_method(grpc, method.input_schema(), answer);
        members.entry("input_schema").or_insert(schemas.input);
        members.entry("output_schema").or_insert(schemas.output);
    }
    Ok(definition)
}

/// The method that a connector calls.
fn find(descriptors: &Descriptors, grpc: &GrpcDefinition, pointer: &str) -> Result<Method, Violation> {
    let Some(service) = descriptors.service(&grpc.service) else {
        let names = listed(descriptors.services().map(|service| service.name().to_owned()));
        let detail = format!("the descriptors have no service `{}`: expected one of {names}", grpc.service);
        return Err(Violation::new(format!("{pointer}/grpc/service"), "unknown", detail));
    };
    let Some(method) = service.method(&grpc.method) else {
        let names = listed(service.methods().map(|method| method.name().to_owned()));
        let detail = format!("`{}` has no method `{}`: expected one of {names}", grpc.service, grpc.method);
        return Err(Violation::new(format!("{pointer}/grpc/method"), "unknown", detail));
    };
    if method.is_client_streaming() {
        let detail =
            format!("`{}` takes a stream of requests: a connector calls methods with one request", grpc.path());
        return Err(Violation::new(format!("{pointer}/grpc/method"), "streaming", detail));
    }
    Ok(method)
}

fn listed(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    if names.len() > NAMES_MAX {
        let more = names.len() - NAMES_MAX;
        names.truncate(NAMES_MAX);
        names.push(format!("{more} more"));
    }
    names.join(", ")
}
