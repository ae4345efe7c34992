//! Why a package or a folder is not taken.

use std::collections::BTreeMap;

use lockgate_domain::{Code, CredentialName, Digest, PluginName, Problem, Violation};

use super::archive::ArchiveRefused;
use super::plan::NameConflict;

/// Why a package or a folder is not taken.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// Its archive is refused.
    #[error(transparent)]
    Archive(#[from] ArchiveRefused),
    /// A file is not as it should be.
    #[error("`{file}`: {why}")]
    File {
        /// Which.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// The bytes of a plugin are not those that its name says.
    #[error("`{file}`: its SHA-256 is {found}: expected the one in its name")]
    PluginDigest {
        /// Which.
        file: String,
        /// Of its bytes.
        found: Digest,
    },
    /// The bytes of a plugin are neither in the package nor in a group that the caller sees.
    #[error(
        "plugin `{plugin}` ({digest}) is neither in the package nor in a group that you see: export it with its plugins \
         (`--plugins`), or load it into a group here first"
    )]
    PluginMissing {
        /// Its name.
        plugin: PluginName,
        /// Of its bytes.
        digest: Digest,
    },
    /// Another group has the slug or name of an imported one.
    #[error("{}", taken(.0))]
    NameTaken(Vec<NameConflict>),
    /// OAuth clients would be deleted.
    #[error(
        "OAuth clients would be deleted with their secrets, of {}: repeat with `allow_removal` (`--yes`) if that is meant, or \
         leave `oauth` out",
        clients(.0)
    )]
    ClientRemoval(BTreeMap<String, Vec<CredentialName>>),
}

impl PackageError {
    /// The public side.
    pub(crate) fn problem(&self) -> Problem {
        let plain = |code| Problem::new(code, self.to_string());
        match self {
            Self::Archive(refused) if refused.is_size() => plain(Code::PackageTooLarge),
            Self::Archive(_) | Self::File { .. } => plain(Code::PackageUnreadable),
            Self::PluginDigest { .. } => plain(Code::PluginDigestWrong),
            Self::PluginMissing { .. } => plain(Code::PluginMissing),
            Self::NameTaken(conflicts) => {
                let taken = |conflict: &NameConflict| {
                    let detail = format!("belongs to group `{}`", conflict.group);
                    Violation::new(format!("/{}", conflict.member), "taken", detail)
                };
                plain(Code::NameTaken).errors(conflicts.iter().map(taken).collect())
            }
            Self::ClientRemoval(_) => plain(Code::RemovalNotAllowed),
        }
    }
}

/// What has the names, and what to do.
fn taken(conflicts: &[NameConflict]) -> String {
    let one = |conflict: &NameConflict| {
        let choices: Vec<_> = conflict.choices.iter().map(|choice| format!("`{choice}`")).collect();
        let (member, value, group) = (conflict.member, &conflict.value, &conflict.group);
        let choices = choices.join(" or ");
        format!("the {member} `{value}` belongs to group `{group}`: `on_conflict` (`--on-conflict`) can be {choices}")
    };
    conflicts.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// The clients of each group.
fn clients(removed: &BTreeMap<String, Vec<CredentialName>>) -> String {
    let names = |all: &[CredentialName]| all.iter().map(CredentialName::as_str).collect::<Vec<_>>().join(", ");
    removed.iter().map(|(group, all)| format!("`{group}` ({})", names(all))).collect::<Vec<_>>().join(", ")
}
