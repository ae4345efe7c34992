//! Every setting of wasmtime, each with its reason. The compile child and the host build their engines from the same
//! function, so that what one compiles the other can map.

use wasmtime::{Config, Enabled, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

/// Native stack that a guest may use before it traps. Half a megabyte is some thousands of frames of a recursive parser.
const GUEST_STACK: usize = 512 * 1024;
/// Stack of the fiber that a guest runs on: the guest's own, and as much for the host functions that it calls.
const FIBER_STACK: usize = 2 * GUEST_STACK;
/// Elements of one table: JavaScript components need 7,700, Python ones 5,700.
const TABLE_ELEMENTS: usize = 20_000;
/// The ceiling for `limits.memory_bytes`: the largest linear memory that the pool can hold.
const MEMORY_CEILING: usize = 1024 * 1024 * 1024;
/// Bytes of an instance's memory that are reset in place, instead of being given back to the kernel and faulted in again.
/// Plugins of the SDK stay below with their stack, data and arena.
const MEMORY_KEEP: usize = 1024 * 1024;
/// The same for tables: 8 bytes an element, and a Rust guest's table has some dozens.
const TABLE_KEEP: usize = 64 * 1024;
/// The same for fiber stacks: what an ordinary call touches.
const STACK_KEEP: usize = 64 * 1024;
/// Memories in the pool for each instance: a few toolchains make two.
pub(crate) const MEMORIES: u32 = 2;
/// Tables in the pool for each instance: toolchains make a few.
pub(crate) const TABLES: u32 = 4;
/// Memories of one component.
pub(crate) const MEMORIES_MAX: u32 = 8;
/// Tables of one component.
pub(crate) const TABLES_MAX: u32 = 32;
/// Core instances of one component: a Python component has some 30.
const CORE_INSTANCES: u32 = 64;
/// Address space that is left to everything else where it is short.
const OWN_SHARE: u64 = 8 * 1024 * 1024 * 1024;
/// Address space that the pool may take before a smaller one is chosen: half of what x86-64 gives a process.
const ADDRESS_SPACE_WANTED: u64 = 1 << 46;

/// How many instances the pool holds, and how their memories are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSize {
    /// Instances that can exist at one time.
    pub instances: u32,
    /// Address space is short: bounds are checked in code instead of by guard pages, and a memory reserves only what
    /// it may grow to.
    pub short: bool,
    /// Bytes of memory that all guests may have together.
    pub memory: u64,
}

impl PoolSize {
    /// The same with so much memory for all guests, if a number is given.
    pub fn with_memory(self, memory: Option<u64>) -> Self {
        Self { memory: memory.unwrap_or(self.memory), ..self }
    }

    /// A pool of so many instances, or of as many as the address space of this process allows. 1,000 instances take
    /// 8 TiB of it, and memory only where guests write.
    pub fn fitting(instances: u32) -> Self {
        // The rest is for the host itself, its caches and its compilers.
        let memory = memory_of_machine() / 4 * 3;
        match address_space() {
            None => Self { instances, short: false, memory },
            Some(limit) => {
                let fitting = limit.saturating_sub(OWN_SHARE) / (u64::from(MEMORIES) * MEMORY_CEILING as u64);
                let fitting = u32::try_from(fitting).unwrap_or(u32::MAX).clamp(1, instances);
                if fitting < instances {
                    tracing::warn!(
                        wanted = instances,
                        fitting,
                        "address space is limited: fewer instances at one time"
                    );
                }
                Self { instances: fitting, short: true, memory: memory.min(limit) }
            }
        }
    }
}

/// Memory of this machine, or what the container may have of it (cgroup v2).
fn memory_of_machine() -> u64 {
    let machine = rustix::system::sysinfo();
    let machine = machine.totalram.saturating_mul(u64::from(machine.mem_unit));
    let container = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    container.and_then(|text| text.trim().parse().ok()).map_or(machine, |limit| machine.min(limit))
}

/// Whether this process may not reserve the address space that guard pages need (a container or `ulimit -v`).
pub fn address_space_is_short() -> bool {
    address_space().is_some()
}

/// The limit, if it is one that matters.
fn address_space() -> Option<u64> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::As).current;
    limit.filter(|bytes| *bytes < ADDRESS_SPACE_WANTED)
}

/// What decides about the code: the same in host and compile child.
fn code(short: bool) -> Config {
    let mut config = Config::new();
    // Without it a store sets up no bookkeeping for concurrent component tasks, and a call is twice as fast.
    config.concurrency_support(false);
    // Epochs instead of fuel: a counter that is compared at loop heads, and moved by one thread for all guests.
    config.epoch_interruption(true);
    config.cranelift_opt_level(OptLevel::Speed);
    // The authors' logs have the panic's place; frames of compiled code would cost memory for every plugin.
    config.wasm_backtrace_max_frames(None);
    config.generate_address_map(false);
    // Switched off: what no toolchain of connectors makes, and each of which widens what untrusted code can reach.
    config.wasm_memory64(false);
    // The adapters between the components of one plugin use two. The pool gives each module one memory of its own.
    config.wasm_multi_memory(true);
    config.wasm_relaxed_simd(false);
    config.wasm_tail_call(true);
    config.wasm_custom_page_sizes(false);
    config.wasm_wide_arithmetic(false);
    if short {
        config.memory_reservation(MEMORY_CEILING as u64);
        config.memory_guard_size(0);
        config.memory_may_move(false);
    }
    config
}

/// The engine of the host: instances come from a pool.
pub fn pooled(size: PoolSize) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(size.instances);
    // Counters only, so there are as many as all instances can have.
    pool.total_core_instances(size.instances.saturating_mul(CORE_INSTANCES));
    pool.max_core_instances_per_component(CORE_INSTANCES);
    // Address space: 4 GiB a memory, 160 KiB a table. A component with more than its part of them takes the place of several
    // instances (`pool.rs`), and so that of several in these numbers too where the pool is small.
    pool.total_memories(size.instances.saturating_mul(MEMORIES).max(MEMORIES_MAX));
    pool.max_memories_per_component(MEMORIES_MAX);
    pool.total_tables(size.instances.saturating_mul(TABLES).max(TABLES_MAX));
    pool.max_tables_per_component(TABLES_MAX);
    pool.table_elements(TABLE_ELEMENTS);
    pool.total_stacks(size.instances.saturating_mul(2));
    pool.max_memory_size(MEMORY_CEILING);
    pool.linear_memory_keep_resident(MEMORY_KEEP);
    pool.table_keep_resident(TABLE_KEEP);
    pool.async_stack_keep_resident(STACK_KEEP);
    // Resets only the pages that the guest wrote, where the kernel can tell (Linux 6.7). With swap it misses pages
    // that were swapped out, so it stays off there.
    pool.pagemap_scan(if swap_is_off() { Enabled::Auto } else { Enabled::No });

    let mut config = code(size.short);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config.max_wasm_stack(GUEST_STACK);
    config.async_stack_size(FIBER_STACK);
    config.memory_init_cow(true);
    config
}

/// The engine of the compile child: it never runs a guest, so it reserves nothing.
pub(crate) fn compiling(short: bool) -> Config {
    let mut config = code(short);
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    config.parallel_compilation(true);
    config
}

fn swap_is_off() -> bool {
    std::fs::read_to_string("/proc/swaps").is_ok_and(|swaps| swaps.lines().count() <= 1)
}
