//! The server that a request goes to: found in the group's destinations, and how a session with it is opened.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use lockgate_domain::auth::Location;
use lockgate_domain::database::{Engine, TlsMode};
use lockgate_domain::destination::{Destination, Host, HostPattern, SchemeRule};
use lockgate_domain::{CredentialName, Digest};
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::account::{Account, carries};
use super::failed::Failed;
use super::opening::{Opening, Peer};
use super::session::{self, CancelKey, Session};
use crate::EgressError;
use crate::auth::authorize;
use crate::connect::{Checks, Network};
use crate::policy::Policy;
use crate::scrub::Scrubber;
use crate::transport::abort_on_drop::AbortOnDrop;
use crate::transport::{SendContext, http};

/// How long a server has to take note of a cancellation, and a session to be reset.
const AFTERWARDS: Duration = Duration::from_secs(10);
/// The largest message of a server that takes note of a cancellation.
const CANCEL_MESSAGE_MAX: usize = 64 * 1024;

/// What sessions may be used for again: the same login at the same database, to read only or not.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    host: Host,
    port: u16,
    rule: Arc<Place>,
    credential: Option<CredentialName>,
    /// Of what logs in: a session that was opened with other values is not used.
    login: Digest,
    private: bool,
    read_only: bool,
}

/// The database and its settings.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    engine: Engine,
    database: String,
    tls: TlsMode,
    options: BTreeMap<String, String>,
}

/// A server with everything that a session needs to be opened, also after the request that needed it.
pub(super) struct Server {
    pub(super) key: Arc<Key>,
    /// Scheme, host, port and database, for errors and records.
    pub(super) origin: String,
    pub(super) scrubber: Arc<Scrubber>,
    account: Account,
    config: Option<Arc<ClientConfig>>,
    network: Arc<Network>,
    policy: Arc<Policy>,
    lookups: Arc<Semaphore>,
}

impl Server {
    /// The server that a request names, and its engine.
    pub(super) async fn of(
        context: &SendContext<'_>,
        name: Option<&str>,
        read_only: bool,
    ) -> Result<(Self, Engine), EgressError> {
        let (destination, engine) = context.policy.database(name)?;
        Ok((Self::at(context, destination, engine, read_only).await?, engine))
    }

    /// The server of a destination, with the credential that is bound to it.
    pub(super) async fn at(
        context: &SendContext<'_>,
        destination: &Destination,
        engine: Engine,
        read_only: bool,
    ) -> Result<Self, EgressError> {
        let origin = destination.place();
        let SchemeRule::Database { path, tls, options } = &destination.rule else {
            return Err(EgressError::Host("a database has the rule of another scheme"));
        };
        let HostPattern::Exact(host) = &destination.host else {
            let detail = format!("the destination {origin} holds several hosts, and a database is on one");
            return Err(EgressError::Request(detail));
        };
        let bound = context.credentials.bound(destination, &origin)?;
        let token = match bound {
            Some(bound) => http::login_token(context, bound).await?,
            None => None,
        };
        let placed = match bound {
            Some(bound) => authorize(bound, token.as_ref().map(|token| token.token()), carries, &origin)?,
            None => Vec::new(),
        };
        let login = Digest::of(&identity(&placed));
        let credential = bound.map(|bound| bound.name);
        let config = match tls {
            TlsMode::VerifyFull => Some(Checks::Name),
            TlsMode::VerifyCa => Some(Checks::Authority),
            TlsMode::Disable => None,
        };
        let certificate = || context.credentials.certificate(credential?);
        let config = config.map(|checks| context.state.tls.get(&context.network.tls, credential, checks, certificate));
        let place =
            Place { engine, database: path.trim_start_matches('/').to_owned(), tls: *tls, options: options.clone() };
        let key = Key {
            host: host.clone(),
            port: destination.port,
            rule: Arc::new(place),
            credential: credential.cloned(),
            login,
            private: context.policy.is_private_allowed(destination),
            read_only,
        };
        Ok(Self {
            key: Arc::new(key),
            origin,
            scrubber: context.tokens.scrubber(context.credentials),
            account: Account::of(placed),
            config: config.transpose()?,
            network: Arc::clone(context.network),
            policy: Arc::clone(context.policy),
            lookups: Arc::clone(&context.state.lookups),
        })
    }

    /// Opens a session: on the threads that serve connections, and given up with the request.
    pub(super) async fn open(
        self: &Arc<Self>,
        permit: OwnedSemaphorePermit,
        message_max: usize,
    ) -> Result<Session, EgressError> {
        let server = Arc::clone(self);
        let opening = self.network.runtime.spawn(async move {
            let stream = server.dial(&server.key.host).await?;
            let opening = server.opening(stream, message_max);
            Session::open(opening, permit).await.map_err(|failed| server.error(failed, message_max))
        });
        let mut opening = AbortOnDrop(opening);
        (&mut opening.0).await.map_err(|_| EgressError::Host("a session was lost while it was opened"))?
    }

    /// Whether its sessions only read.
    pub(super) fn is_read_only(&self) -> bool {
        self.key.read_only
    }

    /// Does something with a session that nobody waits for: it is over after some seconds, whatever the server does.
    pub(super) fn afterwards(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.network.runtime.spawn(async move {
            let _ = tokio::time::timeout(AFTERWARDS, work).await;
        });
    }

    /// Asks the server to cancel what a session runs.
    ///
    /// At the address that it runs at: a name can have several, whose servers know nothing of each other's sessions.
    pub(super) async fn cancel(&self, peer: SocketAddr, key: CancelKey) {
        if let Ok(stream) = self.dial(&Host::Address(peer.ip())).await {
            // The session is closed whatever comes of it.
            let _ = session::cancel(self.opening(stream, CANCEL_MESSAGE_MAX), key).await;
        }
    }

    async fn dial(&self, host: &Host) -> Result<TcpStream, EgressError> {
        let rules = self.policy.rules(self.key.private);
        self.network.dialer.dial(host, self.key.port, rules, &self.lookups, 0).await
    }

    fn opening(&self, stream: TcpStream, message_max: usize) -> Opening<'_> {
        let place = &self.key.rule;
        Opening {
            stream,
            peer: Peer { host: &self.key.host, origin: &self.origin, tls: self.config.clone() },
            engine: place.engine,
            database: &place.database,
            options: &place.options,
            account: &self.account,
            read_only: self.key.read_only,
            message_max,
        }
    }

    /// What a failure is called outside. What a server says may repeat what logged in.
    pub(super) fn error(&self, failed: Failed, message_max: usize) -> EgressError {
        failed.into_error(&self.origin, &self.scrubber, message_max)
    }
}

/// The bytes that tell one login from another.
fn identity(placed: &[crate::auth::Placed<'_>]) -> zeroize::Zeroizing<Vec<u8>> {
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    for one in placed {
        // By themselves, so that an option can't be taken for one of the others by its name.
        let (kind, name) = match &one.location {
            Location::User => ("user", ""),
            Location::Password => ("password", ""),
            Location::Certificate => ("certificate", ""),
            Location::Option(name) => ("option", name.as_str()),
            // No session of a database carries these.
            Location::Header(name) => ("header", name.as_str()),
            Location::Query(name) => ("query", name.as_str()),
            Location::Cookie(name) => ("cookie", name.as_str()),
            Location::Body(name) => ("body", name.as_str()),
        };
        for part in [kind.as_bytes(), name.as_bytes(), &one.value] {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
        }
    }
    bytes
}
