//! What a statement left that only reads as far as its text says: a view, an operator or a cast runs functions of the
//! database's own. It is taken back behind each such statement. Prepared statements stay, which cost most to make again, and
//! which no such statement sees.
//!
//! The statement and what takes things back go in one batch of the extended protocol (PostgreSQL, "Message Flow: Extended
//! Query"), in two transactions, and the server answers both in one piece. What a statement does at the end of its
//! transaction is taken back too.

use postgres_protocol::IsNull;
use postgres_protocol::message::backend::{DataRowBody, Message};
use postgres_protocol::message::frontend::{self, BindError};

use super::super::failed::Failed;
use super::session::{Session, Transaction, in_the_middle};
use super::wire::{Wire, items, out_of_turn};

/// A statement that the server keeps prepared: its name there, and its text.
type Kept = (&'static str, &'static str);

const BEGIN: Kept = ("lockgate_begin", "BEGIN");
const COMMIT: Kept = ("lockgate_commit", "COMMIT");
/// The settings by which values are read, in the transaction of the statement, which may have set them for itself alone. The
/// server says by itself only what is another at the end of a batch, and they are reset until then.
const LOOK: &str = "lockgate_look";
const TIMEOUT: &str = "lockgate_timeout";
/// What `DISCARD ALL` does, without the end of prepared statements and plans.
const STEPS: [Kept; 8] = [
    ("lockgate_cursors", "CLOSE ALL"),
    ("lockgate_user", "SET SESSION AUTHORIZATION DEFAULT"),
    // That of the login: before CVE-2024-10978 was mended the line above set none, and the next one leaves it.
    ("lockgate_role", "RESET ROLE"),
    ("lockgate_settings", "RESET ALL"),
    ("lockgate_channels", "UNLISTEN *"),
    ("lockgate_locks", "SELECT pg_catalog.pg_advisory_unlock_all()"),
    ("lockgate_tables", "DISCARD TEMP"),
    ("lockgate_sequences", "DISCARD SEQUENCES"),
];

/// What is known of how the state of a session is reset behind statements.
#[derive(Debug, Default)]
pub(super) struct StateReset {
    /// Whether the server was asked for it apart from a statement, and has not been heard on that.
    is_asked: bool,
    batch: Batch,
    /// The time that the kept statement sets, in milliseconds; none where there is no such statement.
    timeout_ms: Option<u64>,
}

/// Whether the server has the statements of a batch.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Batch {
    #[default]
    Unknown,
    Prepared,
    /// It does not take all of them: each time it is asked apart.
    Refused,
}

impl StateReset {
    /// The server may have none of the kept statements any more.
    pub(super) fn forget(&mut self) {
        (self.batch, self.timeout_ms) = (Batch::Unknown, None);
    }

    /// What was written down for it was not sent.
    pub(super) fn unsent(&mut self) {
        self.timeout_ms = None;
    }
}

impl Session {
    /// Whether the state can be reset behind a statement in its own batch. The server is asked once.
    pub(super) async fn resets_state_in_batches(&mut self) -> Result<bool, Failed> {
        let resets = self.engine.resets_sessions();
        if resets && self.state_reset.batch == Batch::Unknown {
            self.state_reset.batch = if self.keep_statements().await? { Batch::Prepared } else { Batch::Refused };
        }
        Ok(resets && self.state_reset.batch == Batch::Prepared)
    }

    /// Prepares the statements of a batch, if the server takes them.
    async fn keep_statements(&mut self) -> Result<bool, Failed> {
        let settings = Wire::fixed_settings().map(|name| format!(", pg_catalog.current_setting('{name}')"));
        let look = format!("SELECT 1{}", settings.collect::<String>());
        for (name, text) in [BEGIN, COMMIT].iter().chain(&STEPS).copied().chain([(LOOK, &*look)]) {
            frontend::close(b'S', name, self.wire.out())?;
            frontend::parse(name, text, [], self.wire.out())?;
        }
        frontend::sync(self.wire.out());
        self.send().await?;
        let mut takes = true;
        loop {
            match self.wire.next().await? {
                Message::ParseComplete | Message::CloseComplete => {}
                Message::ErrorResponse(_) => takes = false,
                Message::ReadyForQuery(body) => {
                    self.ready(&body)?;
                    return Ok(takes);
                }
                _ => return Err(out_of_turn()),
            }
        }
    }

