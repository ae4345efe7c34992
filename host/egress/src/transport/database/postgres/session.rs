//! One session: statements are prepared once, sent with their parameters in one step, and their rows read one by one.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::BufMut;
use fallible_iterator::FallibleIterator;
use lockgate_domain::database::Engine;
use postgres_protocol::IsNull;
use postgres_protocol::message::backend::{Message, ReadyForQueryBody};
use postgres_protocol::message::frontend::{self, BindError};

use super::super::failed::Failed;
use super::super::kept::Kept;
use super::super::opening::Opening;
use super::super::rows::Column;
use super::login::{CancelKey, log_in};
use super::message::refusal;
use super::prepared::Prepared;
use super::running::Running;
use super::state_reset::StateReset;
use super::types::Type;
use super::wire::{Wire, items, out_of_turn};

/// More than a query of PostgreSQL can have.
const COLUMNS_MAX: usize = 1_664;
/// Names of types that one session remembers, and how long they are, in bytes: `pg_catalog.format_type` writes a schema and
/// a name of 63 bytes each, with their quotes.
const TYPES_MAX: usize = 1_000;
const TYPE_NAME_MAX: usize = 256;
/// What the names of a statement's columns and types take at the most. The session keeps them with the statement.
const DESCRIBED_MAX: usize = 1024 * 1024;

/// A session that is logged in.
#[derive(Debug)]
pub(in super::super) struct Session {
    pub(super) wire: Wire,
    pub(super) engine: Engine,
    key: CancelKey,
    pub(super) statements: Kept<Prepared>,
    /// Statements made so far; the number names the next.
    made: u64,
    types: HashMap<u32, Type>,
    pub(super) transaction: Transaction,
    /// Whether the server was asked for something that it has not answered to the end.
    pub(super) busy: bool,
    /// The answer with rows that is on its way.
    pub(super) running: Option<Running>,
    /// What the server was told last of how long a statement may take, in milliseconds.
    pub(super) timeout_ms: Option<u64>,
    /// Portals that the server need not have any more; it is told so with the next statement.
    pub(super) closing: Vec<String>,
    pub(super) state_reset: StateReset,
}

/// Where the session is, as the server says with each answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transaction {
    None,
    Open,
    /// It takes nothing but its end.
    Failed,
}

impl Session {
    pub(in super::super) async fn open(opening: Opening<'_>) -> Result<Self, Failed> {
        let engine = opening.engine;
        let (wire, key) = log_in(opening).await?;
        Ok(Self {
            wire,
            engine,
            key,
            statements: Kept::default(),
            made: 0,
            types: HashMap::new(),
            transaction: Transaction::None,
            busy: false,
            running: None,
            timeout_ms: None,
            closing: Vec::new(),
            state_reset: StateReset::default(),
        })
    }

    /// The largest message that is read from now on.
    pub(in super::super) fn limit_messages(&mut self, max: usize) {
        self.wire.message_max = max;
    }

    /// Gives back memory that a large message took.
    pub(in super::super) fn trim(&mut self) {
        self.wire.trim();
    }

    /// What cancels what it is doing.
    pub(in super::super) fn cancel_key(&self) -> CancelKey {
        self.key
    }

    /// Whether an answer is on its way.
    pub(in super::super) fn is_busy(&self) -> bool {
        self.busy
    }

    /// Whether a transaction was begun.
    pub(in super::super) fn in_transaction(&self) -> bool {
        self.transaction != Transaction::None
    }

    /// Whether it can be used, as far as can be seen without asking.
    pub(in super::super) fn is_alive(&mut self) -> bool {
        self.wire.is_quiet()
    }

