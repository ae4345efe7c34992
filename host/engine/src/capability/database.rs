//! `lockgate:database/client`: statements to the group's databases. A session of a database is what a handle of a guest
//! may stand for; it is given back when the handle is dropped, and at the latest when the call ends.

mod options;
mod rows;
mod transaction;
mod values;

use lockgate_domain::Capability;
use lockgate_egress::EgressError;
use lockgate_egress::database::{Open, Query};
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};

use super::lockgate::database::client::{self, Answer, Host, Parameters};
use super::outbound::{InFlight, Outbound};
use super::sessions::{OpenSessions, Rows, Transaction};
use super::types::Failure;
use crate::Stop;
use crate::host_calls::HostCalls;
use crate::limiter::{Limiter, MemoryReservation};
use crate::state::{GuestState, Phase};
use options::Function;

/// What the functions of this interface see of an instance.
pub(crate) struct DatabaseView<'a> {
    phase: &'a Phase,
    table: &'a mut ResourceTable,
    in_flight: &'a mut InFlight,
    open: &'a mut OpenSessions,
    limiter: &'a mut Limiter,
    calls: &'a mut HostCalls,
}

struct HasDatabase;

impl HasData for HasDatabase {
    type Data<'a> = DatabaseView<'a>;
}

pub(crate) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    client::add_to_linker::<_, HasDatabase>(linker, view)
}

fn view(state: &mut GuestState) -> DatabaseView<'_> {
    DatabaseView {
        phase: &state.phase,
        table: &mut state.table,
        in_flight: &mut state.in_flight,
        open: &mut state.open_sessions,
        limiter: &mut state.limiter,
        calls: &mut state.calls,
    }
}

/// A statement as a guest put it together, and what it takes of the call's memory until it is answered.
struct Complete {
    query: Query,
    reserved: MemoryReservation,
}

impl DatabaseView<'_> {
    /// Checks what the guest handed over. What is not granted is said before anything of it is read.
    fn complete(
        &mut self,
        function: Function,
        statement: String,
        parameters: Parameters,
        options: Option<String>,
    ) -> wasmtime::Result<Result<(Outbound, Complete), Failure>> {
        self.calls.count()?;
        let outbound = match self.phase.outbound(Capability::Database) {
            Ok(outbound) => outbound,
            Err(refused) => return Ok(Err(refused.into())),
        };
        let texts = statement.len() + options.as_ref().map_or(0, String::len);
        let reserved = self.limiter.reserve(texts + values::parameter_bytes(&parameters))?;
        let query = options::query(function, options.as_deref(), statement, values::parameters(parameters));
        Ok(query.map(|query| (outbound, Complete { query, reserved })).map_err(invalid))
    }

    /// Waits for the answer to a statement, which takes its part of the call's memory until then.
    async fn answered<T: Send + 'static>(
        &mut self,
        outbound: &Outbound,
        reserved: MemoryReservation,
        exchange: impl Future<Output = Result<T, EgressError>> + Send + 'static,
    ) -> Result<T, Failure> {
        let exchange = async move {
            let done = exchange.await;
            drop(reserved);
            done
        };
        self.wait(outbound, exchange).await
    }

    /// Waits for an exchange with a database.
    async fn wait<T: Send + 'static>(
        &mut self,
        outbound: &Outbound,
        exchange: impl Future<Output = Result<T, EgressError>> + Send + 'static,
    ) -> Result<T, Failure> {
        match self.in_flight.run(&outbound.io, exchange).await {
            Ok(done) => done.map_err(|error| Failure::from(&error)),
            Err(refused) => Err(refused.into()),
        }
    }

    /// What the guest gets of rows. There must be room for its own copy beside the host's.
    fn room_for(&mut self, bytes: usize) -> wasmtime::Result<MemoryReservation> {
        let reserved = self.limiter.reserve(bytes)?;
        if self.limiter.memory_budget().is_exceeded_by(bytes) {
            return Err(Stop::Memory.into());
        }
        Ok(reserved)
    }

    fn whole(&mut self, answer: lockgate_egress::database::Answer) -> wasmtime::Result<Answer> {
        let _reserved = self.room_for(values::answer_bytes(&answer))?;
        Ok(values::answer(answer))
    }
}

/// What `execute` tells of an answer.
fn changed(answer: lockgate_egress::database::Answer) -> u64 {
    answer.changed.unwrap_or_default()
}

