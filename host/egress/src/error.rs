//! What can go wrong between a request of a connector and the answer of an outside system. No text holds a URL's query,
//! a header's value or anything else that may be a secret.

mod phase;
mod refusal;

use std::time::Duration;

use lockgate_domain::database::leaves_open;
use lockgate_domain::destination::UrlRefused;
use lockgate_domain::{Code, CredentialName, FieldName, LimitHit, Problem};

pub use phase::Phase;
pub use refusal::Refusal;

/// What signatures are made with, for texts. HMAC is RFC 2104; SHA-1 is left out.
const SIGNING_ALGORITHMS: &str = "hmac-sha256, hmac-sha384 or hmac-sha512";

/// Why a request got no answer, or a body no end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// No destination of the group holds the request.
    #[error("{method} {target} is not allowed: no entry of the group's `destinations` holds it; {advice}")]
    Denied {
        /// The HTTP method.
        method: String,
        /// The URL without its query.
        target: String,
        /// What would allow it.
        advice: String,
    },
    /// A destination is allowed, and the address that it has is not.
    #[error("`{host}` is not reachable from here: {why}")]
    Address {
        /// The host of the URL.
        host: String,
        /// What kind of address it has, and what would allow it.
        why: String,
    },
    /// The name has no address.
    #[error("the name `{host}` could not be resolved: {cause}")]
    Dns {
        /// The name.
        host: String,
        /// What the resolver said.
        cause: String,
    },
    /// No connection could be opened.
    #[error("no connection to {origin}: {cause}")]
    Connect {
        /// Scheme, host and port.
        origin: String,
        /// What the operating system said.
        cause: String,
    },
    /// The connection could not be secured.
    #[error("no TLS with {origin}: {cause}")]
    Tls {
        /// Scheme, host and port.
        origin: String,
        /// The cause, as the library or system names it.
        cause: String,
    },
    /// Something took too long.
    #[error("{origin} took too long: {phase} after {} ms", after.as_millis())]
    Timeout {
        /// Scheme, host and port.
        origin: String,
        /// Which of the times ended.
        phase: Phase,
        /// How long it was.
        after: Duration,
    },
    /// A body is larger than the limit.
    #[error("the {what} is larger than it may be: {limit}")]
    TooLarge {
        /// Which body.
        what: &'static str,
        /// The limit.
        limit: LimitHit,
    },
    /// The answer has a head that is larger than any that makes sense.
    #[error("{origin} answered with a head of more than {max} bytes or 100 headers")]
    HeadTooLarge {
        /// Scheme, host and port.
        origin: String,
        /// How many bytes are taken.
        max: usize,
    },
    /// The other side does not speak HTTP, or went away in the middle.
    #[error("{origin} broke the protocol: {cause}")]
    Protocol {
        /// Scheme, host and port.
        origin: String,
        /// The cause, as the library or system names it.
        cause: String,
    },
    /// A body ended early, or is not in the encoding that its header says.
    #[error("the body from {origin} is broken: {cause}")]
    Body {
        /// Scheme, host and port.
        origin: String,
        /// The cause, as the library or system names it.
        cause: String,
    },
    /// Requests there failed so often that none is sent for a while.
    #[error("{origin} failed {failures} times in a row: no request is sent for another {} ms", wait.as_millis())]
    CircuitOpen {
        /// Scheme, host and port.
        origin: String,
        /// How often.
        failures: u32,
        /// For how long.
        wait: Duration,
    },
    /// The destination has a credential, and the call none.
    #[error("{origin} takes credential `{credential}`, and {why}")]
    NoCredential {
        /// Scheme, host and port.
        origin: String,
        /// Which.
        credential: CredentialName,
        /// What is missing.
        why: String,
    },
    /// A field that a URL of the definition needs has no value, or one that does not fit.
    #[error("`{part}` can't be filled in: {cause}")]
    Field {
        /// Which URL.
        part: &'static str,
        /// The cause, as the library or system names it.
        cause: UrlRefused,
    },
    /// The URL of the request is refused.
    #[error("the URL of the request is refused: {0}")]
    Url(UrlRefused),
    /// The request is one that the host does not send.
    #[error("the request is refused: {0}")]
    Request(String),
    /// A login request gave no token.
    #[error("the login at {origin} failed: {cause}")]
    Login {
        /// Scheme, host and port.
        origin: String,
        /// The cause, as the library or system names it.
        cause: String,
    },
    /// A provider of OAuth gave no token.
    #[error("no token for credential `{credential}`: {cause}")]
    Token {
        /// Which.
        credential: CredentialName,
        /// What it is to callers.
        code: Code,
        /// What happened, and whose turn it is.
        cause: String,
        /// When it may be worth another try, if it is.
        wait: Option<Duration>,
    },
    /// The scheme of the credential is not part of this version.
    #[error("auth method `{0}` needs a host, which keeps its tokens: expected basic, api_key, bearer or custom here")]
    Unsupported(&'static str),
    /// A redirect is not followed.
    #[error("the redirect of {origin} is not followed: {cause}")]
    Redirect {
        /// Scheme, host and port.
        origin: String,
        /// The cause, as the library or system names it.
        cause: String,
    },
    /// There is nothing to sign with.
    #[error("no signature: {0}")]
    Sign(SignRefused),
    /// A database refused a statement.
    #[error("{origin} refused the statement: {refusal}")]
    Refused {
        /// Scheme, host, port and database.
        origin: String,
        /// What the server says.
        refusal: Box<Refusal>,
    },
    /// A statement that changes something was sent, and nobody knows what became of it.
    #[error("{0}; the statement was sent and may have taken effect: look before it is sent again")]
    Uncertain(Box<EgressError>),
    /// The host made a mistake.
    #[error("the host could not send the request: {0}")]
    Host(&'static str),
}

/// Why nothing is signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignRefused {
    /// The call has no connection.
    #[error("the call has no connection")]
    NoConnection,
    /// The field is not there, or not to sign with. Which of the two is nobody's business.
    #[error("field `{0}` is no field of the connection with `use: sign`")]
    Field(String),
    /// The field is there and empty.
    #[error("field `{0}` has no value: give it one in the connection, such as with `--secret {0}=env:VARIABLE`")]
    NoValue(FieldName),
    /// The algorithm is not known.
    #[error("algorithm `{0}` is not known: expected {known}", known = SIGNING_ALGORITHMS)]
    Algorithm(String),
}

