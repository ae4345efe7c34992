//! One session: statements are prepared once and kept, transactions are begun and ended, and what was left is reset.

use std::sync::Arc;

use bytes::Bytes;
use jiff::tz::Offset;

use super::super::failed::Failed;
use super::super::kept::Kept;
use super::super::opening::Opening;
use super::answer::Running;
use super::fields::Fields;
use super::login::{CancelKey, LoggedIn, log_in};
use super::message::{self, Done, ERROR, OK, Refused, Status, out_of_turn};
use super::prepared::{COLUMNS_MAX, Prepared, RawRow, Shape};
use super::settings::Settings;
use super::wire::Wire;

/// What the descriptions of an answer's columns take at the most; those of a wide table take some 100 KiB.
const DESCRIBED_MAX: usize = 1024 * 1024;
/// What the names of a session's roles take at the most: more than any user has.
const ROLES_MAX: usize = 16 * 1024;
/// What the server answers where there is no value, in the protocol of texts.
const NULL: &[u8] = &[0xFB];

/// Commands.
const INIT_DB: u8 = 0x02;
pub(super) const QUERY: u8 = 0x03;
const PING: u8 = 0x0E;
const PREPARE: u8 = 0x16;
pub(super) const EXECUTE: u8 = 0x17;
const CLOSE: u8 = 0x19;
pub(super) const FETCH: u8 = 0x1C;
const RESET: u8 = 0x1F;

/// A session that is logged in.
#[derive(Debug)]
pub(in super::super) struct Session {
    pub(super) wire: Wire,
    key: CancelKey,
    is_mariadb: bool,
    pub(super) tracks: bool,
    pub(super) settings: Settings,
    /// One whose rows wait in a cursor is not among them.
    statements: Kept<Prepared>,
    /// Those whose rows wait in a cursor.
    pub(super) cursors: Vec<Arc<Prepared>>,
    /// Numbers of statements that the server need not have any more; it is told so with the next command.
    closing: Vec<u32>,
    pub(super) transaction: Transaction,
    /// Whether the server was asked for something that it has not answered to the end.
    pub(super) busy: bool,
    /// The answer that is on its way.
    pub(super) running: Option<Running>,
    /// What the server was told last of how long a statement may take, in milliseconds.
    timeout_ms: Option<u64>,
    /// A setting by which the host reads values, that a statement has changed.
    pub(super) changed: Option<&'static str>,
    /// Whether something of the session is other than after the login.
    pub(super) altered: bool,
    /// Whether the server was asked to give locks back, and has not been heard on that.
    pub(super) unlocking: bool,
    /// The roles that it began with, as `SET ROLE` takes them; none of a server that has no roles.
    roles: Option<String>,
}

/// Where the session is, as the server says with each answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transaction {
    None,
    Open,
    /// A statement that was refused has ended it: the server rolls back where it finds a deadlock, and commits before it
    /// looks at a statement that defines something.
    Ended,
}

/// How far an answer came.
#[derive(Debug)]
pub(in super::super) enum Ended {
    /// To its end, with the number of rows that were changed, if that is what it does.
    Whole(Option<u64>),
    /// As many rows were read as were asked for, and there may be more.
    More,
}

/// The next part of an answer.
#[derive(Debug)]
pub(in super::super) enum Step {
    Row(RawRow),
    Ended(Ended),
}

