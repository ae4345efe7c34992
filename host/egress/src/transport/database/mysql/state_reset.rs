//! What a statement left that only reads as far as its text says: a view runs functions of the database's own. The server says
//! when a variable, a temporary table or a setting of the session is another, which is reset then; locks it does not mention,
//! and so they are given back behind each such statement, in the same piece.

use super::super::failed::Failed;
use super::message::{self, ERROR, Status};
use super::session::{QUERY, Session};

/// Gives back locks of `GET_LOCK`.
const UNLOCK: &[u8] = b"DO RELEASE_ALL_LOCKS()";

impl Session {
    /// Writes down what gives locks back, behind what was written before. Nobody waits for its answer but the next user.
    pub(super) fn unlock(&mut self) {
        // The answer to what stands before it comes first.
        let before = self.wire.expected();
        self.say(QUERY, UNLOCK);
        self.wire.expect(before);
        self.unlocking = true;
    }

    /// The same behind a transaction.
    pub(in super::super) async fn reset_state(&mut self) -> Result<(), Failed> {
        self.settle().await?;
        self.unlock();
        self.wire.send().await
    }

    /// Waits until locks were given back, if they are to be.
    pub(in super::super) async fn wait_for_state_reset(&mut self) -> Result<(), Failed> {
        if !self.unlocking {
            return Ok(());
        }
        self.busy = true;
        self.wire.expect(1);
        let message = self.wire.next().await?;
        if message.first() == Some(&ERROR) {
            let refused = message::error(&message)?.refusal.message;
            return Err(Failed::Broken(format!("the server could not reset the session: {refused}")));
        }
        let done = self.done(&message)?;
        self.at(done.status);
        self.note_change(done.status);
        (self.unlocking, self.busy) = (false, false);
        Ok(())
    }

    /// Whether something of the session is other than after the login, as the server says.
    pub(in super::super) fn altered(&self) -> bool {
        self.altered
    }

    /// Whether it may be: a server that says nothing of the kind leaves that open.
    pub(in super::super) fn may_be_altered(&self) -> bool {
        self.altered || !self.tracks
    }

    pub(super) fn note_change(&mut self, status: Status) {
        self.altered |= status.session_changed();
    }
}