/// A statement that can't be sent as the guest put it together.
fn invalid(message: String) -> Failure {
    Failure { code: "invalid-request".to_owned(), message, retryable: false, retry_after_ms: None, details: None }
}

impl Host for DatabaseView<'_> {
    async fn query(
        &mut self,
        statement: String,
        parameters: Parameters,
        options: Option<String>,
    ) -> wasmtime::Result<Result<Answer, Failure>> {
        let (outbound, Complete { query, reserved }) =
            match self.complete(Function::Query, statement, parameters, options)? {
                Ok(complete) => complete,
                Err(failure) => return Ok(Err(failure)),
            };
        let client = outbound.client.clone();
        match self.answered(&outbound, reserved, async move { client.send(query).await }).await {
            Ok(answer) => Ok(Ok(self.whole(answer)?)),
            Err(failure) => Ok(Err(failure)),
        }
    }

    async fn execute(
        &mut self,
        statement: String,
        parameters: Parameters,
        options: Option<String>,
    ) -> wasmtime::Result<Result<u64, Failure>> {
        let (outbound, Complete { query, reserved }) =
            match self.complete(Function::Execute, statement, parameters, options)? {
                Ok(complete) => complete,
                Err(failure) => return Ok(Err(failure)),
            };
        let client = outbound.client.clone();
        let answer = self.answered(&outbound, reserved, async move { client.send(query).await }).await;
        Ok(answer.map(changed))
    }

    async fn start(
        &mut self,
        statement: String,
        parameters: Parameters,
        options: Option<String>,
    ) -> wasmtime::Result<Result<Resource<Rows>, Failure>> {
        let (outbound, Complete { query, reserved }) =
            match self.complete(Function::Start, statement, parameters, options)? {
                Ok(complete) => complete,
                Err(failure) => return Ok(Err(failure)),
            };
        let client = outbound.client.clone();
        match self.answered(&outbound, reserved, async move { client.send(Open(query)).await }).await {
            Ok(rows) => Ok(Ok(self.push_rows(rows)?)),
            Err(failure) => Ok(Err(failure)),
        }
    }

    async fn begin(&mut self, options: Option<String>) -> wasmtime::Result<Result<Resource<Transaction>, Failure>> {
        self.calls.count()?;
        let outbound = match self.phase.outbound(Capability::Database) {
            Ok(outbound) => outbound,
            Err(refused) => return Ok(Err(refused.into())),
        };
        let begin = match options::begin(options.as_deref()) {
            Ok(begin) => begin,
            Err(refused) => return Ok(Err(invalid(refused))),
        };
        let client = outbound.client.clone();
        match self.wait(&outbound, async move { client.send(begin).await }).await {
            Ok(transaction) => Ok(Ok(self.push_transaction(transaction)?)),
            Err(failure) => Ok(Err(failure)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use lockgate_domain::Limits;

    use super::*;
    use crate::capability::lockgate::database::client::{Scalar, Value};
    use crate::cpu::Meter;
    use crate::pool::CountedMemory;

    fn state(memory_bytes: u64) -> GuestState {
        let limits = Limits { memory_bytes, ..Limits::default() };
        GuestState::new(&limits, Instant::now() + Duration::from_secs(60), Meter::new(), CountedMemory::unlimited())
    }

    #[tokio::test]
    async fn what_is_not_allowed_is_refused_before_it_is_read() {
        let mut state = state(64 << 20);
        let options = Some(r#"{"retries": 1}"#.to_owned());
        let none = || Parameters::Numbered(Vec::new());
        let answer = view(&mut state).query("select 1".into(), none(), options.clone()).await;
        assert_eq!(answer.unwrap().unwrap_err().code, "not-during-describe");
        let begun = view(&mut state).begin(options).await;
        assert_eq!(begun.unwrap().unwrap_err().code, "not-during-describe");
        assert_eq!(state.calls.made(), 2);
    }

    #[test]
    fn rows_need_room_in_host_and_guest() {
        let mut state = state(100_000);
        assert!(view(&mut state).room_for(50_000).is_ok());
        let refused = view(&mut state).room_for(50_001).unwrap_err();
        assert_eq!(refused.downcast_ref::<Stop>(), Some(&Stop::Memory));
        assert!(view(&mut state).room_for(50_000).is_ok());
    }

    #[test]
    fn every_value_counts_with_its_place() {
        let nulls = Parameters::Numbered(vec![Value::Scalar(Scalar::Null); 100]);
        assert!(values::parameter_bytes(&nulls) >= 100 * size_of::<Value>());
    }
}
