//! The global allocator: dlmalloc over a static arena first, over grown memory when that is full.
//!
//! Rust's own allocator for this target grows the memory for its first byte, which costs each fresh instance two
//! `mprotect` calls in the host. The arena is part of the memory that the instance starts with.

use dlmalloc::{Allocator, Dlmalloc};
use std::{
    alloc::{GlobalAlloc, Layout},
    arch::wasm32,
    cell::{Cell, UnsafeCell},
    ptr,
};

/// Enough for a call with some ten kilobytes of JSON. Untouched pages cost nothing; those that a call touches are
/// cleaned after it, so the arena stays small enough to be cleaned by copying.
const ARENA_BYTES: usize = 256 * 1024;

/// How much more is taken when the arena is full: few calls of `memory.grow`, and little next to a limit of 64 MiB.
const GROW_BYTES: usize = 1024 * 1024;

const PAGE_BYTES: usize = 64 * 1024;

#[global_allocator]
static GLOBAL: Global = Global(UnsafeCell::new(Dlmalloc::new_with_allocator(Memory { arena_given: Cell::new(false) })));

static ARENA: Arena = Arena(UnsafeCell::new([0; ARENA_BYTES]));

#[repr(align(16))]
struct Arena(UnsafeCell<[u8; ARENA_BYTES]>);

// SAFETY: this target has one thread.
unsafe impl Sync for Arena {}

struct Memory {
    arena_given: Cell<bool>,
}

// SAFETY: each region is given out once, is as large as said, and is never taken back.
unsafe impl Allocator for Memory {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        if size <= ARENA_BYTES && !self.arena_given.replace(true) {
            return (ARENA.0.get().cast(), ARENA_BYTES, 0);
        }
        let needed = size.div_ceil(PAGE_BYTES);
        match grow(needed.max(GROW_BYTES / PAGE_BYTES)) {
            (base, ..) if base.is_null() => grow(needed),
            region => region,
        }
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        ptr::null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        PAGE_BYTES
    }
}

/// Takes pages from the host; null when the limit is reached.
fn grow(pages: usize) -> (*mut u8, usize, u32) {
    let before = wasm32::memory_grow::<0>(pages);
    if before == usize::MAX {
        return (ptr::null_mut(), 0, 0);
    }
    let base = before * PAGE_BYTES;
    // The last bytes of the address space stay unused: a pointer past the end would wrap to 0.
    let size = (pages * PAGE_BYTES).min(usize::MAX - 15 - base);
    (ptr::without_provenance_mut(base), size, 0)
}

struct Global(UnsafeCell<Dlmalloc<Memory>>);

// SAFETY: this target has one thread.
unsafe impl Sync for Global {}

// SAFETY: dlmalloc keeps the contract of the trait, and nothing here calls back into the allocator.
unsafe impl GlobalAlloc for Global {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { (*self.0.get()).malloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { (*self.0.get()).free(pointer, layout.size(), layout.align()) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        unsafe { (*self.0.get()).calloc(layout.size(), layout.align()) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        unsafe { (*self.0.get()).realloc(pointer, layout.size(), layout.align(), size) }
    }
}
