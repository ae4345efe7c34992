//! The memory of QuickJS. It cuts small blocks out of arenas of 4 KiB, and nearly all that a call writes is in them: counts of
//! references, properties, new objects. Here arenas lie side by side, each on a page of its own, apart from code and texts,
//! which are only read: after a call the host resets the pages that were written, one run of them after the other, and a
//! page that is written again is copied again.

use std::cell::{Cell, UnsafeCell};

use rquickjs::allocator::Allocator;

use crate::c_library::{calloc, free, malloc, malloc_usable_size, realloc};
use crate::engine::OneThread;

/// What an arena takes at the most (`JS_ARENA_SIZE` of QuickJS-NG), and a page of the host.
const PAGE: usize = 4096;
/// What it takes at the least: as many of the largest blocks (512 bytes) as fit.
const ARENA_MIN: usize = PAGE - 512;
/// Pages of the arenas that a call makes. They are the first, so that the host gets to them before it has seen as many runs as
/// it looks at.
const CALL_PAGES: usize = 48;
/// Pages of all arenas that lie side by side: the snapshot has some 170. Others come from the heap, as everything else.
const PAGES: usize = CALL_PAGES + 256;

/// The pages of arenas.
#[repr(align(4096))]
struct Pages(UnsafeCell<[[u8; PAGE]; PAGES]>);
// SAFETY: this target has one thread.
unsafe impl Sync for Pages {}

static PAGES_OF_ARENAS: Pages = Pages(UnsafeCell::new([[0; PAGE]; PAGES]));
/// The pages that were never taken: those of the snapshot until it is made.
static UNTAKEN: OneThread<Cell<(usize, usize)>> = OneThread(Cell::new((CALL_PAGES, PAGES)));

/// QuickJS's memory.
pub(crate) struct Arenas {
    /// Pages that were given back.
    free: Vec<*mut u8>,
}

/// Of the snapshot, the page behind those of the language itself, and the end of the heap.
static SNAPSHOT: OneThread<Cell<(usize, usize)>> = OneThread(Cell::new((0, 0)));

/// The language itself is there, and its library is loaded next.
pub(crate) fn begin_library() {
    SNAPSHOT.0.set((UNTAKEN.0.get().0, 0));
}

/// The heap of the snapshot ends there, and what is taken from now on is for calls.
pub(crate) fn begin_calls(heap_end: usize) {
    SNAPSHOT.0.set((SNAPSHOT.0.get().0, heap_end));
    UNTAKEN.0.set((0, CALL_PAGES));
}

/// Writes to the pages among which nearly every call writes to many. The host resets runs of pages, and those behind the 32nd
/// run it gives back to the kernel, which costs a call more than all that is copied: two long runs take the place of many short
/// ones. Once written, a page stays with the instance's place in the host's pool.
pub(crate) fn write_between() {
    let first = PAGES_OF_ARENAS.0.get() as usize;
    let (language, heap_end) = SNAPSHOT.0.get();
    for (from, to) in [(first, first + language * PAGE), (first + PAGES * PAGE, heap_end)] {
        for page in (from..to).step_by(PAGE) {
            let page = page as *mut u8;
            // SAFETY: memory of this instance, which stays as it is.
            unsafe { page.write_volatile(page.read_volatile()) }
        }
    }
}

/// Whether something lies in the pages of calls.
pub(crate) fn is_of_calls(pointer: *const u8) -> bool {
    page_of(pointer).is_some_and(|page| page < CALL_PAGES)
}

/// The page that something lies in, if it does.
fn page_of(pointer: *const u8) -> Option<usize> {
    let page = (pointer as usize).checked_sub(PAGES_OF_ARENAS.0.get() as usize)? / PAGE;
    (page < PAGES).then_some(page)
}

impl Arenas {
    pub(crate) fn new() -> Self {
        Self { free: Vec::with_capacity(PAGES) }
    }

    /// A page for something of this size, if it is an arena and there is one.
    fn page(&mut self, size: usize) -> Option<*mut u8> {
        if !(ARENA_MIN..=PAGE).contains(&size) {
            return None;
        }
        self.free.pop().or_else(|| {
            let (next, end) = UNTAKEN.0.get();
            UNTAKEN.0.set((next + 1, end));
            // SAFETY: the index is within the pages, and nobody else has this one.
            (next < end).then(|| unsafe { PAGES_OF_ARENAS.0.get().cast::<u8>().add(next * PAGE) })
        })
    }
}

// SAFETY: a page is as large as what is taken for it, is aligned, and belongs to one block at a time; all else is the C
// library's, whose functions give what the trait asks for.
unsafe impl Allocator for Arenas {
    fn alloc(&mut self, size: usize) -> *mut u8 {
        // SAFETY: every size may be asked for.
        self.page(size).unwrap_or_else(|| unsafe { malloc(size).cast() })
    }

    fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
        match count.checked_mul(size).and_then(|size| self.page(size)) {
            Some(page) => {
                // SAFETY: the page is of this size.
                unsafe { page.write_bytes(0, PAGE) };
                page
            }
            // SAFETY: every size may be asked for.
            None => unsafe { calloc(count, size).cast() },
        }
    }

    unsafe fn dealloc(&mut self, pointer: *mut u8) {
        if page_of(pointer).is_some() {
            self.free.push(pointer);
        } else {
            // SAFETY: it is of the C library.
            unsafe { free(pointer.cast()) }
        }
    }

    unsafe fn realloc(&mut self, pointer: *mut u8, size: usize) -> *mut u8 {
        if page_of(pointer).is_none() {
            // SAFETY: it is of the C library, or none.
            return unsafe { realloc(pointer.cast(), size).cast() };
        }
        if size <= PAGE {
            return pointer;
        }
        // SAFETY: what is new is larger than the page.
        unsafe {
            let new = malloc(size).cast::<u8>();
            if !new.is_null() {
                new.copy_from_nonoverlapping(pointer, PAGE);
                self.dealloc(pointer);
            }
            new
        }
    }

    unsafe fn usable_size(pointer: *mut u8) -> usize {
        // SAFETY: what is no page is of the C library.
        if page_of(pointer).is_some() { PAGE } else { unsafe { malloc_usable_size(pointer.cast()) } }
    }
}
