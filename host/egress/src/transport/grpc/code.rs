//! The status codes of gRPC.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal $word:literal,)*) => {
        /// How a call ended (gRPC's `statuscodes.md`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum GrpcCode {
            $($(#[$doc])* $name,)*
        }

        impl GrpcCode {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [GrpcCode] = &[$(Self::$name,)*];

            /// The number on the wire.
            pub fn number(self) -> u8 {
                match self { $(Self::$name => $number,)* }
            }

            /// The name in capital letters, as the specification has it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

codes! {
    /// It succeeded.
    Ok = 0 "OK",
    /// Somebody ended it, most often the caller.
    Cancelled = 1 "CANCELLED",
    /// Nobody knows, or the code is none of these.
    Unknown = 2 "UNKNOWN",
    /// The request is wrong whatever the state of the server.
    InvalidArgument = 3 "INVALID_ARGUMENT",
    /// There was no time left; it may have had its effect.
    DeadlineExceeded = 4 "DEADLINE_EXCEEDED",
    /// What it is about is not there.
    NotFound = 5 "NOT_FOUND",
    /// What it would make is there.
    AlreadyExists = 6 "ALREADY_EXISTS",
    /// Who asks may not.
    PermissionDenied = 7 "PERMISSION_DENIED",
    /// Something is used up, such as a quota.
    ResourceExhausted = 8 "RESOURCE_EXHAUSTED",
    /// The state of the server is not the one that it needs.
    FailedPrecondition = 9 "FAILED_PRECONDITION",
    /// Something else was done at the same time.
    Aborted = 10 "ABORTED",
    /// It went past the end of something.
    OutOfRange = 11 "OUT_OF_RANGE",
    /// The server does not have the method.
    Unimplemented = 12 "UNIMPLEMENTED",
    /// The server broke its own rules.
    Internal = 13 "INTERNAL",
    /// The server can't do it now.
    Unavailable = 14 "UNAVAILABLE",
    /// Data are lost.
    DataLoss = 15 "DATA_LOSS",
    /// Who asks did not prove who they are.
    Unauthenticated = 16 "UNAUTHENTICATED",
}

impl GrpcCode {
    /// The code of a number; one that is not known is [`GrpcCode::Unknown`], as the specification asks of clients.
    pub fn of(number: i32) -> Self {
        Self::ALL.iter().copied().find(|code| i32::from(code.number()) == number).unwrap_or(Self::Unknown)
    }

    /// The code of a name in capital letters.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }

    /// What an HTTP status means where a proxy answered in place of the server (gRPC's `http-grpc-status-mapping.md`).
    pub(super) fn of_http(status: http::StatusCode) -> Self {
        match status.as_u16() {
            400 => Self::Internal,
            401 => Self::Unauthenticated,
            403 => Self::PermissionDenied,
            404 => Self::Unimplemented,
            429 | 502..=504 => Self::Unavailable,
            _ => Self::Unknown,
        }
    }
}

impl std::fmt::Display for GrpcCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_seventeen_of_the_specification() {
        for (number, code) in GrpcCode::ALL.iter().enumerate() {
            assert_eq!(usize::from(code.number()), number);
            assert_eq!((GrpcCode::of(number as i32), GrpcCode::named(code.name())), (*code, Some(*code)));
        }
        assert_eq!(
            (GrpcCode::ALL.len(), GrpcCode::of(17), GrpcCode::of(-1)),
            (17, GrpcCode::Unknown, GrpcCode::Unknown)
        );
        assert_eq!(GrpcCode::named("not_found"), None);
    }
}
