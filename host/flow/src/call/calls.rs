//! What the entry points see of calls.

use std::sync::Arc;

use lockgate_domain::{Caller, GroupReference, Limit, Scope};
use serde_json::Value;

use crate::call::check::DefinitionCheck;
use crate::call::once::{IdempotencyKey, OnceAnswer};
use crate::call::request::{Call, CompletedCall, FailedCall};
use crate::call::resolve::unsaved::{TestSubject, resolve_test};
use crate::call::resolve::{ResolvedCall, resolve};
use crate::call::test::TestResult;
use crate::call::{check, once, pipeline, test};
use crate::{FlowError, Host};

/// The calls of a host: how they are resolved, run and tested. Costs nothing to make.
#[derive(Debug, Clone, Copy)]
pub struct Calls<'h>(pub(crate) &'h Host);

impl Host {
    /// What can be called.
    pub fn calls(&self) -> Calls<'_> {
        Calls(self)
    }
}

impl Calls<'_> {
    /// Finds the connector of a call by its name, or by `name@version` a version of it: the number of a definition, the
    /// digest of a plugin. The call runs with the state of the catalog of this moment, whatever changes meanwhile.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], which names what is missing; the store does not answer for a version that is not in memory.
    pub async fn resolve(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
    ) -> Result<ResolvedCall, FlowError> {
        resolve(self.0, scope, reference, name).await
    }

    /// The same call as the catalog has it now: what it needs may have been changed or revoked while its body arrived.
    ///
    /// # Errors
    /// As for [`Calls::resolve`].
    pub async fn refresh(
        &self,
        resolved: ResolvedCall,
        reference: &GroupReference,
        name: &str,
    ) -> Result<ResolvedCall, FlowError> {
        if Arc::ptr_eq(&resolved.catalog, &self.0.catalog()) {
            return Ok(resolved);
        }
        resolve(self.0, &resolved.scope, reference, name).await
    }

    /// Finds the group and the connector of a test, or makes those of a definition that is not saved. A definition with
    /// other destinations or credentials than the saved group runs without credentials.
    ///
    /// # Errors
    /// [`FlowError::Definition`], [`FlowError::NotFound`], or the caller may not save such a group.
    pub async fn resolve_test(
        &self,
        scope: &Scope,
        group: TestSubject<GroupReference>,
        connector: TestSubject<String>,
        by: &Caller,
    ) -> Result<ResolvedCall, FlowError> {
        resolve_test(self.0, scope, group, connector, by).await
    }

    /// The most bytes that an input can have on this host, whatever the limits of its connector.
    pub fn input_max(&self) -> u64 {
        self.0.0.settings.ceilings.value(Limit::Input)
    }

    /// What a save would say of the definition of a connector, and put into it. Nothing runs and no server is asked:
    /// schemas of a database that are left out take anything.
    ///
    /// # Errors
    /// As of [`Self::resolve_test`], but for [`FlowError::Definition`].
    pub async fn check_definition(
        &self,
        scope: &Scope,
        group: TestSubject<GroupReference>,
        definition: Value,
        by: &Caller,
    ) -> Result<DefinitionCheck, FlowError> {
        check::check(self.0, scope, group, definition, by).await
    }

    /// Runs a call to its end and records it.
    ///
    /// # Errors
    /// [`FailedCall`], with the problem that the caller sees.
    pub async fn invoke(&self, call: Call) -> Result<CompletedCall, FailedCall> {
        pipeline::run(self.0, call).await
    }

    /// The same, for a caller with a key: the call runs once, and whoever repeats the request with the key gets its outcome.
    pub async fn invoke_once(&self, call: Call, key: &IdempotencyKey) -> OnceAnswer {
        once::run(self.0, call, key).await
    }

    /// Runs a call to its end, records it, and keeps what it sent and received, with credentials masked.
    pub async fn test(&self, call: Call) -> TestResult {
        test::test(self.0, call).await
    }
}