    /// Writes down what keeps the statement that sets the time of statements, if there is none with this time.
    pub(super) fn keep_timeout(&mut self) -> Result<bool, Failed> {
        let Some(timeout_ms) = self.timeout_ms.filter(|_| self.state_reset.timeout_ms != self.timeout_ms) else {
            return Ok(false);
        };
        frontend::close(b'S', TIMEOUT, self.wire.out())?;
        frontend::parse(TIMEOUT, &format!("SET statement_timeout = {timeout_ms}"), [], self.wire.out())?;
        frontend::sync(self.wire.out());
        self.state_reset.timeout_ms = Some(timeout_ms);
        Ok(true)
    }

    /// Writes down what stands before the statement of a batch.
    pub(super) fn begin_batch(&mut self) -> Result<(), Failed> {
        self.run_kept(BEGIN.0)
    }

    /// Writes down what stands behind it.
    pub(super) fn end_batch(&mut self) -> Result<(), Failed> {
        self.run_kept(LOOK)?;
        self.run_kept(COMMIT.0)?;
        for (name, _) in STEPS {
            self.run_kept(name)?;
        }
        // It was reset with all others.
        self.run_kept(TIMEOUT)
    }

    fn run_kept(&mut self, name: &str) -> Result<(), Failed> {
        let none = |_: (), _: &mut bytes::BytesMut| Ok(IsNull::Yes);
        frontend::bind("", name, [], [], none, [], self.wire.out()).map_err(|error| match error {
            BindError::Conversion(error) => Failed::Broken(error.to_string()),
            BindError::Serialization(error) => error.into(),
        })?;
        Ok(frontend::execute("", 0, self.wire.out())?)
    }

    /// What the server says in a batch of the settings by which values are read.
    pub(super) fn looked(&self, row: &DataRowBody) -> Result<(), Failed> {
        let ranges = items(row.ranges())?;
        // A step that gives back locks has a row of one value.
        let values = ranges.into_iter().skip(1).map(|range| range.and_then(|range| row.buffer().get(range)));
        self.wire.check_values(values)
    }

    /// The batch was refused: its transaction is ended, and the state reset apart.
    pub(super) async fn reset_state_after_refusal(&mut self) -> Result<(), Failed> {
        let end = if self.in_transaction() { "ROLLBACK; " } else { "" };
        // Its answer says so, or the session has no next user.
        self.transaction = Transaction::None;
        self.write_state_reset(end)?;
        self.wire.send().await
    }

    /// Writes down what resets the state apart from a statement, behind whatever was written before. Nobody waits for its answer but
    /// the next user.
    pub(super) fn queue_state_reset(&mut self) -> Result<(), Failed> {
        self.write_state_reset("")
    }

    /// The same behind a transaction.
    pub(in super::super) async fn reset_state(&mut self) -> Result<(), Failed> {
        self.idle().await?;
        self.queue_state_reset()?;
        match self.state_reset.is_asked {
            true => self.wire.send().await,
            false => Ok(()),
        }
    }

    fn write_state_reset(&mut self, before: &str) -> Result<(), Failed> {
        if !self.engine.resets_sessions() {
            return Ok(());
        }
        let steps = STEPS.map(|(_, text)| text).join("; ");
        let timeout = self.timeout_ms.map(|ms| format!("; SET statement_timeout = {ms}")).unwrap_or_default();
        frontend::query(&format!("{before}{steps}{timeout}"), self.wire.out())?;
        self.state_reset.is_asked = true;
        Ok(())
    }

    /// Waits until the state was reset, if it is to be.
    pub(in super::super) async fn wait_for_state_reset(&mut self) -> Result<(), Failed> {
        if !self.state_reset.is_asked {
            return Ok(());
        }
        if self.busy {
            return Err(in_the_middle());
        }
        self.busy = true;
        let (_, refused) = self.answered().await?;
        if refused.is_some() || self.in_transaction() {
            return Err(Failed::Broken("the server could not reset the session".to_owned()));
        }
        self.state_reset.is_asked = false;
        Ok(())
    }
}
