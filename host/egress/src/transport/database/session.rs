//! A session with a server of any engine: one case for each driver, with the same parts.

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::tz::Offset;
use lockgate_domain::database::{Engine, Value};
use tokio::sync::OwnedSemaphorePermit;

use super::failed::Failed;
use super::masking;
use super::mysql;
use super::opening::Opening;
use super::postgres;
use super::rows::{Column, Described, Row};
use crate::connect::Pooled;
use crate::scrub::Scrubber;

/// An open session. It is closed when it is dropped.
pub(crate) struct Session {
    driver: Driver,
    /// Where the server is.
    peer: SocketAddr,
    /// Whether a statement ran that may have left something in it.
    touched: bool,
    /// Whether nobody has used it since it was opened or reset.
    fresh: bool,
    #[expect(dead_code, reason = "it is given back when the session is dropped")]
    permit: OwnedSemaphorePermit,
}

/// The drivers, by protocol.
enum Driver {
    Postgres(Box<postgres::Session>),
    Mysql(Box<mysql::Session>),
}

/// A statement that a server has prepared.
#[derive(Clone)]
pub(super) enum Prepared {
    Postgres(Arc<postgres::Prepared>),
    Mysql(Arc<mysql::Prepared>),
}

/// Writes the parameters of one statement, wherever that is done.
pub(super) enum Encoder {
    Postgres(Arc<postgres::Prepared>),
    /// How many the statement takes, and the offset of the session's time zone.
    Mysql {
        parameters: usize,
        offset: Option<Offset>,
    },
}

/// Parameters in the form of their protocol.
pub(super) enum Encoded {
    Postgres(Vec<Option<String>>),
    Mysql(Vec<u8>),
}

/// The next part of an answer.
pub(super) enum Step {
    Row(RawRow),
    /// The end, with how many rows were changed.
    Whole(Option<u64>),
    /// As many rows were read as were asked for, and there may be more.
    More,
}

/// A row as it came.
pub(super) enum RawRow {
    Postgres(postgres::RawRow),
    Mysql(mysql::RawRow),
}

/// What cancels the statement that a session runs.
#[derive(Debug, Clone, Copy)]
pub(super) enum CancelKey {
    Postgres(postgres::CancelKey),
    Mysql(mysql::CancelKey),
}

/// How transactions see each other (ISO 9075).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Isolation {
    /// Each statement sees what was committed before it.
    #[default]
    ReadCommitted,
    /// All statements see what was committed before the first.
    RepeatableRead,
    /// As if transactions ran one after the other.
    Serializable,
}

impl Isolation {
    /// The words of SQL.
    pub(super) fn sql(self) -> &'static str {
        match self {
            Self::ReadCommitted => "READ COMMITTED",
            Self::RepeatableRead => "REPEATABLE READ",
            Self::Serializable => "SERIALIZABLE",
        }
    }
}

impl Session {
    /// Logs in.
    pub(super) async fn open(opening: Opening<'_>, permit: OwnedSemaphorePermit) -> Result<Self, Failed> {
        let peer = opening.stream.peer_addr()?;
        let driver = match opening.engine {
            Engine::Postgresql | Engine::Redshift => {
                Driver::Postgres(Box::new(postgres::Session::open(opening).await?))
            }
            Engine::Mysql => Driver::Mysql(Box::new(mysql::Session::open(opening).await?)),
        };
        Ok(Self { driver, peer, touched: false, fresh: true, permit })
    }

    /// The address of the server.
    pub(super) fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Begins a use by somebody, who may read messages of such a size.
    pub(super) fn limit_messages(&mut self, max: usize) {
        match &mut self.driver {
            Driver::Postgres(session) => session.limit_messages(max),
            Driver::Mysql(session) => session.limit_messages(max),
        }
    }

    /// Makes sure that a statement finds nothing of those before. `keeps` says that it could see nothing, nor leave
    /// anything.
    pub(super) async fn prepare_for(&mut self, keeps: bool) -> Result<(), Failed> {
        if !keeps {
            self.refresh().await?;
            self.touched = true;
        }
        self.fresh = false;
        Ok(())
    }

    /// Resets it if somebody has used it since it was opened or reset.
    pub(super) async fn refresh(&mut self) -> Result<(), Failed> {
        if !self.fresh {
            self.reset().await?;
        }
        self.fresh = false;
        Ok(())
    }

    /// A statement runs that may leave something.
    pub(super) fn touch(&mut self) {
        self.touched = true;
    }

    /// Whether it can go back to the pool as it is.
    pub(super) fn is_clean(&self) -> bool {
        !self.touched && !self.may_be_altered() && !self.is_busy() && !self.in_transaction()
    }

    /// Whether something of it may be other than after the login, as its server says.
    fn may_be_altered(&self) -> bool {
        match &self.driver {
            Driver::Postgres(_) => false,
            Driver::Mysql(session) => session.may_be_altered(),
        }
    }

    /// Whether an answer is on its way.
    pub(super) fn is_busy(&self) -> bool {
        match &self.driver {
            Driver::Postgres(session) => session.is_busy(),
            Driver::Mysql(session) => session.is_busy(),
        }
    }

