//! A page of the documentation that is followed: its boxes of commands, and what each is said to print.
//!
//! In a page, a box `sh` is pasted into a shell, and the box `text` below it is what comes back. `…` stands for any text
//! within a line; a line of `…` alone stands for any lines. Boxes of other kinds are there to be read.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use crate::root;

/// Commands, and what they print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub commands: String,
    pub prints: String,
}

/// The steps of `docs/NAME`.
#[track_caller]
pub fn steps(name: &str) -> Vec<Step> {
    let text = fs::read_to_string(root().join("docs").join(name)).expect("a page");
    let mut steps: Vec<Step> = Vec::new();
    let mut rest = text.as_str();
    while let Some((_, behind)) = rest.split_once("\n```") {
        let (body, behind) = behind.split_once("\n```\n").expect("a box that ends");
        let (kind, body) = body.split_once('\n').expect("a box with a kind");
        match (kind, steps.last_mut()) {
            ("sh", _) => steps.push(Step { commands: body.to_owned(), prints: String::new() }),
            ("text", Some(step)) if step.prints.is_empty() => body.clone_into(&mut step.prints),
            ("text", _) => panic!("{name}: a box `text` that is not below a box `sh`"),
            _ => {}
        }
        rest = behind;
        // The line break before the next box may be the one that ended this.
        if rest.starts_with("```") {
            panic!("{name}: two boxes without a line between them");
        }
    }
    assert!(!steps.is_empty(), "{name} has commands");
    steps
}

/// The files of `docs/NAME`: boxes whose first line is a comment with nothing but the file's name.
#[track_caller]
pub fn files(name: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("docs").join(name)).expect("a page");
    let boxes = text.split("\n```yaml\n# ").skip(1).map(|rest| rest.split_once("\n```\n").expect("a box that ends").0);
    let named = boxes.filter_map(|body| body.split_once('\n')).filter(|(name, _)| name.ends_with(".yaml"));
    let files: Vec<_> = named.map(|(name, body)| (name.to_owned(), body.to_owned())).collect();
    assert!(!files.is_empty(), "{name} has files");
    files
}

/// Pastes all of them into one shell, and compares what comes back. `shown` is what a reader would see instead, where a
/// test can't have the same, such as a port.
#[track_caller]
pub fn follow(name: &str, shell: &mut Command, shown: impl Fn(&str) -> String) {
    follow_typing(name, shell, str::to_owned, shown);
}

/// The same where a test types another text than the page has, such as a free port.
#[track_caller]
pub fn follow_typing(name: &str, shell: &mut Command, typed: impl Fn(&str) -> String, shown: impl Fn(&str) -> String) {
    let steps = steps(name);
    let mut script = "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\nset -e\n".to_owned();
    for step in &steps {
        script.push_str(&format!("{}\necho; echo '{MARK}'\n", typed(&step.commands)));
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (file, output) = (folder.path().join("script"), folder.path().join("output"));
    fs::write(&file, script).expect("a file");
    // Both into one, as a terminal has it.
    let both = File::create(&output).expect("a file");
    let other = both.try_clone().expect("the same file");
    let status = shell.arg(&file).stdin(Stdio::null()).stdout(both).stderr(other).status().expect("a shell");
    let output = fs::read_to_string(output).expect("text");
    let printed: Vec<_> = output.split(&format!("\n{MARK}\n")).collect();
    for (step, printed) in steps.iter().zip(&printed) {
        let printed = shown(printed);
        let fits = is_like(&step.prints, printed.trim_end());
        assert!(
            fits,
            "{name}:\n{}\n\nwas expected to print:\n{}\n\nand prints:\n{printed}",
            step.commands, step.prints
        );
    }
    assert!(status.success() && printed.len() == steps.len() + 1, "{name} ends with {status}:\n{output}");
}

/// Between the outputs of two steps.
const MARK: &str = "-- the next box --";

/// Whether a text is what a page shows.
fn is_like(expected: &str, text: &str) -> bool {
    let (expected, text): (Vec<_>, Vec<_>) = (expected.lines().collect(), text.lines().collect());
    lines_are_like(&expected, &text)
}

fn lines_are_like(expected: &[&str], text: &[&str]) -> bool {
    match expected.split_first() {
        None => text.is_empty(),
        Some((&"…", rest)) => (0..=text.len()).any(|skipped| lines_are_like(rest, &text[skipped..])),
        Some((line, rest)) => {
            text.split_first().is_some_and(|(first, others)| line_is_like(line, first) && lines_are_like(rest, others))
        }
    }
}

fn line_is_like(expected: &str, line: &str) -> bool {
    // A column is as wide as the widest of what stands in it.
    let narrow = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (expected, line) = (&narrow(expected), &narrow(line));
    let mut pieces = expected.split('…');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_stand_for_any_text() {
        assert!(is_like("a … c\n…\nz", "a b c\n1\n2\nz") && is_like("…\nz", "z") && is_like("a…", "a"));
        assert!(!is_like("a … c", "a b d") && !is_like("a", "ab") && !is_like("a", "a\nb") && !is_like("…b…b", "b"));
    }

    #[test]
    fn every_page_that_is_followed_has_steps() {
        assert!(steps("walkthrough.md").iter().all(|step| !step.commands.is_empty()));
    }
}
