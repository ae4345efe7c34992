//! A transaction of somebody else that holds up every write of OAuth tokens in a host's store, for as long as a test says.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use crate::Home;

/// Rolled back when dropped.
#[derive(Debug)]
pub struct WriteLock(Child);

impl Home {
    /// Begins it; a host that runs here can still read.
    pub fn lock_tokens(&self) -> WriteLock {
        // Each of both shells says so by a program, which waits for no buffer.
        let (mut command, begin) = match self.database() {
            Some(database) => {
                let begin = "BEGIN;\nLOCK TABLE oauth_tokens IN EXCLUSIVE MODE;\n\\! echo locked\n";
                (database.shell(), begin)
            }
            None => {
                let mut command = Command::new("sqlite3");
                command.arg(self.data().join("lockgate.db"));
                (command, ".bail on\n.timeout 10000\nBEGIN IMMEDIATE;\n.system echo locked\n")
            }
        };
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("no shell of the store: run `./dev setup`");
        child.stdin.as_mut().expect("its input").write_all(begin.as_bytes()).expect("a shell");
        let mut said = BufReader::new(child.stdout.take().expect("its output")).lines();
        let locked = said.any(|line| line.is_ok_and(|line| line == "locked"));
        assert!(locked, "the store's shell ended");
        WriteLock(child)
    }
}

impl Drop for WriteLock {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