    /// Whether a transaction was begun.
    pub(super) fn in_transaction(&self) -> bool {
        match &self.driver {
            Driver::Postgres(session) => session.in_transaction(),
            Driver::Mysql(session) => session.in_transaction(),
        }
    }

    /// Gives back memory that a large message took, before nobody uses it.
    pub(super) fn trim(&mut self) {
        match &mut self.driver {
            Driver::Postgres(session) => session.trim(),
            Driver::Mysql(session) => session.trim(),
        }
    }

    /// What cancels what it is doing.
    pub(super) fn cancel_key(&self) -> CancelKey {
        match &self.driver {
            Driver::Postgres(session) => CancelKey::Postgres(session.cancel_key()),
            Driver::Mysql(session) => CancelKey::Mysql(session.cancel_key()),
        }
    }

    /// Prepares a statement with so many parameters.
    pub(super) async fn prepare(&mut self, text: &str, parameters: usize) -> Result<Prepared, Failed> {
        match &mut self.driver {
            Driver::Postgres(session) => session.prepare(text, parameters).await.map(Prepared::Postgres),
            Driver::Mysql(session) => session.prepare(text, parameters).await.map(Prepared::Mysql),
        }
    }

    /// What writes the parameters of a statement.
    pub(super) fn encoder(&self, prepared: &Prepared) -> Encoder {
        let offset = match &self.driver {
            Driver::Postgres(_) => None,
            Driver::Mysql(session) => session.offset(),
        };
        match prepared {
            Prepared::Postgres(prepared) => Encoder::Postgres(Arc::clone(prepared)),
            Prepared::Mysql(prepared) => Encoder::Mysql { parameters: prepared.parameters(), offset },
        }
    }

    /// Sends a statement with its parameters, and asks for at most some rows; for all of them with 0. `portal` names an
    /// answer that is read in several steps. With `keeps` the statement leaves nothing as far as its text says, and what it
    /// leaves all the same is taken back behind it. Comes back with the statement as the server describes it now.
    pub(super) async fn start(
        &mut self,
        prepared: &Prepared,
        parameters: Encoded,
        portal: &str,
        rows: i32,
        timeout_ms: u64,
        keeps: bool,
    ) -> Result<Prepared, Failed> {
        // What is left in a transaction is taken back behind that.
        let resets_state = keeps && !self.in_transaction();
        match (&mut self.driver, prepared, parameters) {
            (Driver::Postgres(session), Prepared::Postgres(prepared), Encoded::Postgres(texts)) => {
                session.start(prepared, texts, portal, rows, timeout_ms, resets_state).await?;
                Ok(Prepared::Postgres(Arc::clone(prepared)))
            }
            (Driver::Mysql(session), Prepared::Mysql(prepared), Encoded::Mysql(body)) => {
                session.start(prepared, &body, portal, rows, timeout_ms, resets_state).await.map(Prepared::Mysql)
            }
            (Driver::Postgres(_) | Driver::Mysql(_), ..) => Err(of_another()),
        }
    }

    /// Asks for more rows of an answer that is read in several steps.
    pub(super) async fn resume(&mut self, prepared: &Prepared, portal: &str, rows: i32) -> Result<(), Failed> {
        match (&mut self.driver, prepared) {
            (Driver::Postgres(session), Prepared::Postgres(prepared)) => session.resume(prepared, portal, rows).await,
            (Driver::Mysql(session), Prepared::Mysql(prepared)) => session.resume(prepared, rows).await,
            (Driver::Postgres(_), Prepared::Mysql(_)) | (Driver::Mysql(_), Prepared::Postgres(_)) => Err(of_another()),
        }
    }

    /// An answer that is read in several steps is not needed any more. The server is told so with what it is asked next.
    pub(super) fn release(&mut self, prepared: &Prepared, portal: String) {
        match (&mut self.driver, prepared) {
            (Driver::Postgres(session), Prepared::Postgres(_)) => session.release(portal),
            (Driver::Mysql(session), Prepared::Mysql(prepared)) => session.release(prepared),
            (Driver::Postgres(_), Prepared::Mysql(_)) | (Driver::Mysql(_), Prepared::Postgres(_)) => {}
        }
    }

    /// The next part of the answer.
    pub(super) async fn next(&mut self) -> Result<Step, Failed> {
        match &mut self.driver {
            Driver::Postgres(session) => Ok(match session.next().await? {
                postgres::Step::Row(row) => Step::Row(RawRow::Postgres(row)),
                postgres::Step::Ended(postgres::Ended::Whole(changed)) => Step::Whole(changed),
                postgres::Step::Ended(postgres::Ended::More) => Step::More,
            }),
            Driver::Mysql(session) => Ok(match session.next().await? {
                mysql::Step::Row(row) => Step::Row(RawRow::Mysql(row)),
                mysql::Step::Ended(mysql::Ended::Whole(changed)) => Step::Whole(changed),
                mysql::Step::Ended(mysql::Ended::More) => Step::More,
            }),
        }
    }

