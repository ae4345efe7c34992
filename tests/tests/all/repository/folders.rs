//! Arrows between the modules of one crate. Folders that are beside each other form no circle, also not over the files
//! between them: each can be read, moved and tested with what it uses and without what uses it. Single files may: an error
//! type names what it is about, and what it is about returns the error.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use lockgate_tests::root;

use super::imports::{self, Import, ModulePath};

/// Modules of one folder by their names, and what each imports of the others, with a path that does so.
type Arrows = BTreeMap<String, BTreeMap<String, String>>;

/// The arrows of each folder of a crate; the folder without a name is the crate itself.
fn arrows(imports: &[Import]) -> BTreeMap<ModulePath, Arrows> {
    let mut folders: BTreeMap<ModulePath, Arrows> = BTreeMap::new();
    for import in imports {
        let common = import.from.iter().zip(&import.to).take_while(|(from, to)| from == to).count();
        // A module and what is in it are one.
        let (Some(from), Some(to)) = (import.from.get(common), import.to.get(common)) else { continue };
        let reason = || format!("{} names {}", import.from.join("::"), import.path);
        let folder = folders.entry(import.from[..common].to_vec()).or_default();
        folder.entry(from.clone()).or_default().entry(to.clone()).or_insert_with(reason);
    }
    folders
}

/// Modules that can be reached from this one.
fn reachable<'a>(arrows: &'a Arrows, from: &'a str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = vec![from];
    while let Some(next) = open.pop() {
        let next = arrows.get(next).into_iter().flat_map(BTreeMap::keys);
        open.extend(next.map(String::as_str).filter(|name| found.insert(*name)));
    }
    found
}

/// Sets of modules that each use all others of their set, over whatever is between them.
fn circles(arrows: &Arrows) -> BTreeSet<BTreeSet<&str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        arrows.keys().map(|name| (name.as_str(), reachable(arrows, name))).collect();
    let circle = |name: &&str| -> BTreeSet<&str> {
        let back = |other: &&&str| reached.get(**other).is_some_and(|reached| reached.contains(name));
        reached[*name].iter().filter(back).copied().collect()
    };
    reached.keys().map(circle).filter(|circle| !circle.is_empty()).collect()
}

/// The arrows among these modules, a line each.
fn shown(arrows: &Arrows, among: impl Fn(&str) -> bool) -> String {
    let mut text = String::new();
    for (from, targets) in arrows.iter().filter(|(from, _)| among(from)) {
        for (to, reason) in targets.iter().filter(|(to, _)| among(to)) {
            writeln!(text, "    {from} -> {to}: {reason}").unwrap();
        }
    }
    text
}

/// Whether a module has further files, other than its tests.
fn is_folder(path: &Path) -> bool {
    let names = fs::read_dir(path).into_iter().flatten().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name != "tests.rs" && name != "tests").count() > 0
}

#[test]
fn folders_beside_each_other_form_no_circle() {
    let (mut found, mut all) = (String::new(), String::new());
    for name in super::crates() {
        let source = root().join("host").join(&name).join("src");
        for (folder, arrows) in arrows(&imports::of(&source)) {
            let place = folder.iter().fold(source.clone(), |place, name| place.join(name));
            let shown_place = place.strip_prefix(root()).unwrap().display();
            write!(all, "  {shown_place}\n{}", shown(&arrows, |_| true)).unwrap();
            for circle in circles(&arrows) {
                if circle.iter().filter(|name| is_folder(&place.join(name))).count() < 2 {
                    continue;
                }
                let arrows = shown(&arrows, |name| circle.contains(name));
                write!(found, "  {shown_place}: {circle:?}\n{arrows}").unwrap();
            }
        }
    }
    assert!(found.is_empty(), "folders use each other in a circle:\n{found}\nall arrows:\n{all}");
}

#[test]
fn a_circle_is_found_over_what_is_between() {
    let import = |from: &str, to: &str| {
        let path = |text: &str| text.split("::").map(str::to_owned).collect::<Vec<_>>();
        Import { from: path(from), to: path(to), path: to.to_owned() }
    };
    let imports =
        [import("a::x", "b"), import("b", "c::y"), import("c::z", "a"), import("d", "a"), import("a::x", "a::w")];
    let folders = arrows(&imports);
    let names = circles(&folders[&Vec::new()]);
    assert_eq!(names, BTreeSet::from([BTreeSet::from(["a", "b", "c"])]));
    assert!(circles(&folders[&vec!["a".to_owned()]]).is_empty());
}
