//! Long work of egress, on the threads of guests.

use lockgate_domain::GroupId;
use lockgate_egress::{Work, WorkFuture, Workers};

use crate::Engine;

impl Workers for Engine {
    fn work(&self, group: GroupId, work: Work) -> WorkFuture<'_> {
        // What panicked has given nothing, which is seen by whoever waits for it.
        Box::pin(async move { drop(self.compute(group, work).await) })
    }
}
