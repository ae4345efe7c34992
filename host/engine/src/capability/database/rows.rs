//! `rows`: an answer that is read in steps.

use lockgate_domain::Capability;
use lockgate_egress::database as egress;
use tokio::sync::Mutex;
use wasmtime::component::Resource;

use super::{DatabaseView, values};
use crate::capability::lockgate::database::client::{Column, HostRows, Value};
use crate::capability::outbound::Refusal;
use crate::capability::sessions::Rows;
use crate::capability::types::Failure;

impl DatabaseView<'_> {
    /// Gives the guest a handle of some rows.
    pub(super) fn push_rows(&mut self, rows: egress::Rows) -> wasmtime::Result<Resource<Rows>> {
        let columns = values::columns(rows.columns().to_vec());
        let reserved = self.limiter.reserve(values::column_bytes(&columns))?;
        let held = self.open.keep(Mutex::new(rows));
        Ok(self.table.push(Rows { held, columns, _reserved: reserved })?)
    }
}

impl HostRows for DatabaseView<'_> {
    fn columns(&mut self, rows: Resource<Rows>) -> wasmtime::Result<Vec<Column>> {
        self.calls.count()?;
        Ok(self.table.get(&rows)?.columns.clone())
    }

    async fn next(&mut self, rows: Resource<Rows>, max: u32) -> wasmtime::Result<Result<Vec<Vec<Value>>, Failure>> {
        self.calls.count_streaming()?;
        let held = self.table.get(&rows)?.held.get();
        let (outbound, held) = match (self.phase.outbound(Capability::Database), held) {
            (Ok(outbound), Some(held)) => (outbound, held),
            (Err(refused), _) => return Ok(Err(refused.into())),
            (Ok(_), None) => return Ok(Err(Refusal::Cancelled.into())),
        };
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        match self.wait(&outbound, async move { held.lock().await.next(max).await }).await {
            Ok(rows) => {
                let bytes = values::rows_bytes(&rows);
                self.calls.bytes_moved().add(bytes);
                let _reserved = self.room_for(bytes)?;
                Ok(Ok(values::rows(rows)))
            }
            Err(failure) => Ok(Err(failure)),
        }
    }

    fn drop(&mut self, rows: Resource<Rows>) -> wasmtime::Result<()> {
        self.table.delete(rows)?;
        Ok(())
    }
}
