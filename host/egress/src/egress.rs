//! The egress of one host.

use std::sync::Arc;

use lockgate_domain::Slug;
use tokio::runtime::Handle;

use crate::EgressError;
use crate::connect::{Dialer, Network, Tls};
use crate::policy::{EgressSettings, Grants};
use crate::workers::Workers;

/// What all groups of a host share: the settings and the dialer. What is one group's belongs to an [`crate::EgressSession`].
#[derive(Debug, Clone)]
pub struct Egress(pub(crate) Arc<Network>);

impl Egress {
    /// The egress of a host with these settings. Its connections live on the runtime of the caller.
    ///
    /// # Errors
    /// A trusted certificate is none, or there is no runtime.
    pub fn new(settings: EgressSettings) -> Result<Self, EgressError> {
        let runtime = Handle::try_current().map_err(|_| EgressError::Host("there is no runtime"))?;
        let tls = Tls::new(&settings.authorities)?;
        Ok(Self(Network::start(Dialer::new(settings), tls, runtime)))
    }

    /// Leaves long work on answers to somebody, once. Until then threads of the runtime that may block do it, which know no
    /// turns.
    pub fn leaves_work_to(&self, workers: Arc<dyn Workers>) {
        // Whoever came first goes on: both are of the same host.
        let _ = self.0.workers.set(workers);
    }

    /// What is granted to a scope, for [`crate::EgressSession::granted`].
    pub fn grants(&self, organization: &Slug, workspace: Option<&Slug>) -> Grants {
        self.0.dialer.settings.grants(organization, workspace)
    }
}
