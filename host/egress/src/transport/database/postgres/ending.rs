//! Transactions from their beginning to their end, and what makes a session as good as new.

use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;

use lockgate_domain::database::Engine;

use super::super::failed::Failed;
use super::message::refusal;
use super::session::{Session, in_the_middle};
use super::wire::out_of_turn;
use crate::error::Refusal;

/// What `DISCARD ALL` does, without the end of prepared statements and plans.
const TIDY: &str = "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; \
SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES";

impl Session {
    /// Begins a transaction.
    pub(in super::super) async fn begin(&mut self, isolation: &str, read_only: bool) -> Result<(), Failed> {
        // Until its first query a transaction can be told to write after all.
        let mode = if read_only { "READ ONLY; SELECT 1" } else { "READ WRITE" };
        self.command(&format!("BEGIN ISOLATION LEVEL {isolation} {mode}")).await.map(drop)
    }

    /// Commits. A transaction that has failed is rolled back by that, which is an error.
    pub(in super::super) async fn commit(&mut self) -> Result<(), Failed> {
        let tag = self.command("COMMIT").await?;
        self.timeout_ms = None;
        self.closing.clear();
        if tag == "COMMIT" {
            return Ok(());
        }
        Err(Failed::Invalid("nothing was committed: a statement of the transaction had failed before".to_owned()))
    }

    /// Rolls back, whatever was begun.
    pub(in super::super) async fn roll_back(&mut self) -> Result<(), Failed> {
        self.timeout_ms = None;
        self.closing.clear();
        self.command("ROLLBACK").await.map(drop)
    }

    /// Makes the session as it was after the login. Redshift has no way to.
    pub(in super::super) async fn reset(&mut self) -> Result<(), Failed> {
        if self.in_transaction() {
            self.roll_back().await?;
        }
        match self.engine {
            Engine::Redshift => return Err(Failed::Invalid("Redshift resets no session".to_owned())),
            Engine::Postgresql | Engine::Mysql => {}
        }
        self.command("DISCARD ALL").await?;
        self.statements.clear();
        self.timeout_ms = None;
        Ok(())
    }

    /// Takes back what a statement may have left that only reads as far as its text says: a view, an operator or a cast runs
    /// functions of the database's own. Prepared statements stay, which cost most to make again, and which no such
    /// statement sees. It is sent behind whatever was written down, and nobody waits for its answer but the next user.
    pub(super) fn tidy(&mut self) -> Result<(), Failed> {
        if !self.engine.resets_sessions() {
            return Ok(());
        }
        let timeout = self.timeout_ms.map(|ms| format!("; SET statement_timeout = {ms}")).unwrap_or_default();
        frontend::query(&format!("{TIDY}{timeout}"), self.wire.out())?;
        self.tidying = true;
        Ok(())
    }

    /// The same behind a transaction.
    pub(in super::super) async fn tidy_up(&mut self) -> Result<(), Failed> {
        self.idle().await?;
        self.tidy()?;
        match self.tidying {
            true => self.wire.send().await,
            false => Ok(()),
        }
    }

    /// Waits until it was tidied up, if it is to be.
    pub(in super::super) async fn tidied(&mut self) -> Result<(), Failed> {
        if !self.tidying {
            return Ok(());
        }
        if self.busy {
            return Err(in_the_middle());
        }
        self.busy = true;
        if self.answered().await?.1.is_some() {
            return Err(Failed::Broken("the server could not reset the session".to_owned()));
        }
        self.tidying = false;
        Ok(())
    }

    /// Runs a statement of the host's own. What it says last comes back.
    async fn command(&mut self, text: &str) -> Result<String, Failed> {
        self.idle().await?;
        frontend::query(text, self.wire.out())?;
        self.send().await?;
        let (tag, refused) = self.answered().await?;
        refused.map_or(Ok(tag), |refused| Err(Failed::Refused(refused)))
    }

    /// Reads the whole answer to statements of the host's own: what is said last, and why one of them was refused.
    async fn answered(&mut self) -> Result<(String, Option<Box<Refusal>>), Failed> {
        let (mut tag, mut refused) = (String::new(), None);
        loop {
            match self.wire.next().await? {
                Message::CommandComplete(body) => body.tag()?.clone_into(&mut tag),
                Message::ErrorResponse(body) => refused = Some(refusal(&body)?),
                Message::RowDescription(_) | Message::DataRow(_) => {}
                Message::ReadyForQuery(body) => {
                    self.ready(&body)?;
                    return Ok((tag, refused));
                }
                _ => return Err(out_of_turn()),
            }
        }
    }
}
