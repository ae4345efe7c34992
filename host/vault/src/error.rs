//! What can go wrong with keys, and with values that are sealed under them. No text holds a key or a value.

use std::path::PathBuf;

use crate::KeyId;

/// Why a key or key ring can't be read.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file can't be read or written.
    #[error("key file {path}: {source}")]
    File {
        /// The path of the file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A line of the text is not a key.
    #[error("{origin}, line {line}: expected `lockgate-key-1:` and 64 hex digits")]
    Format {
        /// Where the text comes from.
        origin: String,
        /// The number of the line, from 1.
        line: usize,
    },
    /// The text holds no key.
    #[error("{0} holds no key: expected one line or more of `lockgate-key-1:` and 64 hex digits")]
    Empty(String),
    /// A key is there twice, so it is not clear which one is meant to be active.
    #[error("{origin}, line {line}: key {id} is there twice")]
    Repeated {
        /// Where the text comes from.
        origin: String,
        /// The number of the second line, from 1.
        line: usize,
        /// The id of the key.
        id: KeyId,
    },
    /// Other users can read the file.
    #[error("key file {path} has mode {mode:o}: expected 600, so that its owner alone reads it (chmod 600)")]
    Mode {
        /// The path of the file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The command can't be run, or its output can't be read.
    #[error("key command `{program}`: {source}")]
    Command {
        /// The program of the command.
        program: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The command ran and failed.
    #[error("key command `{program}` ended with {status}: expected the key ring on its standard output")]
    CommandFailed {
        /// The program of the command.
        program: String,
        /// Its exit status.
        status: std::process::ExitStatus,
    },
    /// More text than any key ring has.
    #[error("{0} holds more than 64 KiB: expected a line for each key")]
    TooLong(String),
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system: {0}")]
    Random(getrandom::Error),
}

/// Why a value can't be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The first byte names an algorithm that this host does not accept.
    #[error("sealed with algorithm {0}: expected 1 (AES-256-GCM); a newer host may have written it")]
    Algorithm(u8),
    /// The key that sealed it is not in the ring.
    #[error("sealed under key {needs}, and the key ring holds {}: add that key's line to the ring", list(holds))]
    Key {
        /// The key that is missing.
        needs: KeyId,
        /// The keys that are there, the active one last.
        holds: Vec<KeyId>,
    },
    /// The value was changed, cut, or moved from the place that it was sealed for.
    #[error("the sealed value is damaged or does not belong to this place")]
    Refused,
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system: {0}")]
    Random(getrandom::Error),
}

fn list(ids: &[KeyId]) -> String {
    ids.iter().map(KeyId::to_string).collect::<Vec<_>>().join(", ")
}
