//! Pages of the documentation as sessions of a shell: each ```` ```console ```` block is typed line by line, and what it
//! shows must come.

use std::fs::{self, File};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::{Home, Ran, root};

/// How long something that runs on may take until it has printed what the page shows.
const PATIENCE: Duration = Duration::from_secs(60);

/// A command and the lines that the page shows below it.
#[derive(Debug)]
struct Step {
    command: String,
    expected: Vec<String>,
}

/// A shell in a home, and what runs on in it.
#[derive(Debug)]
pub struct Shell {
    home: Home,
    /// `export` and `cd`, which hold for every later command.
    before: String,
    running: Vec<Child>,
    /// Texts of the page and what stands for them here, such as a free port.
    instead: Vec<(String, String)>,
}

impl Shell {
    pub fn new(home: Home) -> Self {
        Self { home, before: "set -e\n".to_owned(), running: Vec::new(), instead: Vec::new() }
    }

    /// Types another text wherever the page has this one.
    pub fn instead(mut self, of: &str, text: impl Into<String>) -> Self {
        self.instead.push((of.to_owned(), text.into()));
        self
    }

    /// Sets a variable that no command of the page sets.
    pub fn with(mut self, variable: &str, value: &str) -> Self {
        self.before += &format!("export {variable}='{value}'\n");
        self
    }

    /// The text of a file of the repository, with what stands for its texts here.
    pub fn read(&self, path: &str) -> String {
        let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        self.instead.iter().fold(text, |text, (of, instead)| text.replace(of, instead))
    }

    /// Puts a file of the repository where the page expects it.
    pub fn place(&self, path: &str) {
        let target = self.home.work().join(path);
        fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
        if path.ends_with(".yaml") || path.ends_with(".toml") {
            fs::write(target, self.read(path)).expect("a file");
        } else {
            std::os::unix::fs::symlink(root().join(path), target).expect("a link");
        }
    }

    /// Types everything of a page, and gives how many commands that was.
    pub fn follow(&mut self, page: &str) -> usize {
        let steps = steps(&self.read(page));
        for step in &steps {
            self.step(page, step);
        }
        steps.len()
    }

    fn step(&mut self, page: &str, step: &Step) {
        let Step { command, expected } = step;
        if command.starts_with("export ") || command.starts_with("cd ") {
            self.before += &format!("{command}\n");
            return;
        }
        let mut shell = self.home.command("/bin/sh");
        if let Some(command) = command.strip_suffix(" &") {
            let log = self.home.path().join(format!("running-{}", self.running.len()));
            let file = File::create(&log).expect("a file");
            shell.args(["-c", &format!("{}exec {command}", self.before)]);
            shell.stdin(Stdio::null()).stdout(file.try_clone().expect("a file")).stderr(file);
            self.running.push(shell.spawn().expect("a shell"));
            let (began, mut printed) = (Instant::now(), String::new());
            while !shows(&printed, expected) {
                assert!(began.elapsed() < PATIENCE, "{page}: `{command}` printed\n{printed}\ninstead of {expected:#?}");
                sleep(Duration::from_millis(10));
                printed = fs::read_to_string(&log).expect("its log");
            }
        } else {
            // Both streams in the order in which a terminal shows them.
            shell.args(["-c", &format!("{}exec 2>&1\n{command}", self.before)]);
            let ran = Ran::of(&mut shell);
            assert!(
                shows(&ran.stdout, expected),
                "{page}: `{command}` printed\n{}\ninstead of {expected:#?}",
                ran.stdout
            );
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        for child in &mut self.running {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The commands of all blocks; one that ends with `\` goes on in the next line.
fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let (mut inside, mut goes_on) = (false, false);
    for line in page.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            _ => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => {
                    steps.push(Step { command: command.to_owned(), expected: Vec::new() });
                    goes_on = command.ends_with('\\');
                }
                (None, Some(step)) if goes_on => {
                    step.command += &format!("\n{line}");
                    goes_on = line.ends_with('\\');
                }
                (None, Some(step)) => step.expected.push(line.to_owned()),
                (None, None) => panic!("`{line}` is below no command"),
            },
        }
    }
    steps
}

/// Whether the lines come in this order, perhaps with others between them; `…` stands for any text.
fn shows(printed: &str, expected: &[String]) -> bool {
    let mut lines = printed.lines();
    expected.iter().all(|wanted| lines.by_ref().any(|line| fits(line, wanted)))
}

fn fits(line: &str, wanted: &str) -> bool {
    let mut parts = wanted.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let parts: Vec<_> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}
