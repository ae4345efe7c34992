//! The places of a definition whose scalars become texts: parameters and headers of a connector's request.

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// At the top: a group or a connector.
    Top,
    /// The list of a group's connectors.
    Connectors,
    /// One connector.
    Connector,
    /// Its request.
    Http,
    /// The body of that.
    Body,
    /// Names with texts.
    Texts,
    /// A text, or a list of them.
    Text,
    /// Any other place.
    Other,
}

impl Place {
    /// The place of a member.
    pub(super) fn member(self, key: &str) -> Self {
        match (self, key) {
            (Self::Top, "connectors") => Self::Connectors,
            (Self::Top | Self::Connector, "http") => Self::Http,
            (Self::Http, "query" | "headers") | (Self::Body, "form") => Self::Texts,
            (Self::Http, "body") => Self::Body,
            (Self::Texts, _) => Self::Text,
            (
                Self::Top | Self::Connectors | Self::Connector | Self::Http | Self::Body | Self::Text | Self::Other,
                _,
            ) => Self::Other,
        }
    }

    /// The place of an item.
    pub(super) fn item(self) -> Self {
        match self {
            Self::Connectors => Self::Connector,
            Self::Text => Self::Text,
            Self::Top | Self::Connector | Self::Http | Self::Body | Self::Texts | Self::Other => Self::Other,
        }
    }
}
