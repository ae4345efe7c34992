//! What a person asks of a group's gRPC servers: which services and methods there are, and what they take and give.

mod reflection;

use std::sync::Arc;

use lockgate_domain::{Caller, ConnectionChoice, GroupReference, Protos, Scope, Violation};
use lockgate_protobuf::{Descriptors, Difference, Method};
use serde_json::Value;

use crate::call::calls::Calls;
use crate::call::database::patience;
use crate::catalog::descriptors::linked;
use crate::{FlowError, Group};

/// Whom to ask, where descriptors are not there yet.
#[derive(Debug, Clone, Default)]
pub struct GrpcServer {
    /// Which connection is used.
    pub connection: ConnectionChoice,
    /// The server, by the name of its destination; needed where the group has several.
    pub destination: Option<String>,
}

/// What a server told anew.
#[derive(Debug)]
pub struct Refreshed {
    /// What it changes for those who use the descriptors of before.
    pub difference: Difference,
    /// Whether it was kept.
    pub kept: bool,
}

impl Calls<'_> {
    /// The descriptors of a group. A group that has none yet asks its server, and keeps nothing of the answer.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::NoDescriptors`]; of a server that is asked as of [`Self::refresh_descriptors`].
    pub async fn descriptors(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        server: &GrpcServer,
        by: &Caller,
    ) -> Result<Arc<Descriptors>, FlowError> {
        let host = self.0;
        let group = host.catalog().find_owned_group(scope, reference, None)?;
        let (engine, store) = (&host.0.engine, Some(&host.0.store));
        match group.descriptors.load(engine, store, Some(&host.0.loaded_descriptors)).await {
            Err(FlowError::NoDescriptors(_)) if asks(&group) => {
                let (_, descriptors) = self.told(&group, scope, server, by).await?;
                Ok(Arc::new(descriptors))
            }
            loaded => loaded,
        }
    }

    /// A method of a group's servers, with the input schema and the output schema of a connector that calls it.
    ///
    /// # Errors
    /// As of [`Self::descriptors`], or there is no such method.
    pub async fn describe_method(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        server: &GrpcServer,
        method: &str,
        by: &Caller,
    ) -> Result<(Method, Value, Value), FlowError> {
        let descriptors = self.descriptors(scope, reference, server, by).await?;
        let missing = || FlowError::NotFound(format!("method `{}`", method.escape_debug()));
        let method = descriptors.method(method).ok_or_else(missing)?;
        let described = self.0.0.engine.compute(*scope, move || {
            let output = if method.is_server_streaming() { method.messages_schema() } else { method.output_schema() };
            let input = method.input_schema();
            (method, input, output)
        });
        Ok(described.await?)
    }

    /// Asks the server for descriptors anew, and keeps them unless `dry`.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::ReadOnly`], [`FlowError::Denied`] as for a call, [`FlowError::Definition`] for a
    /// group whose descriptors do not come from its server, [`FlowError::Egress`], [`FlowError::GrpcAnswer`].
    pub async fn refresh_descriptors(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        server: &GrpcServer,
        dry: bool,
        by: &Caller,
    ) -> Result<Refreshed, FlowError> {
        let host = self.0;
        let group = host.catalog().find_owned_group(scope, reference, None)?;
        let source = group.stored.definition.protos.as_ref().filter(|_| reflects(&group)).map(Protos::digest);
        let Some(source) = source else {
            let detail = "the descriptors of this group are part of its definition: change `protos` there, or write \
                          `reflection: true` in its place";
            return Err(FlowError::Definition(vec![Violation::new("/protos", "reflection", detail)]));
        };
        let (engine, store) = (&host.0.engine, Some(&host.0.store));
        let before = match group.descriptors.load(engine, store, Some(&host.0.loaded_descriptors)).await {
            Ok(before) => Some(before),
            // The first time, or those that are kept can't be read any more.
            Err(FlowError::NoDescriptors(_)) => None,
            Err(other) => return Err(other),
        };
        let (bytes, descriptors) = self.told(&group, scope, server, by).await?;
        let difference = engine.compute(group.stored.id, move || Difference::between(before.as_deref(), &descriptors));
        let difference = difference.await?;
        if dry {
            return Ok(Refreshed { difference, kept: false });
        }
        let mut unit = host.changes().begin(by).await?;
        let kept = unit.refresh_descriptors(scope, reference, source, &bytes).await;
        unit.end(kept).await?;
        Ok(Refreshed { difference, kept: true })
    }

    /// What a server tells, as bytes and read.
    async fn told(
        &self,
        group: &Group,
        scope: &Scope,
        server: &GrpcServer,
        by: &Caller,
    ) -> Result<(bytes::Bytes, Descriptors), FlowError> {
        let named = match group.stored.definition.protos() {
            Ok(Some(Protos::Reflection { destination })) => destination.map(|name| name.to_string()),
            Ok(_) | Err(_) => None,
        };
        let client = self.client_of(group, scope, &server.connection, by).await?;
        let reflected = reflection::ask(&client, server.destination.clone().or(named), patience(group)).await?;
        let set = reflected.set;
        let read = linked(&self.0.0.engine, group.stored.id, set.clone()).await?;
        let read = read.map_err(|refused| FlowError::GrpcAnswer(format!("its reflection: {refused}")))?;
        if let Some(lacking) = reflected.services.iter().find(|name| read.service(name).is_none()) {
            let name = lockgate_domain::printable(lacking);
            return Err(FlowError::GrpcAnswer(format!(
                "its reflection lists `{name}`, which none of its files defines"
            )));
        }
        Ok((set, read))
    }
}

/// Whether the group's descriptors come from its server.
fn reflects(group: &Group) -> bool {
    matches!(group.stored.definition.protos(), Ok(Some(Protos::Reflection { .. })))
}

/// Whether a server may be asked for what the group does not have.
fn asks(group: &Group) -> bool {
    group.stored.definition.protos.is_none() || reflects(group)
}