    /// Prepares a statement with so many parameters, which is asked for their types and its columns then.
    pub(in super::super) async fn prepare(&mut self, text: &str, wanted: usize) -> Result<Arc<Prepared>, Failed> {
        self.idle().await?;
        if let Some(prepared) = self.statements.get(text) {
            return Ok(prepared);
        }
        for old in self.statements.take_gone() {
            frontend::close(b'S', &old.name, self.wire.out())?;
        }
        self.made += 1;
        let name = format!("lockgate_{}", self.made);
        frontend::parse(&name, text, [], self.wire.out())?;
        frontend::describe(b'S', &name, self.wire.out())?;
        frontend::sync(self.wire.out());
        self.send().await?;
        let (mut parameters, mut columns, mut refused) = (Vec::new(), Vec::new(), None);
        loop {
            match self.wire.next().await? {
                Message::ParseComplete | Message::CloseComplete | Message::NoData => {}
                Message::ParameterDescription(body) => parameters = items(body.parameters())?,
                Message::RowDescription(body) => {
                    let (mut fields, mut room) = (body.fields(), DESCRIBED_MAX);
                    while let Some(own) = fields.next()? {
                        room = room.checked_sub(own.name().len()).ok_or(Failed::TooLarge)?;
                        columns.push((own.name().to_owned(), own.type_oid()));
                    }
                }
                Message::ErrorResponse(body) => refused = Some(refusal(&body)?),
                Message::ReadyForQuery(body) => {
                    self.ready(&body)?;
                    break;
                }
                _ => return Err(out_of_turn()),
            }
        }
        if let Some(refused) = refused {
            return Err(Failed::Refused(refused));
        }
        if parameters.len() != wanted {
            let found = parameters.len();
            let (parameters, types, columns) = (Vec::new(), Vec::new(), Arc::default());
            self.statements.give_up(Arc::new(Prepared { name, parameters, types, columns }));
            return Err(Failed::Invalid(format!(
                "the server finds {found} parameters in the statement that has {wanted}"
            )));
        }
        if columns.len() > COLUMNS_MAX {
            return Err(Failed::Broken(format!("the server describes more than {COLUMNS_MAX} columns")));
        }
        let mut room = DESCRIBED_MAX;
        let mut own = Vec::with_capacity(parameters.len());
        for oid in parameters {
            let known = self.type_of(oid).await?;
            room = room.checked_sub(known.name.len()).ok_or(Failed::TooLarge)?;
            own.push(known);
        }
        let (mut types, mut shown) = (Vec::with_capacity(columns.len()), Vec::with_capacity(columns.len()));
        for (name, oid) in columns {
            let known = self.type_of(oid).await?;
            // The name is shown beside its column too.
            room = room.checked_sub(name.len() + 2 * known.name.len()).ok_or(Failed::TooLarge)?;
            shown.push(Column { name, type_name: known.shown() });
            types.push(known);
        }
        let prepared = Arc::new(Prepared { name, parameters: own, types, columns: shown.into() });
        self.statements.insert(text.into(), Arc::clone(&prepared), text.len() + prepared.bytes());
        Ok(prepared)
    }

    /// The type of a number; the server is asked for the name of one that is its own.
    async fn type_of(&mut self, oid: u32) -> Result<Type, Failed> {
        if let Some(known) = Type::known(oid).or_else(|| self.types.get(&oid).cloned()) {
            return Ok(known);
        }
        let mut name = format!("oid:{oid}");
        let is_asked = self.transaction != Transaction::Failed && self.types.len() < TYPES_MAX;
        if is_asked {
            frontend::query(&format!("SELECT pg_catalog.format_type({oid}, NULL)"), self.wire.out())?;
            self.send().await?;
            loop {
                match self.wire.next().await? {
                    Message::DataRow(body) => {
                        let range = items(body.ranges())?.into_iter().next().flatten();
                        let found = range.and_then(|range| body.buffer().get(range));
                        // A part of a longer name could be that of another type.
                        let found = found.filter(|found| found.len() <= TYPE_NAME_MAX);
                        name = found.map_or(name, |found| String::from_utf8_lossy(found).into_owned());
                    }
                    Message::RowDescription(_) | Message::CommandComplete(_) => {}
                    Message::ErrorResponse(body) => drop(refusal(&body)?),
                    Message::ReadyForQuery(body) => {
                        self.ready(&body)?;
                        break;
                    }
                    _ => return Err(out_of_turn()),
                }
            }
        }
        let own = Type::named(oid, name);
        if is_asked {
            self.types.insert(oid, own.clone());
        }
        Ok(own)
    }