impl EgressError {
    /// The word by which guests decide.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Denied { .. } | Self::Address { .. } => "denied",
            Self::Dns { .. } => "dns",
            Self::Connect { .. } => "connect",
            Self::Tls { .. } => "tls",
            Self::Timeout { .. } => "timeout",
            Self::TooLarge { .. } | Self::HeadTooLarge { .. } => "too-large",
            Self::Protocol { .. } => "protocol",
            Self::Body { .. } => "body",
            Self::CircuitOpen { .. } => "circuit-open",
            Self::NoCredential { .. } | Self::Field { .. } => "no-credential",
            Self::Url(_) | Self::Request(_) => "invalid-request",
            Self::Login { .. } | Self::Token { .. } => "login",
            Self::Unsupported(_) => "unsupported",
            Self::Redirect { .. } => "redirect",
            Self::Sign(_) => "sign",
            Self::Refused { refusal, .. } => refusal.fault.as_str(),
            Self::Uncertain(cause) => cause.code(),
            Self::Host(_) => "internal",
        }
    }

    /// Whether the same request may succeed later. Says nothing about whether it had an effect.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Dns { .. }
            | Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::Protocol { .. }
            | Self::Body { .. }
            | Self::CircuitOpen { .. } => true,
            Self::Refused { refusal, .. } => refusal.fault.retryable(),
            Self::Token { wait, .. } => wait.is_some(),
            Self::Denied { .. }
            | Self::Address { .. }
            | Self::Tls { .. }
            | Self::TooLarge { .. }
            | Self::HeadTooLarge { .. }
            | Self::NoCredential { .. }
            | Self::Field { .. }
            | Self::Url(_)
            | Self::Request(_)
            | Self::Login { .. }
            | Self::Unsupported(_)
            | Self::Redirect { .. }
            | Self::Sign(_)
            | Self::Uncertain(_)
            | Self::Host(_) => false,
        }
    }

    /// The same of a statement that was sent and may have changed something: it is not sent again unseen. What the server
    /// refused had no effect, unless it says that it does not know.
    #[must_use]
    pub(crate) fn uncertain(self) -> Self {
        match &self {
            Self::Refused { refusal, .. } if !leaves_open(&refusal.sqlstate) => self,
            _ => self.uncertain_in_part(),
        }
    }

    /// The same of a statement of which a part can have taken effect though the server refused it.
    #[must_use]
    pub(crate) fn uncertain_in_part(self) -> Self {
        match self {
            Self::Request(_) | Self::Uncertain(_) => self,
            sent => Self::Uncertain(Box::new(sent)),
        }
    }

    /// Whether an error says that the way to the upstream is down, whatever is sent on it. Not what comes of a request: who
    /// chooses that would choose whether the others of the same connection may send any.
    pub(crate) fn is_of_the_way(&self) -> bool {
        match self {
            Self::Dns { .. } | Self::Connect { .. } | Self::Tls { .. } => true,
            Self::Uncertain(cause) => cause.is_of_the_way(),
            Self::Timeout { phase, .. } => match phase {
                Phase::Connect => true,
                // That the host's own connections are in use says nothing about the way.
                Phase::Waiting | Phase::FirstByte | Phase::Idle | Phase::Total | Phase::Deadline => false,
            },
            Self::Denied { .. }
            | Self::Address { .. }
            | Self::Protocol { .. }
            | Self::HeadTooLarge { .. }
            | Self::TooLarge { .. }
            | Self::Body { .. }
            | Self::CircuitOpen { .. }
            | Self::NoCredential { .. }
            | Self::Field { .. }
            | Self::Url(_)
            | Self::Request(_)
            | Self::Login { .. }
            | Self::Token { .. }
            | Self::Unsupported(_)
            | Self::Redirect { .. }
            | Self::Sign(_)
            | Self::Refused { .. }
            | Self::Host(_) => false,
        }
    }

    /// The same with what the other side may have said in it cleaned.
    #[must_use]
    pub(crate) fn cleaned(self, clean: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Dns { host, cause } => Self::Dns { host, cause: clean(&cause) },
            Self::Connect { origin, cause } => Self::Connect { origin, cause: clean(&cause) },
            Self::Tls { origin, cause } => Self::Tls { origin, cause: clean(&cause) },
            Self::Protocol { origin, cause } => Self::Protocol { origin, cause: clean(&cause) },
            Self::Body { origin, cause } => Self::Body { origin, cause: clean(&cause) },
            Self::Login { origin, cause } => Self::Login { origin, cause: clean(&cause) },
            Self::Redirect { origin, cause } => Self::Redirect { origin, cause: clean(&cause) },
            Self::Uncertain(cause) => Self::Uncertain(Box::new(cause.cleaned(clean))),
            Self::Token { credential, code, cause, wait } => {
                Self::Token { credential, code, cause: clean(&cause), wait }
            }
            own @ (Self::Denied { .. }
            | Self::Address { .. }
            | Self::Timeout { .. }
            | Self::TooLarge { .. }
            | Self::HeadTooLarge { .. }
            | Self::CircuitOpen { .. }
            | Self::NoCredential { .. }
            | Self::Field { .. }
            | Self::Url(_)
            | Self::Request(_)
            | Self::Unsupported(_)
            | Self::Sign(_)
            // Cleaned where it is made.
            | Self::Refused { .. }
            | Self::Host(_)) => own,
        }
    }

    /// How long to wait before that, if it is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::CircuitOpen { wait, .. } => Some(*wait),
            Self::Token { wait, .. } => *wait,
            Self::Denied { .. }
            | Self::Address { .. }
            | Self::Dns { .. }
            | Self::Connect { .. }
            | Self::Tls { .. }
            | Self::Timeout { .. }
            | Self::TooLarge { .. }
            | Self::HeadTooLarge { .. }
            | Self::Protocol { .. }
            | Self::Body { .. }
            | Self::NoCredential { .. }
            | Self::Field { .. }
            | Self::Url(_)
            | Self::Request(_)
            | Self::Login { .. }
            | Self::Unsupported(_)
            | Self::Redirect { .. }
            | Self::Sign(_)
            | Self::Refused { .. }
            | Self::Uncertain(_)
            | Self::Host(_) => None,
        }
    }

    /// What a database said when it refused a statement.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            Self::Uncertain(cause) => cause.refusal(),
            Self::Denied { .. }
            | Self::Address { .. }
            | Self::Dns { .. }
            | Self::Connect { .. }
            | Self::Tls { .. }
            | Self::Timeout { .. }
            | Self::TooLarge { .. }
            | Self::HeadTooLarge { .. }
            | Self::Protocol { .. }
            | Self::Body { .. }
            | Self::CircuitOpen { .. }
            | Self::NoCredential { .. }
            | Self::Field { .. }
            | Self::Url(_)
            | Self::Request(_)
            | Self::Login { .. }
            | Self::Token { .. }
            | Self::Unsupported(_)
            | Self::Redirect { .. }
            | Self::Sign(_)
            | Self::Host(_) => None,
        }
    }

    /// The public side.
    pub fn problem(&self) -> Problem {
        let code = match self {
            Self::Denied { .. } => Code::DestinationDenied,
            Self::Address { .. } => Code::AddressDenied,
            Self::Dns { .. } => Code::NameNotResolved,
            Self::Connect { .. } => Code::ConnectFailed,
            Self::Tls { .. } => Code::TlsFailed,
            Self::Timeout { .. } => Code::UpstreamTimeout,
            Self::TooLarge { .. } | Self::HeadTooLarge { .. } => Code::UpstreamTooLarge,
            Self::Protocol { .. } => Code::UpstreamProtocol,
            Self::Body { .. } => Code::UpstreamBody,
            Self::CircuitOpen { .. } => Code::CircuitOpen,
            Self::NoCredential { .. } | Self::Field { .. } => Code::NoCredential,
            Self::Url(_) | Self::Request(_) => Code::OutgoingInvalid,
            Self::Login { .. } => Code::LoginFailed,
            Self::Token { code, .. } => *code,
            Self::Unsupported(_) => Code::AuthUnsupported,
            Self::Redirect { .. } => Code::RedirectRefused,
            Self::Sign(_) => Code::SigningRefused,
            Self::Refused { .. } => Code::StatementRefused,
            Self::Uncertain(cause) => {
                let problem = cause.problem();
                let own = Problem::new(problem.code, self.to_string());
                return problem.limit.into_iter().fold(own, Problem::limit);
            }
            Self::Host(_) => return Problem::new(Code::Internal, "the host could not send the request"),
        };
        let problem = Problem::new(code, self.to_string());
        let problem = match self {
            Self::TooLarge { limit, .. } => problem.limit(limit.clone()),
            _ => problem,
        };
        let seconds = self.retry_after().map(|wait| wait.as_millis().div_ceil(1000) as u64);
        if self.retryable() { problem.retryable(seconds) } else { problem }
    }
}
