//! One heap for Rust and C: that of the C library that QuickJS is built with. Two would each grow the memory for
//! themselves, and the pages of one could not serve the other.

use std::alloc::{GlobalAlloc, Layout};
use std::ops::RangeInclusive;

use rquickjs::{Ctx, qjs};

use crate::arenas;
use crate::c_library::{aligned_alloc, calloc, free, malloc, realloc};

/// What `malloc` aligns to on this target.
const ALIGN: usize = 16;

/// What a call finds free: taken when the snapshot is made, so that a fresh instance starts with it and an ordinary call
/// never grows its memory. Pages that no call touches cost nothing.
const FREE_BYTES: usize = 1024 * 1024;

struct Libc;

#[global_allocator]
static GLOBAL: Libc = Libc;

// SAFETY: these are the functions of the C library, with the guarantees that the trait asks for.
unsafe impl GlobalAlloc for Libc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: every size may be asked for; what is aligned more is a multiple of it, as the function wants.
        unsafe {
            match layout.align() {
                ..=ALIGN => malloc(layout.size()).cast(),
                align => aligned_alloc(align, layout.size().next_multiple_of(align)).cast(),
            }
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, _: Layout) {
        // SAFETY: the caller gives back what one of these functions gave.
        unsafe { free(pointer.cast()) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as of `alloc`; what is written is as long as what was asked for.
        unsafe {
            match layout.align() {
                ..=ALIGN => calloc(1, layout.size()).cast(),
                _ => {
                    let pointer = self.alloc(layout);
                    if !pointer.is_null() {
                        pointer.write_bytes(0, layout.size());
                    }
                    pointer
                }
            }
        }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the pointer is of this heap with that layout; no more is copied than either has.
        unsafe {
            if layout.align() <= ALIGN {
                return realloc(pointer.cast(), size).cast();
            }
            let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !new.is_null() {
                new.copy_from_nonoverlapping(pointer, size.min(layout.size()));
                free(pointer.cast());
            }
            new
        }
    }
}

/// The largest hole that is looked for between what the engine has allocated, in bytes.
const HOLE_MAX: usize = 64 * 1024;
/// Sizes of small blocks, for each of which QuickJS has arenas, in bytes (`arena_block_sizes` of QuickJS-NG, less their
/// header): no two of them are closer than the step.
const SMALL: RangeInclusive<usize> = 8..=504;
const SMALL_STEP: usize = 8;

/// Prepares the memory for the calls that follow: what they allocate lies in one piece behind all that the engine has. In holes
/// between the engine's own it would spread over many pages.
pub(crate) fn prepare(ctx: &Ctx<'_>) {
    // SAFETY: what is allocated is freed or stays for ever, and is never read.
    let end = unsafe {
        // Grows the heap, without touching the pages.
        let end = malloc(FREE_BYTES);
        free(end);
        let mut size = HOLE_MAX;
        while size >= ALIGN {
            let hole = malloc(size);
            if hole >= end {
                free(hole);
                size /= 2;
            }
        }
        end
    };
    arenas::begin_calls(end as usize);
    for size in SMALL.step_by(SMALL_STEP) {
        // SAFETY: the context lives, and nobody else uses it meanwhile.
        while !arenas::is_of_calls(unsafe { qjs::js_malloc(ctx.as_raw().as_ptr(), size as _) }.cast()) {}
    }
}
