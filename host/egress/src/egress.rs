//! The way out of one host.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use lockgate_domain::Slug;
use tokio::runtime::Handle;

use crate::connect::dial::Dialer;
use crate::connect::pool::Pool;
use crate::connect::tls::Tls;
use crate::policy::settings::Grants;
use crate::{EgressError, EgressSettings};

/// How often connections that nobody uses are looked for.
const REAP_EVERY: Duration = Duration::from_secs(15);

/// What all groups share: the settings and the dialer. Pools, breakers and tokens belong to a [`crate::EgressSession`], so that
/// nothing of a group is another's.
#[derive(Debug, Clone)]
pub struct Egress(pub(crate) Arc<Shared>);

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) dialer: Dialer,
    pub(crate) tls: Tls,
    /// Where connections live: guests run on threads that do no I/O.
    pub(crate) runtime: Handle,
    pools: Mutex<Vec<Weak<Pool>>>,
}

impl Egress {
    /// The way out of a host with these settings. Its connections live on the runtime of the caller.
    ///
    /// # Errors
    /// A trusted certificate is none, or there is no runtime.
    pub fn new(settings: EgressSettings) -> Result<Self, EgressError> {
        let runtime = Handle::try_current().map_err(|_| EgressError::Host("there is no runtime"))?;
        let tls = Tls::new(&settings.authorities)?;
        Ok(Self::with(Dialer::new(settings), tls, runtime))
    }

    pub(crate) fn with(dialer: Dialer, tls: Tls, runtime: Handle) -> Self {
        let shared = Arc::new(Shared { dialer, tls, runtime, pools: Mutex::default() });
        let watched = Arc::downgrade(&shared);
        shared.runtime.spawn(async move {
            loop {
                tokio::time::sleep(REAP_EVERY).await;
                let Some(shared) = watched.upgrade() else { return };
                shared.reap();
            }
        });
        Self(shared)
    }

    /// What is granted to a scope, for [`crate::EgressSession::granted`].
    pub fn grants(&self, organization: &Slug, workspace: Option<&Slug>) -> Grants {
        self.0.dialer.settings.grants(organization, workspace)
    }
}

impl Shared {
    /// Looks after a pool from now on.
    pub(crate) fn watch(&self, pool: &Arc<Pool>) {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(pool));
    }

    /// Closes what was not used for long, and forgets pools without a connection, which come back when they open one.
    fn reap(&self) {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        pools.retain(|pool| pool.upgrade().is_some_and(|pool| pool.reap()));
    }
}
