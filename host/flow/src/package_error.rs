//! Why a package or a folder is not taken. It is no part of the folder that reads them, since every error of the crate is
//! made of such parts, and no folder may depend on all of the others.

use std::collections::BTreeMap;

use lockgate_domain::{Code, CredentialName, Digest, PluginName, Problem, Slug, Violation};
use serde::Serialize;

/// Entries of an archive: a workspace of a thousand groups with some files each.
pub(crate) const ENTRIES_MAX: usize = 8192;
/// Bytes of all unpacked entries: some of the largest components with everything else.
pub(crate) const UNPACKED_MAX: u64 = 512 * 1024 * 1024;
/// How much larger than packed an entry may be: text that repeats itself has a hundredth, a bomb a thousandth.
pub(crate) const RATIO_MAX: u64 = 200;
/// Entries of at most this size may have any ratio: they are bounded as texts, and connectors that are alike pack well.
pub(crate) const RATIO_FROM: u64 = 8 * 1024 * 1024;

/// Why an archive is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveRefused {
    /// It is no zip archive, or one that is cut or damaged.
    #[error("the archive can't be read: {0}")]
    Damaged(&'static str),
    /// An entry is not as the directory says.
    #[error("the archive's entry `{name}` can't be read: {why}")]
    Entry {
        /// Which.
        name: String,
        /// What is wrong.
        why: &'static str,
    },
    /// It has more entries than are taken.
    #[error("the archive has {0} entries: expected at most {ENTRIES_MAX}")]
    Entries(usize),
    /// It has more in it than is taken.
    #[error("the archive has {0} bytes unpacked: expected at most {UNPACKED_MAX}")]
    Unpacked(u64),
    /// An entry has more in it than is taken.
    #[error("the archive's entry `{name}` has {found} bytes: expected at most {max}")]
    Large {
        /// Which.
        name: String,
        /// Its size.
        found: u64,
        /// The largest.
        max: u64,
    },
    /// An entry unpacks to far more than it is.
    #[error("the archive's entry `{0}` unpacks to more than {RATIO_MAX} times its size")]
    Ratio(String),
}

impl ArchiveRefused {
    /// Whether it is too large, and not wrong.
    pub(crate) fn is_size(&self) -> bool {
        match self {
            Self::Entries(_) | Self::Unpacked(_) | Self::Large { .. } | Self::Ratio(_) => true,
            Self::Damaged(_) | Self::Entry { .. } => false,
        }
    }
}

/// A name that is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct NameConflict {
    /// `slug` or `name`.
    pub member: &'static str,
    /// The value.
    pub value: String,
    /// The group that has it.
    pub group: Slug,
    /// What `on_conflict` can be.
    pub choices: Vec<&'static str>,
}

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
