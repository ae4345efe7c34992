//! What a host's process has written into its memory, as the kernel shows it to who started it: into that of its guests,
//! and into the rest.

use std::fs::{self, File};
use std::ops::Range;
use std::os::unix::fs::FileExt;

use crate::Host;
use crate::marker::Trace;
use crate::resources::kib;

/// The linear memories of 1,000 instances have several times as many addresses, and nothing else has nearly as many.
const POOL_MIN: u64 = 1 << 40;
/// Bytes that `pagemap` has for each page.
const ENTRY: usize = size_of::<u64>();

/// What was there at a moment, a trace for each row of pages.
#[derive(Debug, Default)]
pub struct Memory {
    /// Linear memories. Pages that a guest has not changed are as its component has them, and left out.
    pub guests: Vec<Trace>,
    /// Heap, stacks and tables of the host.
    pub rest: Vec<Trace>,
}

struct Mapping {
    addresses: Range<u64>,
    rights: String,
}

impl Host {
    /// The addresses of all linear memories. Asked before the first guest runs, as long as the pool is one mapping, of
    /// which nothing is in use.
    #[track_caller]
    pub fn linear_memories(&self) -> Range<u64> {
        let mut mappings = self.mappings();
        mappings.retain(|mapping| mapping.addresses.end - mapping.addresses.start >= POOL_MIN);
        match mappings.as_slice() {
            [pool] if pool.rights == "---p" => pool.addresses.clone(),
            _ => panic!("{} mappings are as large as the pool: expected one that is not in use", mappings.len()),
        }
    }

    /// What it has in its memory now; linear memories have the addresses `linear`.
    #[track_caller]
    pub fn memory(&self, linear: &Range<u64>) -> Memory {
        let file = self.open("mem");
        let mut memory = Memory::default();
        for pages in self.written_pages() {
            let guests = linear.contains(&pages.start);
            let mut bytes = vec![0; (pages.end - pages.start) as usize];
            let read = file.read_exact_at(&mut bytes, pages.start);
            let trace = Trace::new(format!("the memory at {:#x}", pages.start), bytes);
            match read {
                Ok(()) if guests => memory.guests.push(trace),
                Ok(()) => memory.rest.push(trace),
                // The host goes on meanwhile and gives memory of its own back.
                Err(error) => assert!(!guests, "{} is a guest's and can't be read: {error}", trace.place),
            }
        }
        memory
    }

    /// Pages that were written and can be written again, row by row.
    fn written_pages(&self) -> Vec<Range<u64>> {
        let page = kib(&fs::read_to_string("/proc/self/smaps").expect("own mappings"), "KernelPageSize:") * 1024;
        let pagemap = self.open("pagemap");
        let mut rows: Vec<Range<u64>> = Vec::new();
        for Mapping { addresses, .. } in self.mappings().into_iter().filter(|mapping| mapping.rights.starts_with("rw"))
        {
            let first = addresses.start / page;
            let mut entries = vec![0; (addresses.end / page - first) as usize * ENTRY];
            pagemap.read_exact_at(&mut entries, first * ENTRY as u64).expect("an entry for each page");
            let entries = entries.as_chunks::<ENTRY>().0.iter().copied().map(u64::from_ne_bytes);
            for (at, _) in addresses.step_by(page as usize).zip(entries).filter(|(_, entry)| is_written(*entry)) {
                match rows.last_mut() {
                    Some(row) if row.end == at => row.end += page,
                    _ => rows.push(at..at + page),
                }
            }
        }
        rows
    }

    fn mappings(&self) -> Vec<Mapping> {
        let text = fs::read_to_string(format!("/proc/{}/maps", self.pid())).expect("its mappings");
        let address = |text: &str| u64::from_str_radix(text, 16).expect("an address");
        // FIRST-END RIGHTS …
        let mapping = |line: &str| {
            let (addresses, rest) = line.split_once(' ')?;
            let (start, end) = addresses.split_once('-')?;
            let rights = rest.split(' ').next()?.to_owned();
            Some(Mapping { addresses: address(start)..address(end), rights })
        };
        text.lines().map(|line| mapping(line).expect("a mapping")).collect()
    }

    fn open(&self, name: &str) -> File {
        File::open(format!("/proc/{}/{name}", self.pid())).expect("the memory of a process of this user")
    }
}

/// Whether a page has bytes of its own, in memory or swapped out, and not those of a file.
fn is_written(entry: u64) -> bool {
    let (present, swapped, of_file) = (entry >> 63 & 1 == 1, entry >> 62 & 1 == 1, entry >> 61 & 1 == 1);
    (present || swapped) && !of_file
}