impl Session {
    pub(in super::super) async fn open(opening: Opening<'_>) -> Result<Self, Failed> {
        let settings = Settings::of(&opening)?;
        let Opening { stream, peer, account, database, message_max, .. } = opening;
        let LoggedIn { mut wire, key, is_mariadb, tracks } = log_in(stream, &peer, account, database).await?;
        wire.message_max = message_max;
        let mut session = Self {
            wire,
            key,
            is_mariadb,
            tracks,
            settings,
            statements: Kept::default(),
            cursors: Vec::new(),
            closing: Vec::new(),
            transaction: Transaction::None,
            busy: false,
            running: None,
            timeout_ms: None,
            changed: None,
            altered: false,
            unlocking: false,
            roles: None,
        };
        session.set().await?;
        session.roles = session.current_role().await?;
        Ok(session)
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

    /// The offset of its time zone, if it is one.
    pub(in super::super) fn offset(&self) -> Option<Offset> {
        self.settings.offset
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

    /// Prepares a statement with so many parameters, which is asked for its columns then.
    pub(in super::super) async fn prepare(&mut self, text: &str, wanted: usize) -> Result<Arc<Prepared>, Failed> {
        if let Some(prepared) = self.statements.get(text) {
            return Ok(prepared);
        }
        self.settle().await?;
        self.say(PREPARE, text.as_bytes());
        self.send().await?;
        let message = self.wire.next().await?;
        let mut fields = Fields::of(&message);
        match fields.u8()? {
            OK => {}
            ERROR => return Err(self.refused(message::error(&message)?).await),
            _ => return Err(out_of_turn()),
        }
        let (number, columns, parameters) = (fields.u32()?, fields.u16()?, fields.u16()?);
        // What MySQL says of a parameter is the same of all.
        if parameters > 0 {
            for _ in 0..parameters {
                self.wire.next().await?;
            }
            message::end(&self.wire.next().await?)?.ok_or_else(out_of_turn)?;
        }
        let described = match columns {
            0 => Vec::new(),
            columns => self.columns(columns.into()).await?.0,
        };
        self.busy = false;
        if usize::from(parameters) != wanted {
            self.closing.push(number);
            return Err(Failed::Invalid(format!(
                "the server finds {parameters} parameters in the statement that has {wanted}"
            )));
        }
        let prepared = Arc::new(Prepared {
            number,
            text: text.into(),
            parameters: parameters.into(),
            shape: Shape::read(&described)?,
        });
        self.keep(&prepared);
        Ok(prepared)
    }

    /// Descriptions of columns, with what is said behind the last.
    pub(super) async fn columns(&mut self, count: u64) -> Result<(Vec<Bytes>, Status), Failed> {
        if count > COLUMNS_MAX {
            return Err(Failed::Broken(format!("the server describes more than {COLUMNS_MAX} columns")));
        }
        let (mut described, mut room) = (Vec::new(), DESCRIBED_MAX);
        for _ in 0..count {
            let one = self.wire.next().await?;
            room = room.checked_sub(one.len()).ok_or(Failed::TooLarge)?;
            described.push(one);
        }
        let status = message::end(&self.wire.next().await?)?.ok_or_else(out_of_turn)?;
        Ok((described, status))
    }

    /// Keeps a statement for the next time.
    pub(super) fn keep(&mut self, prepared: &Arc<Prepared>) {
        let bytes = prepared.text.len() + prepared.bytes();
        self.statements.insert(Arc::clone(&prepared.text), Arc::clone(prepared), bytes);
        let gone = self.statements.take_gone().into_iter().map(|old| old.number);
        self.closing.extend(gone.filter(|number| *number != prepared.number));
    }

    /// Keeps a statement no longer, which the server may go on to have.
    pub(super) fn forget(&mut self, prepared: &Prepared) {
        self.statements.retain(|_, own| own.number != prepared.number);
    }

    /// A statement is not needed any more.
    pub(super) fn close(&mut self, prepared: &Prepared) {
        self.closing.push(prepared.number);
    }

    /// Begins a transaction.
    pub(in super::super) async fn begin(&mut self, isolation: &str, read_only: bool) -> Result<(), Failed> {
        self.settle().await?;
        if self.transaction == Transaction::Ended {
            return Err(ended());
        }
        self.command(&format!("SET TRANSACTION ISOLATION LEVEL {isolation}")).await?;
        let mode = if read_only { "READ ONLY" } else { "READ WRITE" };
        self.command(&format!("START TRANSACTION {mode}")).await?;
        if self.transaction != Transaction::Open {
            return Err(Failed::Broken("the server began no transaction".to_owned()));
        }
        Ok(())
    }

    /// Commits.
    pub(in super::super) async fn commit(&mut self) -> Result<(), Failed> {
        // What was not read yet can say that the transaction is over.
        self.settle().await?;
        if self.transaction == Transaction::Ended {
            self.transaction = Transaction::None;
            return Err(ended());
        }
        self.end("COMMIT").await
    }

    /// Rolls back, whatever was begun.
    pub(in super::super) async fn roll_back(&mut self) -> Result<(), Failed> {
        self.end("ROLLBACK").await
    }

    async fn end(&mut self, command: &str) -> Result<(), Failed> {
        self.settle().await?;
        self.closing.extend(self.cursors.drain(..).map(|cursor| cursor.number));
        self.command(command).await
    }

    /// Makes the session as it was after the login.
    pub(in super::super) async fn reset(&mut self) -> Result<(), Failed> {
        self.settle().await?;
        self.say(RESET, b"");
        self.acknowledged().await?;
        self.statements.clear();
        self.cursors.clear();
        self.closing.clear();
        (self.timeout_ms, self.changed, self.altered) = (None, None, false);
        // The database is none of what the server resets.
        if self.settings.database.is_empty() {
            if !self.is_without_database().await? {
                return Err(Failed::Broken("the session has a database that it did not begin with".to_owned()));
            }
        } else {
            let database = self.settings.database.clone();
            self.say(INIT_DB, database.as_bytes());
            self.acknowledged().await?;
        }
        self.set().await?;
        // Nor are the roles.
        match self.roles.clone() {
            Some(roles) => self.command(&format!("SET ROLE {roles}")).await,
            None => Ok(()),
        }
    }

    /// The roles that are on, as `SET ROLE` takes them: MySQL writes a list of them in its quotes, or `NONE`, and MariaDB
    /// has one at a time, by its bare name.
    async fn current_role(&mut self) -> Result<Option<String>, Failed> {
        let role = match self.ask("SELECT CURRENT_ROLE()").await {
            Ok(role) => role,
            // A server that has no roles.
            Err(Failed::Refused(_)) => return Ok(None),
            Err(failed) => return Err(failed),
        };
        let Some(role) = role else { return Ok(Some("NONE".to_owned())) };
        if role.len() > ROLES_MAX {
            return Err(Failed::Broken(format!("the server has roles of more than {ROLES_MAX} bytes")));
        }
        let role = String::from_utf8(role).map_err(|_| out_of_turn())?;
        Ok(Some(match self.is_mariadb {
            true => format!("`{}`", role.replace('`', "``")),
            false => role,
        }))
    }

    async fn set(&mut self) -> Result<(), Failed> {
        for statement in self.settings.statements(self.tracks) {
            self.command(&statement).await?;
        }
        Ok(())
    }

    async fn is_without_database(&mut self) -> Result<bool, Failed> {
        Ok(self.ask("SELECT DATABASE()").await?.is_none())
    }

    /// Asks for one value, which is a text or NULL.
    async fn ask(&mut self, text: &str) -> Result<Option<Vec<u8>>, Failed> {
        self.say(QUERY, text.as_bytes());
        self.send().await?;
        let message = self.wire.next().await?;
        if message.first() == Some(&ERROR) {
            return Err(self.refused(message::error(&message)?).await);
        }
        if Fields::of(&message).integer()? != 1 {
            return Err(out_of_turn());
        }
        self.columns(1).await?;
        let row = self.wire.next().await?;
        message::end(&self.wire.next().await?)?.ok_or_else(out_of_turn)?;
        self.busy = false;
        match *row == *NULL {
            true => Ok(None),
            false => Fields::of(&row).bytes().map(|value| Some(value.to_vec())),
        }
    }

    /// An answer that is read in several steps is not needed any more.
    pub(in super::super) fn release(&mut self, prepared: &Prepared) {
        if let Some(at) = self.cursors.iter().position(|own| own.number == prepared.number) {
            self.cursors.swap_remove(at);
            self.close(prepared);
        }
    }

    /// Tells the server how long a statement may take, if it does not know that already. Rounded up to a power of two, so
    /// that most statements need no other: the end to the millisecond is kept by whoever waits. MySQL keeps it for
    /// `SELECT` alone.
    pub(super) async fn limit_time(&mut self, timeout_ms: u64) -> Result<(), Failed> {
        let rounded = timeout_ms.saturating_add(1_000).checked_next_power_of_two().unwrap_or(timeout_ms);
        let rounded = rounded.min(i32::MAX as u64);
        if self.timeout_ms == Some(rounded) {
            return Ok(());
        }
        let statement = match self.is_mariadb {
            true => format!("SET max_statement_time = {}.{:03}", rounded / 1_000, rounded % 1_000),
            false => format!("SET max_execution_time = {rounded}"),
        };
        // A server that has no such setting is cancelled when the time is over.
        match self.command(&statement).await {
            Ok(()) | Err(Failed::Refused(_)) => self.timeout_ms = Some(rounded),
            Err(other) => return Err(other),
        }
        Ok(())
    }

    /// Runs a statement of the host's own, which gives no rows.
    async fn command(&mut self, text: &str) -> Result<(), Failed> {
        self.say(QUERY, text.as_bytes());
        self.acknowledged().await
    }

    /// Sends what was written down, whose answer is a yes or a no.
    async fn acknowledged(&mut self) -> Result<(), Failed> {
        self.send().await?;
        let message = self.wire.next().await?;
        if message.first() == Some(&ERROR) {
            return Err(self.refused(message::error(&message)?).await);
        }
        let done = self.done(&message)?;
        self.busy = false;
        self.at(done.status);
        Ok(())
    }

    pub(super) fn done(&self, message: &[u8]) -> Result<Done, Failed> {
        message::done(message, self.tracks)
    }

    /// The server refused something, which may have ended a transaction: it is asked, since it does not say so.
    pub(super) async fn refused(&mut self, refused: Refused) -> Failed {
        self.busy = false;
        if self.transaction == Transaction::Open {
            self.say(PING, b"");
            let asked = async {
                self.send().await?;
                let message = self.wire.next().await?;
                self.done(&message)
            };
            match asked.await {
                Ok(done) if done.status.in_transaction() => self.busy = false,
                Ok(_) => (self.busy, self.transaction) = (false, Transaction::Ended),
                Err(failed) => return failed,
            }
        }
        Failed::Refused(refused.refusal)
    }

    /// Takes note of where the server is.
    pub(super) fn at(&mut self, status: Status) {
        self.transaction = match status.in_transaction() {
            true => Transaction::Open,
            false => Transaction::None,
        };
    }

    /// Writes a command down. Statements that are closed before it have no answer.
    pub(super) fn say(&mut self, command: u8, body: &[u8]) {
        for number in self.closing.drain(..) {
            let [one, two, three, four] = number.to_le_bytes();
            self.wire.command(&[CLOSE, one, two, three, four]);
        }
        self.wire.command(&[&[command], body].concat());
    }

    pub(super) async fn send(&mut self) -> Result<(), Failed> {
        self.busy = true;
        self.wire.send().await
    }
}

/// What a transaction is answered that a statement has ended.
pub(super) fn ended() -> Failed {
    Failed::Invalid("the transaction is over: a statement that the server refused has ended it".to_owned())
}
