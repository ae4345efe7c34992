//! The answer to a statement, as it comes: alone, or in the batch that resets the session behind it.

use std::sync::Arc;

use postgres_protocol::message::backend::Message;

use super::super::failed::Failed;
use super::message::{is_stale, refusal};
use super::prepared::{Ended, Prepared, RawRow, Step, changed};
use super::session::Session;
use super::wire::out_of_turn;
use crate::error::Refusal;

/// An answer with rows that is on its way.
#[derive(Debug)]
pub(super) struct Running {
    prepared: Arc<Prepared>,
    refused: Option<Box<Refusal>>,
    ended: Option<Ended>,
    /// Whether it was refused because its tables are others than it was prepared for, before anything of it ran.
    is_stale: bool,
    stage: Stage,
    /// Whether the session is reset in the same batch.
    resets_state: bool,
}

/// What of a batch is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Beginning,
    Statement,
    Resetting,
}

impl Running {
    pub(super) fn new(prepared: &Arc<Prepared>, resets_state: bool) -> Self {
        let stage = if resets_state { Stage::Beginning } else { Stage::Statement };
        Self { prepared: Arc::clone(prepared), refused: None, ended: None, is_stale: false, stage, resets_state }
    }

    /// The statement has ended.
    fn end(&mut self, ended: Ended) {
        self.ended = Some(ended);
        if self.resets_state {
            self.stage = Stage::Resetting;
        }
    }
}

impl Session {
    /// The next part of the answer.
    pub(in super::super) async fn next(&mut self) -> Result<Step, Failed> {
        loop {
            // Where nothing runs no message comes.
            let running = self.running.as_mut().ok_or_else(out_of_turn)?;
            let message = self.wire.next().await?;
            match (running.stage, message) {
                (_, Message::BindComplete | Message::CloseComplete) => {}
                (Stage::Beginning, Message::CommandComplete(_)) => running.stage = Stage::Statement,
                (Stage::Resetting, Message::CommandComplete(_)) => {}
                (Stage::Resetting, Message::DataRow(body)) => self.looked(&body)?,
                (Stage::Statement, Message::DataRow(body)) => {
                    return Ok(Step::Row(RawRow { prepared: Arc::clone(&running.prepared), body }));
                }
                (Stage::Statement, Message::CommandComplete(body)) => running.end(Ended::Whole(changed(body.tag()?))),
                (Stage::Statement, Message::EmptyQueryResponse) => running.end(Ended::Whole(None)),
                (Stage::Statement, Message::PortalSuspended) => running.end(Ended::More),
                (stage, Message::ErrorResponse(body)) => {
                    // What comes behind the statement is no reason to run it again.
                    running.is_stale = stage != Stage::Resetting && is_stale(&body)?;
                    running.refused = Some(refusal(&body)?);
                }
                (_, Message::ReadyForQuery(body)) => {
                    self.ready(&body)?;
                    let mut running = self.running.take().ok_or_else(out_of_turn)?;
                    if running.resets_state && running.refused.is_some() {
                        self.reset_state_after_refusal().await?;
                    }
                    return match (running.refused.take(), running.ended.take()) {
                        (Some(refused), _) => Err(self.refused(&running, refused)),
                        (None, Some(ended)) => Ok(Step::Ended(ended)),
                        (None, None) => Err(out_of_turn()),
                    };
                }
                (
                    _,
                    Message::CopyInResponse(_) | Message::CopyOutResponse(_) | Message::CopyData(_) | Message::CopyDone,
                ) => {
                    return Err(Failed::Invalid("COPY moves data beside rows: expected another statement".to_owned()));
                }
                _ => return Err(out_of_turn()),
            }
        }
    }

    /// A statement whose tables have changed is prepared again the next time.
    fn refused(&mut self, running: &Running, refused: Box<Refusal>) -> Failed {
        // What was set in a transaction that failed is as it was before.
        self.timeout_ms = None;
        if refused.sqlstate == "26000" {
            self.state_reset.forget();
        }
        if running.is_stale || ["0A000", "26000"].contains(&refused.sqlstate.as_str()) {
            self.statements.retain(|_, own| own.name != running.prepared.name);
        }
        if running.is_stale { Failed::Stale(refused) } else { Failed::Refused(refused) }
    }
}
