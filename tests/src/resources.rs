//! What the host's process holds, as the kernel counts it.

use std::collections::BTreeMap;
use std::fs;

use crate::Host;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resources {
    /// Resident memory (VmRSS), in KiB.
    pub resident_kib: u64,
    /// Open files, by kind.
    pub files: BTreeMap<String, usize>,
    /// Mappings of memory, by kind.
    pub mappings: BTreeMap<String, usize>,
}

impl Host {
    pub fn resources(&self) -> Resources {
        let folder = format!("/proc/{}", self.pid());
        let status = fs::read_to_string(format!("{folder}/status")).expect("a running process");
        let files = fs::read_dir(format!("{folder}/fd")).expect("its files").flatten();
        // A file that was closed meanwhile has no target.
        let files = files.filter_map(|file| Some(fs::read_link(file.path()).ok()?.display().to_string()));
        let mappings = fs::read_to_string(format!("{folder}/maps")).expect("its mappings");
        Resources {
            resident_kib: kib(&status, "VmRSS:"),
            files: counted(files.map(|target| kind(&target))),
            // Address, rights, offset, device and inode come before the path.
            mappings: counted(mappings.lines().map(|line| kind(line.splitn(6, ' ').nth(5).unwrap_or_default().trim()))),
        }
    }
}

impl Host {
    /// Begins to look for the peak of its memory from now on.
    pub fn forget_peak(&self) {
        fs::write(format!("/proc/{}/clear_refs", self.pid()), "5").expect("a process of this user");
    }

    /// The most resident memory that it had since then (VmHWM), in KiB.
    pub fn peak_kib(&self) -> u64 {
        kib(&fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("a running process"), "VmHWM:")
    }
}

pub(crate) fn kib(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("its memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// A process, as the kernel has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process(u32);

impl Process {
    /// Whether it runs. One that has ended may still be listed, until its parent asks for its end.
    pub fn runs(self) -> bool {
        fs::read_to_string(format!("/proc/{}/stat", self.0)).is_ok_and(|stat| state(&stat) != Some("Z"))
    }
}

/// What follows the name of the program, which stands in parentheses and may have any characters.
pub(crate) fn state(stat: &str) -> Option<&str> {
    stat.rsplit_once(") ")?.1.split(' ').next()
}

impl Host {
    /// The processes that it has started and that run: those that compile.
    pub fn children(&self) -> Vec<Process> {
        let all = fs::read_dir("/proc").expect("the processes").flatten();
        let numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let own = numbers.filter(|number: &u32| {
            let stat = fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
            let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok());
            parent == Some(self.pid())
        });
        own.map(Process).filter(|process| process.runs()).collect()
    }
}

/// Compiled code of plugins that are there, and of plugins that were deleted.
pub const CODE: &str = "code";
pub const DELETED_CODE: &str = "deleted code";

/// What stays of a path or name: no number of an inode, and of compiled code no digest.
fn kind(name: &str) -> String {
    let name = match name.strip_suffix(" (deleted)") {
        Some(deleted) if deleted.ends_with(".cwasm") => DELETED_CODE,
        None if name.ends_with(".cwasm") => CODE,
        _ => name,
    };
    name.split_once(":[").map_or(name, |(kind, _)| kind).to_owned()
}

fn counted(names: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    counts
}
