//! The priority of a thread in the kernel's scheduler.

use std::time::Duration;

/// Gives this thread less weight than others have, and time slices of its own length (`sched_setattr(2)`; Linux before 6.12
/// knows the weight alone). With `SCHED_IDLE` it has a core when nothing else wants it, and some thousandths of one
/// otherwise. Any thread may do it for itself.
pub(crate) fn lower_priority(policy: i32, nice: i32, slice: Duration) {
    let attributes = SchedAttr {
        size: size_of::<SchedAttr>() as u32,
        policy: policy as u32,
        nice,
        runtime: slice.as_nanos() as u64,
        ..SchedAttr::default()
    };
    // SAFETY: the kernel reads `size` bytes of a value that outlives the call; 0 means the thread that asks, and no flags.
    let refused = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) } != 0;
    if refused {
        let error = std::io::Error::last_os_error();
        tracing::warn!(%error, "threads of slow guests have the priority of all others");
    }
}

/// `struct sched_attr` of the kernel, in its first published size; all zero is the ordinary policy.
#[derive(Debug, Default)]
#[repr(C)]
struct SchedAttr {
    size: u32,
    policy: u32,
    flags: u64,
    nice: i32,
    priority: u32,
    runtime: u64,
    deadline: u64,
    period: u64,
}
