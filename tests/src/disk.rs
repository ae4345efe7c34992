//! A small disk of a test's own.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::namespace;

/// A file system of some megabytes.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    ballast: PathBuf,
}

/// Runs a test where it may mount disks. `name` is the test's, with its modules.
pub fn run(name: &str, test: impl FnOnce()) {
    namespace::run(&["--mount"], name, test);
}

impl Disk {
    /// Mounts one at a folder.
    pub fn mount(folder: &Path, mebibytes: usize) -> Self {
        fs::create_dir_all(folder).expect("a folder");
        let size = format!("size={mebibytes}m");
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder).output();
        let output = output.expect("no program `mount`");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self { folder: folder.to_owned(), ballast: folder.join("ballast") }
    }

    /// Takes all of the room that is left.
    pub fn fill(&self) {
        let mut file = File::options().create(true).append(true).open(&self.ballast).expect("a file");
        for size in [1 << 20, 4096] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Gives it back.
    pub fn empty(&self) {
        fs::remove_file(&self.ballast).expect("the ballast");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["--lazy"]).arg(&self.folder).output();
    }
}
