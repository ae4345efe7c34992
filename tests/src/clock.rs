//! A clock of a host's own that a test sets: the host loads libfaketime (a Debian package) before its other libraries, which
//! reads from a file by how much the time of day is wrong. Time that only goes forward passes as it is, as when somebody
//! sets the clock of a machine.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Serve;

/// By how much the time of day of a host is wrong.
#[derive(Debug)]
pub struct Clock(PathBuf);

impl Clock {
    /// The clock of a host that is not started yet. It is right at first.
    pub fn of(serve: Serve) -> (Self, Serve) {
        let clock = Self(serve.home().path().join("clock"));
        clock.set(0);
        let file = clock.0.to_str().expect("text").to_owned();
        let serve = serve.with_variable("LD_PRELOAD", &library()).with_variable("FAKETIME_TIMESTAMP_FILE", &file);
        let serve = serve.with_variable("FAKETIME_NO_CACHE", "1").with_variable("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        (clock, serve)
    }

    /// Sets it to so many seconds from the right time, at once.
    pub fn set(&self, seconds: i64) {
        // In one step, since it is read all the time.
        let new = self.0.with_extension("new");
        fs::write(&new, format!("{seconds:+}\n")).expect("a file");
        fs::rename(new, &self.0).expect("a file");
    }
}

/// Where Debian has the library for programs with several threads, in a folder by the processor's name.
fn library() -> String {
    let folders = fs::read_dir("/usr/lib").expect("libraries").flatten().map(|entry| entry.path());
    let found = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1")).find(|path| path.exists());
    found.as_deref().and_then(Path::to_str).expect("no libfaketime: run `./dev setup`").to_owned()
}
