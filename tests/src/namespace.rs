//! A test that runs again in namespaces of its own, where it may lay networks and mount folders.

use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::{Signal, getuid, set_parent_process_death_signal};

use crate::environment;

/// Runs a test in new namespaces of these kinds, as `unshare` names them. `name` is the test's, with its modules.
///
/// # Panics
/// Fails where namespaces are not permitted: a proof that did not run is none.
pub fn run(kinds: &[&str], name: &str, test: impl FnOnce()) {
    if std::env::var_os(environment::NAMESPACE).is_some() {
        return test();
    }
    let mut command = Command::new("unshare");
    if !getuid().is_root() {
        command.arg("--map-root-user");
    }
    command.args(kinds).arg("--").arg(std::env::current_exe().expect("a test is a program"));
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]).env(environment::NAMESPACE, "1");
    // A database server outside is not reachable from in there, and it is not the store that is tested.
    command.env_remove(environment::STORE);
    // SAFETY: between fork and exec one async-signal-safe system call is made, so that nothing outlives the test.
    unsafe { command.pre_exec(|| Ok(set_parent_process_death_signal(Some(Signal::KILL))?)) };
    let output = command.output().expect("no program `unshare`: run `./dev setup`");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, said) = (text(&output.stdout), text(&output.stderr));
    assert!(
        !said.starts_with("unshare:"),
        "namespaces can't be made: {said}run the tests as root, in a container with the capability SYS_ADMIN \
         (docker run --cap-add SYS_ADMIN --security-opt seccomp=unconfined), or permit user namespaces"
    );
    assert!(output.status.success(), "in namespaces of its own:\n{out}\n{said}");
    assert!(out.contains("1 passed"), "`{name}` is the name of no test:\n{out}");
}
