//! The rotation of the master key.

use lockgate_domain::Caller;
use lockgate_vault::{KeyId, KeySource};

use crate::FlowError;
use crate::change::unit_of_work::Changes;

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// The key by which every value is wrapped now.
    pub active: KeyId,
    /// How many values were wrapped anew.
    pub values: u64,
    /// Whether the ring holds the active key alone now. Else its owner takes the others out.
    pub retired: bool,
}

impl Changes<'_> {
    /// Wraps every sealed value by another key while calls go on. On a store of its own, a host whose ring is a file makes
    /// that key and takes the former one away; else the ring's owner adds a line first, and takes the other away later.
    /// It can be cut off anywhere: the next one goes on.
    ///
    /// # Errors
    /// The ring has no other key, or a value belongs to none of its keys.
    pub async fn rotate_keys(self, by: &Caller) -> Result<Rotated, FlowError> {
        let host = &self.0.0;
        let keys = &host.keys;
        let Ok(_alone) = keys.rotating.try_lock() else { return Err(FlowError::Rotating) };
        let own = matches!(keys.source, KeySource::File(_)) && !host.store.is_shared();
        let mut ring = keys.ring().await?;
        if ring.former().is_empty() {
            if !own {
                return Err(FlowError::OneKey);
            }
            ring.add()?;
            ring = keys.save(ring).await?;
        }
        // Whatever is being sealed by the former key comes first.
        let unit = self.begin(by).await?;
        keys.put_ring(&ring);
        unit.rollback().await;
        let values = host.store.rewrap(&keys.vault(), &by.scope, Some(by.token)).await?;
        if own {
            ring.retire();
            ring = keys.save(ring).await?;
            keys.put_ring(&ring);
        }
        Ok(Rotated { active: ring.active().id(), values, retired: ring.former().is_empty() })
    }
}
