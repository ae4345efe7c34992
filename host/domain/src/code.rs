//! The catalogue of outcomes that are not success. Each has a code that never changes its meaning, and a page in
//! `docs/errors/`.

use std::fmt;

/// Whose fault an outcome is, and so who can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Who made the request.
    Caller,
    /// The author of the plugin.
    Plugin,
    /// A system outside that a connector called.
    Upstream,
    /// This host or its operator.
    Host,
}

impl Fault {
    /// The word in answers and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Plugin => "plugin",
            Self::Upstream => "upstream",
            Self::Host => "host",
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal $fault:ident $title:literal,)*) => {
        /// A stable code: `LG` and four digits. The first digit tells the stage: 1 the request, 2 loading a plugin,
        /// 3 running one, 5 the host itself.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [Code] = &[$(Self::$name,)*];

            /// The code as text.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Whose fault it is.
            pub fn fault(self) -> Fault {
                match self { $(Self::$name => Fault::$fault,)* }
            }

            /// What it means, in a few words that fit every occurrence.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    /// The request can't be read: no JSON, a wrong shape, a bad reference, a bad parameter.
    MalformedRequest = "LG1001" Caller "malformed request",
    /// No token, or none that is known.
    Unauthenticated = "LG1002" Caller "not authenticated",
    /// The token's role does not allow this.
    Forbidden = "LG1003" Caller "not permitted",
    /// It does not exist, or not for this caller.
    NotFound = "LG1004" Caller "not found",
    /// Another object has that name, or the object's state forbids this.
    Conflict = "LG1005" Caller "conflict",
    /// The object changed since the caller read it.
    PreconditionFailed = "LG1006" Caller "changed meanwhile",
    /// The request's body is larger than the limit.
    InputTooLarge = "LG1007" Caller "input too large",
    /// As many calls as allowed are running.
    TooManyCalls = "LG1008" Caller "too many calls in flight",
    /// The input breaks the connector's schema.
    InputInvalid = "LG1009" Caller "input does not match the schema",
    /// A definition breaks the rules of its kind.
    DefinitionInvalid = "LG1010" Caller "invalid definition",
    /// The group or connector is switched off.
    Disabled = "LG1011" Caller "disabled",
    /// The method is not known at this address.
    MethodNotAllowed = "LG1012" Caller "method not allowed",
    /// The body has another content type than the route takes.
    UnsupportedMediaType = "LG1013" Caller "unsupported media type",
    /// The call asks for a connection, and the group has no activation.
    NoActivation = "LG1014" Caller "group takes no connection",
    /// The group has an activation, and the call names no connection.
    ConnectionRequired = "LG1015" Caller "connection required",
    /// `fixed` names a connection that belongs to a tenant.
    TenantConnection = "LG1016" Caller "connection belongs to a tenant",
    /// No connection is there by that name or for that tenant.
    NoConnection = "LG1017" Caller "no connection",
    /// Several connections fit, and none is marked.
    SeveralConnections = "LG1018" Caller "several connections",
    /// The connection has no credentials yet.
    ConnectionPending = "LG1019" Caller "connection pending",
    /// The connection's credentials are not good any more, and a person must act.
    NeedsReauth = "LG1020" Caller "connection needs authorization",
    /// The group became wider or different since the connection was made.
    NeedsReview = "LG1021" Caller "connection needs review",
    /// The values for a connection break the rules of its fields.
    ValuesInvalid = "LG1022" Caller "invalid connection values",
    /// The credential's method is described, and this version can't use it.
    MethodUnsupported = "LG1023" Caller "auth method not supported",

    /// The organization or workspace is switched off.
    ScopeDisabled = "LG1030" Caller "scope disabled",
    /// The tenant is switched off.
    TenantDisabled = "LG1031" Caller "tenant disabled",
    /// The workspace allows only declared tenants, and this one is not declared.
    TenantUnknown = "LG1032" Caller "unknown tenant",
    /// The token sends more requests than its rate.
    TooManyRequests = "LG1033" Caller "too many requests",
    /// The request's body came too slowly.
    BodyTooSlow = "LG1034" Caller "body too slow",

    /// A package is no archive or document of its kind, or has files that it may not have.
    PackageUnreadable = "LG1040" Caller "package can't be read",
    /// A package has more or larger files than are taken.
    PackageTooLarge = "LG1041" Caller "package too large",
    /// Another group has the slug or name of an imported one.
    NameTaken = "LG1042" Caller "name is taken",
    /// The bytes of a plugin are neither in the package nor here.
    PluginMissing = "LG1043" Caller "plugin is missing",
    /// The bytes of a plugin are not those that its name says.
    PluginDigestWrong = "LG1044" Caller "digest does not match",

    /// The token for local use was shown from another machine.
    LocalTokenOnly = "LG1050" Caller "token for local use only",
    /// The request reached the proxy without TLS.
    TlsRequired = "LG1051" Caller "TLS required",
    /// The group belongs to another scope, or comes with the host: here it can be used and not changed.
    ReadOnly = "LG1055" Caller "read-only here",

    /// The group has no descriptors of the gRPC method that is called.
    NoDescriptors = "LG1060" Caller "no descriptors of the method",

    /// The installation has no OAuth client for the credential.
    OauthClientMissing = "LG1070" Caller "no OAuth client",
    /// The host does not know its own address, to which a provider sends people back.
    PublicUrlMissing = "LG1071" Host "no public address",
    /// The address of an authorization has ended, or was used.
    AuthorizationEnded = "LG1072" Caller "authorization ended",
    /// The answer of a provider came to another browser than the one that began.
    AuthorizationForeign = "LG1073" Caller "authorization of another browser",
    /// The person did not agree at the provider.
    AuthorizationDenied = "LG1074" Caller "authorization denied",
    /// The connection has no tokens that could be renewed.
    NothingToRefresh = "LG1075" Caller "nothing to refresh",

    /// An entry of `uses` would let a connector call itself.
    UseCycle = "LG1081" Caller "cycle of connectors",
    /// A call with the same idempotency key runs.
    KeyInUse = "LG1082" Caller "call in progress",
    /// The idempotency key was used for another request.
    KeyOfOther = "LG1083" Caller "key used for another request",
    /// The host ended while a call with an idempotency key ran.
    OutcomeUnknown = "LG1084" Host "outcome unknown",
    /// The answer of a call with an idempotency key was too large to be kept.
    OutcomeNotKept = "LG1085" Plugin "answer not kept",
    /// A scope has as many idempotency keys as are kept.
    TooManyKeys = "LG1086" Caller "too many idempotency keys",
    /// A request with a session of the console did not come from the console's own pages.
    ForeignPage = "LG1091" Caller "request of another page",
    /// A link to sign in to the console was used, or is too old.
    SignInEnded = "LG1092" Caller "sign-in link ended",

    /// The bytes are not a WebAssembly component of this contract.
    NotAComponent = "LG2001" Plugin "not a component",
    /// The component imports what this host does not offer.
    UnknownImport = "LG2002" Plugin "unknown import",
    /// The component lacks the `handler` export.
    MissingExport = "LG2003" Plugin "missing export",
    /// The component is larger than the limit.
    ComponentTooLarge = "LG2004" Plugin "component too large",
    /// Compiling took more time or memory than the limit, or ended abnormally.
    CompileFailed = "LG2005" Plugin "compilation failed",
    /// The component needs more memories, tables or instances than a call may have.
    NeedsTooMuch = "LG2006" Plugin "component needs too much",
    /// `describe` trapped, ran out of its limits, or used what it may not.
    DescribeFailed = "LG2007" Plugin "describe failed",
    /// `describe` did not return a valid manifest.
    ManifestInvalid = "LG2008" Plugin "invalid manifest",
    /// A schema is not valid, too large, or refers to something outside itself.
    SchemaRefused = "LG2009" Plugin "schema refused",
    /// The new version drops or narrows connectors that callers may use.
    RemovalNotAllowed = "LG2010" Caller "connectors would be removed",
    /// The group has a connector of that name already.
    ConnectorTaken = "LG2011" Plugin "connector name taken",

    /// The connector answered with a failure of its own.
    ConnectorFailure = "LG3001" Plugin "connector failure",
    /// The guest trapped.
    Trapped = "LG3002" Plugin "plugin trapped",
    /// The guest ended itself: a panic.
    Aborted = "LG3003" Plugin "plugin panicked",
    /// The call's deadline passed.
    DeadlineExceeded = "LG3004" Plugin "deadline exceeded",
    /// The guest used more CPU time than the limit.
    CpuExceeded = "LG3005" Plugin "CPU limit reached",
    /// The guest asked for more memory than the limit.
    MemoryExceeded = "LG3006" Plugin "memory limit reached",
    /// The guest's output is larger than the limit.
    OutputTooLarge = "LG3007" Plugin "output too large",
    /// The guest's output is not JSON.
    OutputNotJson = "LG3008" Plugin "output is not JSON",
    /// The guest's output breaks the connector's own schema.
    OutputInvalid = "LG3009" Plugin "output does not match the schema",
    /// The guest called the host more often than the limit.
    HostCallsExceeded = "LG3010" Plugin "host call limit reached",
    /// The guest broke the canonical ABI or handed over more bytes than a call may.
    ContractBroken = "LG3011" Plugin "contract broken",
    /// The guest had more handles open than the limit.
    HandlesExceeded = "LG3012" Plugin "handle limit reached",

    /// No destination of the group holds an outgoing request.
    DestinationDenied = "LG4001" Plugin "destination not allowed",
    /// The group may not send requests to the address.
    AddressDenied = "LG4002" Plugin "address not allowed",
    /// The name of an outside system has no address.
    NameNotResolved = "LG4003" Upstream "name not resolved",
    /// An outside system takes no connection.
    ConnectFailed = "LG4004" Upstream "no connection to the upstream",
    /// An outside system can't prove who it is, or speaks no TLS.
    TlsFailed = "LG4005" Upstream "TLS failed",
    /// An outside system took too long.
    UpstreamTimeout = "LG4006" Upstream "upstream timed out",
    /// A body, or the head of an answer, is larger than it may be.
    UpstreamTooLarge = "LG4007" Upstream "upstream answer too large",
    /// An outside system does not speak HTTP, or went away before its answer.
    UpstreamProtocol = "LG4008" Upstream "upstream broke the protocol",
    /// The body of an answer ended early, or is not in the encoding of its header.
    UpstreamBody = "LG4009" Upstream "upstream body broken",
    /// An outside system failed so often that no request is sent for a while.
    CircuitOpen = "LG4010" Upstream "circuit open",
    /// The destination takes a credential, and the connection of the call has none.
    NoCredential = "LG4011" Caller "no credential",
    /// The outgoing request is one that the host does not send.
    OutgoingInvalid = "LG4012" Plugin "invalid outgoing request",
    /// The login request of an auth method gave no token.
    LoginFailed = "LG4013" Upstream "login failed",
    /// The credential's auth method can't be used by this version.
    AuthUnsupported = "LG4014" Plugin "auth method not in this version",
    /// There is nothing to sign with under that name or algorithm.
    SigningRefused = "LG4015" Plugin "signing refused",
    /// A redirect that was to be followed is not.
    RedirectRefused = "LG4016" Upstream "redirect refused",
    /// A database refused a statement.
    StatementRefused = "LG4017" Plugin "statement refused",
    /// A message of a gRPC server is not as its descriptors say, or it has no descriptors that can be used.
    GrpcAnswerUnusable = "LG4030" Upstream "unusable gRPC answer",

    /// The provider refused the grant: a person must authorize again.
    GrantRefused = "LG4040" Upstream "grant refused",
    /// The provider refused the client, or what was asked for.
    OauthClientRefused = "LG4041" Upstream "OAuth client refused",
    /// The provider gave no token now, and may later.
    TokenUnavailable = "LG4042" Upstream "no token now",
    /// The reply of a token endpoint is not what the group's definition says.
    TokenReplyInvalid = "LG4043" Upstream "unexpected token reply",
    /// Nobody knows whether the provider carried out a request that can't be repeated.
    TokenOutcomeUnknown = "LG4044" Upstream "outcome of a token request unknown",
    /// The answer of a provider names another issuer.
    IssuerMismatch = "LG4045" Upstream "another issuer",
    /// The provider answered an authorization with an error.
    AuthorizationFailed = "LG4046" Upstream "authorization failed",

    /// The image of a group is none that the console shows.
    ImageUnusable = "LG4062" Upstream "unusable image",

    /// A fault of the host; its log has the cause under the call's id.
    Internal = "LG5001" Host "internal error",
    /// The store does not answer.
    StoreUnavailable = "LG5002" Host "store unavailable",
    /// The host is shutting down and takes no new calls.
    Draining = "LG5003" Host "shutting down",
    /// No instance of the pool became free in time.
    PoolExhausted = "LG5004" Host "no free instance",
    /// The guests that run have all of the memory that guests may have together.
    MemoryExhausted = "LG5005" Host "no free memory",
    /// The bodies of other requests take all of the room that bodies may have.
    TooManyBytes = "LG5006" Host "too many bytes in flight",
}

impl Code {
    /// The code of a text such as `LG1001`, if there is one.
    pub fn of(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_order() {
        let codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        let mut sorted = codes.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(codes, sorted);
    }

    #[test]
    fn every_code_has_its_page() {
        let pages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
        for code in Code::ALL {
            let page = std::fs::read_to_string(pages.join(format!("{code}.md")))
                .unwrap_or_else(|error| panic!("docs/errors/{code}.md: {error}"));
            assert!(page.starts_with(&format!("# {code}: {}\n", code.title())), "heading of {code}.md");
        }
    }
}
