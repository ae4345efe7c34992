//! Plugins in other languages, from an empty folder, with the commands of `docs/authors.md`.

use std::process::Command;

use lockgate_tests::{Home, page, root};

/// A shell in which the tools of other languages find what they downloaded before.
fn shell(home: &Home) -> Command {
    let mut shell = home.shell();
    // `./dev setup` has run it; without anything new it does nothing.
    let downloaded = Command::new(root().join("tests/languages.sh")).status();
    assert!(downloaded.unwrap().success(), "tests/languages.sh could not download the tools");
    let kept = |name: &str| root().join("target/languages").join(name);
    shell.env("npm_config_cache", kept("npm")).env("npm_config_offline", "true");
    shell.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", kept("wheels"));
    shell
}

#[test]
fn the_page_is_followed_literally() {
    let home = Home::new();
    page::follow("languages.md", &mut shell(&home), str::to_owned);
}
