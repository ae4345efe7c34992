//! The C library that QuickJS is built with: its heap is the one of this instance.

use std::ffi::c_void;

// SAFETY: the declarations of the C standard (ISO C17, 7.22.3) and, for the last, of the C library; `usize` is `size_t` on this
// target.
unsafe extern "C" {
    pub(crate) fn malloc(size: usize) -> *mut c_void;
    pub(crate) fn calloc(count: usize, size: usize) -> *mut c_void;
    pub(crate) fn realloc(pointer: *mut c_void, size: usize) -> *mut c_void;
    pub(crate) fn aligned_alloc(align: usize, size: usize) -> *mut c_void;
    pub(crate) fn free(pointer: *mut c_void);
    pub(crate) fn malloc_usable_size(pointer: *mut c_void) -> usize;
}
