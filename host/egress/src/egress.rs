//! The way out of one host.

use std::sync::Arc;

use lockgate_domain::Slug;

use crate::settings::Grants;
use crate::{EgressError, EgressSettings};

/// What all groups share: the settings and the dialer. Pools, breakers and tokens belong to a [`crate::Reach`], so that
/// nothing of a group is another's.
#[derive(Debug, Clone)]
pub struct Egress(pub(crate) Arc<Shared>);

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: EgressSettings,
}

impl Egress {
    /// The way out of a host with these settings.
    ///
    /// # Errors
    /// A trusted certificate is none.
    pub fn new(settings: EgressSettings) -> Result<Self, EgressError> {
        Ok(Self(Arc::new(Shared { settings })))
    }

    /// What is granted to a scope, for [`crate::Reach::granted`].
    pub fn grants(&self, organization: &Slug, workspace: Option<&Slug>) -> Grants {
        self.0.settings.grants(organization, workspace)
    }
}
