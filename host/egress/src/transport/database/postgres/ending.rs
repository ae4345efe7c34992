//! Transactions from their beginning to their end, and what makes a session as it was after the login.

use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;

use lockgate_domain::database::Engine;

use super::super::failed::Failed;
use super::message::refusal;
use super::session::Session;
use super::wire::out_of_turn;
use crate::error::Refusal;

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
        // The one of the login's options: before CVE-2024-10978 was mended, the line above set none.
        self.command("RESET ROLE").await?;
        self.statements.clear();
        self.timeout_ms = None;
        self.state_reset.forget();
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
    pub(super) async fn answered(&mut self) -> Result<(String, Option<Box<Refusal>>), Failed> {
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
