//! Each kind of request, from the destination to the answer.

use std::sync::Arc;

use lockgate_domain::database::Engine;
use lockgate_domain::destination::Destination;

use super::conversation::Conversation;
use super::lease::Lease;
use super::request::{Begin, Describe, Open, Query, invalid};
use super::rows::{Answer, Described};
use super::server::Server;
use super::transaction::{Rows, Transaction};
use crate::connect::Timeouts;
use crate::transport::{SendContext, TransportRequest};
use crate::{EgressError, Phase};

impl TransportRequest for Query {
    type Answer = Answer;

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    async fn send(self, context: SendContext<'_>) -> Result<Answer, EgressError> {
        let (server, engine) = Server::of(&context, self.database.as_deref(), self.read_only).await?;
        let bound = self.bind(engine)?;
        let mut conversation = converse(&context, server, engine, bound.keeps).await?;
        conversation.run(&bound, self.max_rows, &self.timeouts).await
    }
}

impl TransportRequest for Open {
    type Answer = Rows;

    fn timeouts(&self) -> Timeouts {
        self.0.timeouts
    }

    async fn send(self, context: SendContext<'_>) -> Result<Rows, EgressError> {
        let (server, engine) = Server::of(&context, self.0.database.as_deref(), self.0.read_only).await?;
        // What is wrong with it is said before anything is opened.
        let keeps = self.0.bind(engine)?.keeps;
        let conversation = converse(&context, server, engine, keeps).await?;
        Rows::alone(conversation, &self.0).await
    }
}

impl TransportRequest for Begin {
    type Answer = Transaction;

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    async fn send(self, context: SendContext<'_>) -> Result<Transaction, EgressError> {
        let (server, engine) = Server::of(&context, self.database.as_deref(), false).await?;
        let mut conversation = converse(&context, server, engine, false).await?;
        // What will run in it is not known.
        conversation.begin(self.isolation, self.read_only, false).await?;
        Ok(Transaction::new(conversation, self.read_only))
    }
}

impl TransportRequest for Describe {
    type Answer = Described;

    fn timeouts(&self) -> Timeouts {
        Timeouts::default()
    }

    async fn send(self, context: SendContext<'_>) -> Result<Described, EgressError> {
        let (server, engine) = Server::of(&context, self.database.as_deref(), self.read_only).await?;
        let statement = self.statement.read(engine)?;
        let rendered = statement.render(|_| None).map_err(|refused| invalid(refused.to_string()))?;
        let mut lease = take(&context, server, true).await?;
        let server = Arc::clone(&lease.server);
        let prepared = lease.with(async |session| session.prepare(&rendered.text, rendered.places.len()).await);
        let prepared = context.clock.within(None, Phase::Total, &server.origin, prepared).await?;
        let message_max = usize::try_from(context.limits.upstream_body_bytes).unwrap_or(usize::MAX);
        let described = prepared.map(|prepared| prepared.described().cleaned(&server.scrubber));
        described.map_err(|failed| server.error(failed, message_max))
    }
}

/// Logs in at the database of a destination, whatever sessions there are.
pub(crate) async fn log_in(context: &SendContext<'_>, destination: &Destination) -> Result<(), EgressError> {
    let engine = destination.scheme.engine().ok_or(EgressError::Host("a database has no engine"))?;
    let server = Server::at(context, destination, engine, true).await?;
    take(context, server, false).await.map(drop)
}

/// `keeps` says that what is asked leaves nothing in the session, and sees nothing that others left.
async fn converse(
    context: &SendContext<'_>,
    server: Server,
    engine: Engine,
    keeps: bool,
) -> Result<Conversation, EgressError> {
    let lease = take(context, server, keeps || engine.resets_sessions()).await?;
    Ok(Conversation::new(context, lease, engine))
}

/// A session, unless the server failed too often just now.
async fn take(context: &SendContext<'_>, server: Server, reuse: bool) -> Result<Lease, EgressError> {
    let server = Arc::new(server);
    context.state.breakers.check(&server.origin)?;
    Lease::take(context, server, reuse).await
}