    /// Begins a transaction.
    pub(super) async fn begin(&mut self, isolation: Isolation, read_only: bool) -> Result<(), Failed> {
        // What runs in it is a use, also where nothing was to be reset before.
        self.fresh = false;
        match &mut self.driver {
            Driver::Postgres(session) => session.begin(isolation.sql(), read_only).await,
            Driver::Mysql(session) => session.begin(isolation.sql(), read_only).await,
        }
    }

    /// Commits the transaction.
    pub(super) async fn commit(&mut self) -> Result<(), Failed> {
        match &mut self.driver {
            Driver::Postgres(session) => session.commit().await?,
            Driver::Mysql(session) => session.commit().await?,
        }
        self.reset_state().await;
        Ok(())
    }

    /// Rolls back whatever was begun.
    pub(super) async fn roll_back(&mut self) -> Result<(), Failed> {
        match &mut self.driver {
            Driver::Postgres(session) => session.roll_back().await?,
            Driver::Mysql(session) => session.roll_back().await?,
        }
        self.reset_state().await;
        Ok(())
    }

    /// Takes back what statements of a transaction may have left that leave nothing as far as their text says. Where one ran
    /// that says more, or this fails, the whole session is reset when it is given back: the transaction has ended in any case.
    async fn reset_state(&mut self) {
        if self.touched {
            return;
        }
        let reset = match &mut self.driver {
            Driver::Postgres(session) => session.reset_state().await,
            Driver::Mysql(session) => session.reset_state().await,
        };
        self.touched = reset.is_err();
    }

    /// Makes it as it was after the login.
    pub(super) async fn reset(&mut self) -> Result<(), Failed> {
        match &mut self.driver {
            Driver::Postgres(session) => session.reset().await?,
            Driver::Mysql(session) => session.reset().await?,
        }
        (self.touched, self.fresh) = (false, true);
        Ok(())
    }
}

impl Encoder {
    /// Writes them.
    pub(super) fn encode(&self, values: &[Value]) -> Result<Encoded, Failed> {
        let wanted = match self {
            Self::Postgres(prepared) => prepared.parameters().count(),
            Self::Mysql { parameters, .. } => *parameters,
        };
        if values.len() != wanted {
            let given = values.len();
            return Err(Failed::Invalid(format!("the statement has {wanted} parameters, and {given} were given")));
        }
        match self {
            Self::Postgres(prepared) => prepared.encode(values).map(Encoded::Postgres),
            Self::Mysql { offset, .. } => mysql::parameters(values, *offset).map(Encoded::Mysql),
        }
    }
}

impl Prepared {
    /// The columns of its rows.
    pub(super) fn columns(&self) -> &Arc<[Column]> {
        match self {
            Self::Postgres(prepared) => prepared.columns(),
            Self::Mysql(prepared) => prepared.columns(),
        }
    }

    /// What it takes in the host.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Postgres(prepared) => prepared.bytes(),
            Self::Mysql(prepared) => prepared.bytes(),
        }
    }

    /// What the server says of it.
    pub(super) fn described(&self) -> Described {
        let columns = self.columns().to_vec();
        match self {
            Self::Postgres(prepared) => Described { parameters: prepared.parameters().map(Some).collect(), columns },
            Self::Mysql(prepared) => Described { parameters: vec![None; prepared.parameters()], columns },
        }
    }
}

impl RawRow {
    /// How large it is.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Postgres(row) => row.bytes(),
            Self::Mysql(row) => row.bytes(),
        }
    }

    /// How many values it has.
    pub(super) fn columns(&self) -> usize {
        match self {
            Self::Postgres(row) => row.columns(),
            Self::Mysql(row) => row.columns(),
        }
    }

    /// Its values, cleaned of secrets. What they take beside the bytes that came for them comes off `room`.
    pub(super) fn read(&self, scrubber: &Arc<Scrubber>, room: &mut u64) -> Result<Row, Failed> {
        let mut row = match self {
            Self::Postgres(row) => row.read(room)?,
            Self::Mysql(row) => row.read()?,
        };
        masking::mask(&mut row, scrubber)?;
        Ok(row)
    }
}

/// Asks a server to cancel what a session runs.
pub(super) async fn cancel(opening: Opening<'_>, key: CancelKey) -> Result<(), Failed> {
    match key {
        CancelKey::Postgres(key) => postgres::cancel(opening.stream, &opening.peer, key).await,
        CancelKey::Mysql(key) => mysql::cancel(opening, key).await,
    }
}

fn of_another() -> Failed {
    Failed::Broken("a statement of another session was given".to_owned())
}

impl Pooled for Session {
    fn is_closed(&self) -> bool {
        false
    }

    async fn ready(&mut self) -> bool {
        match &mut self.driver {
            Driver::Postgres(session) => session.wait_for_state_reset().await.is_ok() && session.is_alive(),
            // What it says last of all can be that something was left.
            Driver::Mysql(session) => {
                session.wait_for_state_reset().await.is_ok() && !session.altered() && session.is_alive()
            }
        }
    }

    fn is_multiplexed(&self) -> bool {
        false
    }

    fn shared(&self) -> Option<Self> {
        None
    }
}
