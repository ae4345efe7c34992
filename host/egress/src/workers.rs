//! Where work on a long answer is done: apart from the threads that serve connections, and in turn with other groups.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use lockgate_domain::GroupId;

/// Does work that is long because somebody else's data is: a row of a million items takes a large part of a second.
pub trait Workers: Debug + Send + Sync {
    /// Does some work in the turn of a group. Work that panics is lost, and so is what it would have given.
    fn work(&self, group: GroupId, work: Work) -> WorkFuture<'_>;
}

/// Some work, which keeps what comes of it.
pub type Work = Box<dyn FnOnce() + Send>;

/// The end of some work.
pub type WorkFuture<'w> = Pin<Box<dyn Future<Output = ()> + Send + 'w>>;
