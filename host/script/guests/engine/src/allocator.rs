//! One heap for Rust and C: that of the C library that QuickJS is built with. Two would each grow the memory for
//! themselves, and the pages of one could not serve the other.

use std::alloc::{GlobalAlloc, Layout};
use std::ffi::c_void;

// SAFETY: the declarations of the C standard (ISO C17, 7.22.3); `usize` is `size_t` on this target.
unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn calloc(count: usize, size: usize) -> *mut c_void;
    fn realloc(pointer: *mut c_void, size: usize) -> *mut c_void;
    fn aligned_alloc(align: usize, size: usize) -> *mut c_void;
    fn free(pointer: *mut c_void);
}

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

/// Grows the heap for the calls that follow, without touching the pages.
pub(crate) fn reserve() {
    // SAFETY: what is allocated is freed, and never read.
    unsafe { free(malloc(FREE_BYTES)) }
}
