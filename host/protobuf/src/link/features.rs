//! What a syntax or edition says about the fields of its file, and what options change of it:
//! <https://protobuf.dev/editions/features/>.

use super::names::wrong;
use crate::DescriptorsRefused;
use crate::source::{Features, FileDescriptor};

/// The editions whose defaults are known.
const EDITIONS: [i32; 2] = [1000, 1001];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Resolved {
    pub(super) presence: Presence,
    pub(super) closed: bool,
    pub(super) packed: bool,
    pub(super) delimited: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Explicit,
    Implicit,
    Required,
}

impl Resolved {
    const PROTO2: Self = Self { presence: Presence::Explicit, closed: true, packed: false, delimited: false };
    const PROTO3: Self = Self { presence: Presence::Implicit, closed: false, packed: true, delimited: false };
    const EDITION: Self = Self { presence: Presence::Explicit, closed: false, packed: true, delimited: false };

    pub(super) fn of_file(file: &FileDescriptor) -> Result<Self, DescriptorsRefused> {
        let base = match file.syntax() {
            "" | "proto2" => Self::PROTO2,
            "proto3" => Self::PROTO3,
            "editions" if EDITIONS.contains(&file.edition()) => Self::EDITION,
            "editions" => {
                let detail = format!("it is of edition {}: expected 2023 or 2024", file.edition().saturating_add(1023));
                return Err(wrong(file.name(), detail));
            }
            other => {
                let detail =
                    format!("its syntax is `{}`: expected proto2, proto3 or editions", super::names::shown(other));
                return Err(wrong(file.name(), detail));
            }
        };
        Ok(base.with(file.options.as_ref().and_then(|options| options.features.as_ref())))
    }

    pub(super) fn with(mut self, features: Option<&Features>) -> Self {
        let Some(features) = features else { return self };
        match features.field_presence() {
            1 => self.presence = Presence::Explicit,
            2 => self.presence = Presence::Implicit,
            3 => self.presence = Presence::Required,
            _ => {}
        }
        let flag = |given: i32, yes: i32, own: bool| if given == 0 { own } else { given == yes };
        self.closed = flag(features.enum_type(), 2, self.closed);
        self.packed = flag(features.repeated_field_encoding(), 1, self.packed);
        self.delimited = flag(features.message_encoding(), 2, self.delimited);
        self
    }
}