    /// Sends a statement with its parameters, and asks for some rows; all of them with 0. `portal` names an answer that is
    /// read in several steps, which a transaction must be there for. The server gives up after the time. With `resets_state` the
    /// session is reset behind it.
    pub(in super::super) async fn start(
        &mut self,
        prepared: &Arc<Prepared>,
        texts: Vec<Option<String>>,
        portal: &str,
        rows: i32,
        timeout_ms: u64,
        resets_state: bool,
    ) -> Result<(), Failed> {
        self.idle().await?;
        let batched = resets_state && self.resets_state_in_batches().await?;
        let mut prefaces = u32::from(self.timeout(timeout_ms)?);
        if batched {
            prefaces += u32::from(self.keep_timeout()?);
        }
        let put = |text: Option<String>, buffer: &mut bytes::BytesMut| match text {
            Some(text) => {
                buffer.put_slice(text.as_bytes());
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        };
        self.close_portals()?;
        if batched {
            self.begin_batch()?;
        }
        if let Err(error) = frontend::bind(portal, &prepared.name, [], texts, put, [], self.wire.out()) {
            // Nothing of what was written down is sent, and so nothing of it with the next statement.
            self.wire.out().clear();
            self.timeout_ms = None;
            self.state_reset.unsent();
            return Err(unbound(error));
        }
        frontend::execute(portal, rows, self.wire.out())?;
        if batched {
            self.end_batch()?;
        }
        frontend::sync(self.wire.out());
        if resets_state && !batched {
            self.queue_state_reset()?;
        }
        self.running = Some(Running::new(prepared, batched));
        self.send().await?;
        for _ in 0..prefaces {
            self.drain().await?;
            self.busy = true;
        }
        Ok(())
    }

    /// Asks for more rows of an answer that is read in several steps.
    pub(in super::super) async fn resume(
        &mut self,
        prepared: &Arc<Prepared>,
        portal: &str,
        rows: i32,
    ) -> Result<(), Failed> {
        self.idle().await?;
        self.close_portals()?;
        frontend::execute(portal, rows, self.wire.out())?;
        frontend::sync(self.wire.out());
        self.running = Some(Running::new(prepared, false));
        self.send().await
    }

    /// An answer that is read in several steps is not needed any more.
    pub(in super::super) fn release(&mut self, portal: String) {
        self.closing.push(portal);
    }

    fn close_portals(&mut self) -> Result<(), Failed> {
        for portal in self.closing.drain(..) {
            frontend::close(b'P', &portal, self.wire.out())?;
        }
        Ok(())
    }

    /// What is asked in the middle of an answer would get the rest of it.
    pub(super) async fn idle(&mut self) -> Result<(), Failed> {
        self.wait_for_state_reset().await?;
        match self.busy {
            true => Err(in_the_middle()),
            false => Ok(()),
        }
    }

    /// Writes down how long a statement may take, if the server does not know that already. Rounded up to a power of two,
    /// so that most statements need no other: the end to the millisecond is kept by whoever waits.
    fn timeout(&mut self, timeout_ms: u64) -> Result<bool, Failed> {
        let rounded = timeout_ms.saturating_add(1_000).checked_next_power_of_two().unwrap_or(timeout_ms);
        let rounded = rounded.min(i32::MAX as u64);
        if self.timeout_ms == Some(rounded) || self.transaction == Transaction::Failed {
            return Ok(false);
        }
        frontend::query(&format!("SET statement_timeout = {rounded}"), self.wire.out())?;
        self.timeout_ms = Some(rounded);
        Ok(true)
    }

    /// Reads the answer to the settings that went ahead.
    async fn drain(&mut self) -> Result<(), Failed> {
        loop {
            match self.wire.next().await? {
                Message::CommandComplete(_) | Message::ParseComplete | Message::CloseComplete => {}
                // The statement behind it says the same.
                Message::ErrorResponse(_) => {
                    self.timeout_ms = None;
                    self.state_reset.unsent();
                }
                Message::ReadyForQuery(body) => return self.ready(&body),
                _ => return Err(out_of_turn()),
            }
        }
    }

    pub(super) async fn send(&mut self) -> Result<(), Failed> {
        self.busy = true;
        self.wire.send().await
    }

    pub(super) fn ready(&mut self, body: &ReadyForQueryBody) -> Result<(), Failed> {
        self.busy = false;
        self.transaction = match body.status() {
            b'I' => Transaction::None,
            b'T' => Transaction::Open,
            b'E' => Transaction::Failed,
            _ => return Err(out_of_turn()),
        };
        Ok(())
    }
}

pub(super) fn in_the_middle() -> Failed {
    Failed::Broken("the session was left in the middle of an answer".to_owned())
}

fn unbound(error: BindError) -> Failed {
    match error {
        BindError::Conversion(error) => Failed::Invalid(error.to_string()),
        BindError::Serialization(error) => Failed::Invalid(error.to_string()),
    }
}
