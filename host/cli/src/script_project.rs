//! A folder with a script, as `lockgate new --template ts` makes it: nothing in it has to be built.

use std::path::{Path, PathBuf};

use anyhow::Context;
use lockgate_domain::connector::ScriptLanguage;

use crate::exit::Usage;

/// What is behind the names of files that no connector runs: declarations, and settings of tools.
const NO_SCRIPTS: [&str; 3] = [".d", ".config", ".test"];

/// What is beside a script, with the same beginning of its name: examples that `lockgate test` runs.
pub(crate) const EXAMPLES: &str = "examples.yaml";

/// Whether a file is a script, by its name.
pub(crate) fn is_script(path: &Path) -> bool {
    let language = path.extension().and_then(|ending| ScriptLanguage::of_ending(ending.to_str()?));
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    language.is_some() && !NO_SCRIPTS.iter().any(|end| stem.ends_with(end))
}

/// The file of a script's examples.
pub(crate) fn examples_of(script: &Path) -> PathBuf {
    script.with_extension(EXAMPLES)
}

/// The scripts of a folder, in the order of their names. A project of another language has none.
pub(crate) fn scripts(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if folder.join("Cargo.toml").exists() || folder.join("wit").exists() {
        return Ok(Vec::new());
    }
    let unreadable = || format!("can't read the folder `{}`", folder.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        if path.is_file() && is_script(&path) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The one script of a folder; none if it has none.
pub(crate) fn only_script(folder: &Path) -> anyhow::Result<Option<PathBuf>> {
    let mut found = scripts(folder)?;
    if found.len() > 1 {
        let names: Vec<_> = found.iter().filter_map(|path| path.file_name()?.to_str()).collect();
        return Err(Usage(format!("this folder has several scripts: name one of {}", names.join(", "))).into());
    }
    Ok(found.pop())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_known_by_their_names() {
        for (name, is) in [
            ("a.ts", true),
            ("b-c.mjs", true),
            ("a.d.ts", false),
            ("esbuild.config.js", false),
            ("a.test.ts", false),
            ("a.json", false),
            ("ts", false),
        ] {
            assert_eq!(is_script(Path::new(name)), is, "{name}");
        }
        assert_eq!(examples_of(Path::new("x/price.ts")), Path::new("x/price.examples.yaml"));
    }

    #[test]
    fn a_folder_has_its_scripts_unless_it_is_a_plugin() {
        let folder = std::env::temp_dir().join(format!("lockgate-scripts-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("b.ts"), "").unwrap();
        std::fs::write(folder.join("b.d.ts"), "").unwrap();
        assert_eq!(only_script(&folder).unwrap(), Some(folder.join("b.ts")));
        std::fs::write(folder.join("a.js"), "").unwrap();
        assert_eq!(scripts(&folder).unwrap(), [folder.join("a.js"), folder.join("b.ts")]);
        assert!(only_script(&folder).unwrap_err().to_string().contains("a.js, b.ts"));
        std::fs::write(folder.join("Cargo.toml"), "").unwrap();
        assert_eq!(only_script(&folder).unwrap(), None);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
