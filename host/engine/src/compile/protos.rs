//! Compiling a group's `.proto` texts.

use std::collections::BTreeMap;
use std::time::Duration;

use lockgate_domain::Scope;
use lockgate_protobuf::{ProtoError, SET_BYTES_MAX};

use super::{Compiler, Work, child};
use crate::{EngineError, ProtosError};

/// Texts have at most half a megabyte, of which the compiler makes some tens of megabytes; the allocator reserves a gigabyte of
/// address space at once.
const MEMORY: u64 = 1024 * 1024 * 1024;
/// Such texts take some tens of milliseconds.
const TIME: Duration = Duration::from_secs(20);

impl Compiler {
    /// Gives the descriptor set of some texts by their paths.
    pub(crate) async fn compile_protos(
        &self,
        files: &BTreeMap<String, String>,
        scope: Option<Scope>,
    ) -> Result<Vec<u8>, ProtosError> {
        let failed = |error| ProtosError::Engine(EngineError::Child(error));
        let input = serde_json::to_vec(files).map_err(|error| failed(error.into()))?;
        let _permit = self.permits.acquire(scope).await;
        // One byte more than a set may have, so that a larger one is seen.
        let work = Work { what: child::PROTOS, memory: MEMORY, time: TIME, output: SET_BYTES_MAX as u64 + 1 };
        let Ok(finished) = tokio::time::timeout(TIME, self.child(work, &input)).await else {
            return Err(ProtosError::Limit("time"));
        };
        let finished = finished.map_err(failed)?;
        match finished.code {
            Some(0) => Ok(finished.output),
            Some(child::REFUSED) => {
                let errors: Vec<ProtoError> = serde_json::from_slice(&finished.output).unwrap_or_default();
                match errors.is_empty() {
                    true => {
                        Err(failed(std::io::Error::other(String::from_utf8_lossy(&finished.complaint).into_owned())))
                    }
                    false => Err(ProtosError::Invalid(errors)),
                }
            }
            _ => Err(ProtosError::Limit("memory")),
        }
    }
}
