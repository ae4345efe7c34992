//! `transaction`: a session of the guest's own until it ends.

use std::sync::Arc;

use lockgate_domain::Capability;
use lockgate_egress::database as egress;
use wasmtime::component::Resource;

use super::options::Function;
use super::{Complete, DatabaseView, changed};
use crate::capability::lockgate::database::client::{Answer, HostTransaction, Parameters};
use crate::capability::outbound::{Outbound, Refusal};
use crate::capability::sessions::{Rows, Transaction};
use crate::capability::types::Failure;

/// A transaction and what a guest asks of it.
type Asked = (Outbound, Arc<egress::Transaction>, Complete);

impl DatabaseView<'_> {
    /// Gives the guest a handle of a transaction.
    pub(super) fn push_transaction(
        &mut self,
        transaction: egress::Transaction,
    ) -> wasmtime::Result<Resource<Transaction>> {
        let held = self.open.keep(transaction);
        Ok(self.table.push(Transaction(held))?)
    }

    fn asked(
        &mut self,
        transaction: &Resource<Transaction>,
        function: Function,
        statement: String,
        parameters: Parameters,
        options: Option<String>,
    ) -> wasmtime::Result<Result<Asked, Failure>> {
        let complete = self.complete(function, statement, parameters, options)?;
        let held = self.table.get(transaction)?.0.get();
        Ok(complete.and_then(|(outbound, complete)| {
            let held = held.ok_or(Refusal::Cancelled)?;
            Ok((outbound, held, complete))
        }))
    }

    fn ended(
        &mut self,
        transaction: Resource<Transaction>,
    ) -> wasmtime::Result<Result<(Outbound, egress::Transaction), Failure>> {
        self.calls.count()?;
        let Transaction(held) = self.table.delete(transaction)?;
        Ok(match (self.phase.outbound(Capability::Database), held.take()) {
            (Ok(outbound), Some(transaction)) => Ok((outbound, transaction)),
            (Err(refused), _) => Err(refused.into()),
            (Ok(_), None) => Err(Refusal::Cancelled.into()),
        })
    }
}

impl HostTransaction for DatabaseView<'_> {
    async fn query(
        &mut self,
        transaction: Resource<Transaction>,
        statement: String,
        parameters: Parameters,
        options: Option<String>,
    ) -> wasmtime::Result<Result<Answer, Failure>> {
        let asked = self.asked(&transaction, Function::TransactionQuery, statement, parameters, options)?;
        let (outbound, transaction, Complete { query, reserved }) = match asked {
            Ok(asked) => asked,
            Err(failure) => return Ok(Err(failure)),
        };
        match self.answered(&outbound, reserved, async move { transaction.run(&query).await }).await {
            Ok(answer) => Ok(Ok(self.whole(answer)?)),
            Err(failure) => Ok(Err(failure)),
        }
    }

    async fn execute(
        &mut self,
        transaction: Resource<Transaction>,
        statement: String,
        parameters: Parameters,
        options: Option<String>,
    ) -> wasmtime::Result<Result<u64, Failure>> {
        let asked = self.asked(&transaction, Function::TransactionExecute, statement, parameters, options)?;
        let (outbound, transaction, Complete { query, reserved }) = match asked {
            Ok(asked) => asked,
            Err(failure) => return Ok(Err(failure)),
        };
        let answer = self.answered(&outbound, reserved, async move { transaction.run(&query).await }).await;
        Ok(answer.map(changed))
    }

    async fn start(
        &mut self,
        transaction: Resource<Transaction>,
        statement: String,
        parameters: Parameters,
        options: Option<String>,
    ) -> wasmtime::Result<Result<Resource<Rows>, Failure>> {
        let asked = self.asked(&transaction, Function::TransactionStart, statement, parameters, options)?;
        let (outbound, transaction, Complete { query, reserved }) = match asked {
            Ok(asked) => asked,
            Err(failure) => return Ok(Err(failure)),
        };
        match self.answered(&outbound, reserved, async move { transaction.open(&query).await }).await {
            Ok(rows) => Ok(Ok(self.push_rows(rows)?)),
            Err(failure) => Ok(Err(failure)),
        }
    }

    async fn commit(&mut self, transaction: Resource<Transaction>) -> wasmtime::Result<Result<(), Failure>> {
        let (outbound, transaction) = match self.ended(transaction)? {
            Ok(ended) => ended,
            Err(failure) => return Ok(Err(failure)),
        };
        Ok(self.wait(&outbound, transaction.commit()).await)
    }

    async fn roll_back(&mut self, transaction: Resource<Transaction>) -> wasmtime::Result<Result<(), Failure>> {
        let (outbound, transaction) = match self.ended(transaction)? {
            Ok(ended) => ended,
            Err(failure) => return Ok(Err(failure)),
        };
        Ok(self.wait(&outbound, transaction.roll_back()).await)
    }

    fn drop(&mut self, transaction: Resource<Transaction>) -> wasmtime::Result<()> {
        self.table.delete(transaction)?;
        Ok(())
    }
}
