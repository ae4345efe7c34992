//! Which module of a crate names which: the module tree is followed from its root file, and every `crate::`, `self::` and
//! `super::` path in it is resolved. Code that only tests have is left out.

use std::collections::BTreeMap;
use std::fs;
use std::iter::Peekable;
use std::path::{Path, PathBuf};

use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// The names of a module from the crate's root; the root itself has none.
pub(super) type ModulePath = Vec<String>;

/// A path that a module names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Import {
    pub(super) from: ModulePath,
    /// The module in which the path ends.
    pub(super) to: ModulePath,
    /// As it is written, from the crate's root.
    pub(super) path: String,
}

#[derive(Debug, Default)]
struct Module {
    /// What its `use` declarations bring into it: a name and the path from the crate's root that it stands for.
    names: BTreeMap<String, Vec<String>>,
    /// Paths that it names, from the crate's root.
    paths: Vec<Vec<String>>,
}

#[derive(Debug, Default)]
struct Modules(BTreeMap<ModulePath, Module>);

/// Every import of the crate whose sources are in this folder, in order.
pub(super) fn of(source: &Path) -> Vec<Import> {
    let root = ["lib.rs", "main.rs"].map(|name| source.join(name)).into_iter().find(|path| path.is_file());
    let mut modules = Modules::default();
    modules.read_file(&root.expect("a lib.rs or a main.rs"), source, &[]);
    modules.imports()
}

impl Modules {
    /// Reads a file as the module `own`, whose children have their files in `folder`.
    fn read_file(&mut self, file: &Path, folder: &Path, own: &[String]) {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.0.entry(own.to_vec()).or_default();
        self.read(tokens, folder, own);
    }

    fn read(&mut self, tokens: TokenStream, folder: &Path, own: &[String]) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match &token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    let is_test = matches!(tokens.peek(), Some(TokenTree::Group(group)) if is_cfg_test(group));
                    if is_test {
                        skip_item(&mut tokens);
                    }
                }
                TokenTree::Ident(name) if name == "mod" => self.read_module(&mut tokens, folder, own),
                TokenTree::Ident(name) if name == "use" => {
                    let mut leaves = Vec::new();
                    use_tree(&mut tokens, &[], &mut leaves);
                    self.read_use(leaves, own);
                }
                TokenTree::Ident(first) if ["crate", "self", "super"].iter().any(|word| first == word) => {
                    let mut path = vec![first.to_string()];
                    while let Some(name) = next_name(&mut tokens) {
                        path.push(name);
                    }
                    self.add_path(&path, own);
                }
                TokenTree::Group(group) => self.read(group.stream(), folder, own),
                TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    /// What follows the word `mod`: a module with its text here or in a file.
    fn read_module(&mut self, tokens: &mut Peekable<IntoIter>, folder: &Path, own: &[String]) {
        let Some(TokenTree::Ident(name)) = tokens.next() else { return };
        let name = name.to_string();
        let child: ModulePath = own.iter().cloned().chain([name.clone()]).collect();
        let inner = folder.join(&name);
        match tokens.next() {
            Some(TokenTree::Group(group)) => {
                self.0.entry(child.clone()).or_default();
                self.read(group.stream(), &inner, &child);
            }
            _ => {
                let files = [folder.join(format!("{name}.rs")), inner.join("mod.rs")];
                let file: Option<PathBuf> = files.into_iter().find(|file| file.is_file());
                let file = file.unwrap_or_else(|| panic!("no file for the module {child:?} in {}", folder.display()));
                self.read_file(&file, &inner, &child);
            }
        }
    }

    /// The paths of a `use` declaration. One that begins with another word names a crate or a child of this module.
    fn read_use(&mut self, leaves: Vec<(Vec<String>, String)>, own: &[String]) {
        for (path, name) in leaves {
            self.add_path(&path, own);
            let whole = absolute(&path, own).unwrap_or_else(|| own.iter().chain(&path).cloned().collect());
            self.0.entry(own.to_vec()).or_default().names.insert(name, whole);
        }
    }

    fn add_path(&mut self, path: &[String], own: &[String]) {
        // The words alone are a receiver or a visibility.
        if let Some(absolute) = absolute(path, own).filter(|_| path.len() > 1) {
            self.0.entry(own.to_vec()).or_default().paths.push(absolute);
        }
    }

    fn imports(&self) -> Vec<Import> {
        let mut imports = Vec::new();
        for (from, module) in &self.0 {
            for path in &module.paths {
                let to = self.resolved(path);
                if to != *from {
                    imports.push(Import { from: from.clone(), to, path: path.join("::") });
                }
            }
        }
        imports.sort();
        imports.dedup();
        imports
    }

    /// The module in which a path ends. A name that a module has from one of its own children stands for that child, and in
    /// the root every name stands for where it comes from: what the root shows to other crates is no import of anyone's.
    fn resolved(&self, path: &[String]) -> ModulePath {
        let mut path = path.to_vec();
        // A name leads to another one a few times at most.
        for _ in 0..8 {
            let mut at = 0;
            while at < path.len() && self.0.contains_key(&path[..=at]) {
                at += 1;
            }
            let (module, rest) = path.split_at(at);
            let target = rest.first().and_then(|name| self.0[module].names.get(name));
            match target {
                Some(target) if target.starts_with(module) && *target != path => {
                    path = target.iter().chain(&rest[1..]).cloned().collect();
                }
                _ => return module.to_vec(),
            }
        }
        panic!("{path:?} leads in a circle")
    }
}

/// A path of the module `own` from the crate's root; none if it names another crate or something in scope.
fn absolute(path: &[String], own: &[String]) -> Option<Vec<String>> {
    let (first, mut rest) = path.split_first()?;
    let mut base = match first.as_str() {
        "crate" => Vec::new(),
        "self" => own.to_vec(),
        "super" => own[..own.len().checked_sub(1)?].to_vec(),
        _ => return None,
    };
    while let Some((first, after)) = rest.split_first().filter(|(first, _)| *first == "super") {
        debug_assert_eq!(first, "super");
        base.pop();
        rest = after;
    }
    base.extend(rest.iter().cloned());
    Some(base)
}

/// The next name of a path, after its `::`.
fn next_name(tokens: &mut Peekable<IntoIter>) -> Option<String> {
    if !skip_colons(tokens) {
        return None;
    }
    let name = match tokens.peek() {
        Some(TokenTree::Ident(name)) => name.to_string(),
        _ => return None,
    };
    tokens.next();
    Some(name)
}

/// Takes `::` if it comes next. A single colon has been taken by nobody before: no path is followed by one and a name.
fn skip_colons(tokens: &mut Peekable<IntoIter>) -> bool {
    let is_path = matches!(tokens.peek(), Some(TokenTree::Punct(punct))
        if punct.as_char() == ':' && punct.spacing() == proc_macro2::Spacing::Joint);
    if is_path {
        tokens.nth(1);
    }
    is_path
}

/// The leaves of a `use` tree: their paths, and the names that they bring. A glob brings none: its path is the module's.
fn use_tree(tokens: &mut Peekable<IntoIter>, before: &[String], leaves: &mut Vec<(Vec<String>, String)>) {
    let mut path = before.to_vec();
    let mut alias = None;
    skip_colons(tokens);
    loop {
        match tokens.next() {
            Some(TokenTree::Ident(name)) if name == "as" => alias = tokens.next().map(|name| name.to_string()),
            // `a::{self}` is `a`.
            Some(TokenTree::Ident(name)) if name == "self" && !path.is_empty() => {}
            Some(TokenTree::Ident(name)) => path.push(name.to_string()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let mut inner = group.stream().into_iter().peekable();
                while inner.peek().is_some() {
                    use_tree(&mut inner, &path, leaves);
                }
                // What follows a group is the end of its tree.
                tokens.next();
                return;
            }
            Some(TokenTree::Punct(punct)) if punct.as_char() == ':' || punct.as_char() == '*' => {}
            _ => break,
        }
    }
    if let Some(last) = path.last() {
        let name = alias.unwrap_or_else(|| last.clone());
        leaves.push((path, name));
    }
}

fn is_cfg_test(attribute: &Group) -> bool {
    attribute.delimiter() == Delimiter::Bracket && attribute.stream().to_string().replace(' ', "") == "cfg(test)"
}

/// Goes behind the item whose attribute comes next.
fn skip_item(tokens: &mut Peekable<IntoIter>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return,
            TokenTree::Punct(punct) if punct.as_char() == ';' => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A crate with these files, and its imports as `from -> to`.
    fn arrows(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::TempDir::new().unwrap();
        for (name, text) in files {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let imports = of(folder.path());
        let mut arrows: Vec<_> =
            imports.iter().map(|import| format!("{} -> {}", import.from.join("::"), import.to.join("::"))).collect();
        arrows.dedup();
        arrows
    }

    #[test]
    fn groups_paths_and_parents() {
        let lib = "mod a; mod b; mod c; mod d;";
        let a = "use crate::{b::{self, x::X}, c::C as Other, d}; use std::{fs, io};";
        let b = "pub mod x; fn f() -> super::c::C { crate::d::g::<u8>() } // crate::a";
        let x = "pub struct X(super::super::a::A); const TEXT: &str = \"crate::d::D\";";
        let arrows = arrows(&[("lib.rs", lib), ("a.rs", a), ("b.rs", b), ("b/x.rs", x), ("c.rs", ""), ("d.rs", "")]);
        assert_eq!(arrows, ["a -> b", "a -> b::x", "a -> c", "a -> d", "b -> c", "b -> d", "b::x -> a"]);
    }

    #[test]
    fn names_of_the_root_stand_for_their_modules() {
        let lib = "mod a; mod b; mod c; pub use a::{A, inner::{B as Bee}}; pub use c::*; struct Own;";
        let b = "use crate::{A, Bee, Own}; use super::A as Again;";
        let arrows = arrows(&[
            ("lib.rs", lib),
            ("a.rs", "pub mod inner { pub struct B; use super::A; } pub struct A;"),
            ("b.rs", b),
            ("c.rs", "use crate::b;"),
        ]);
        assert_eq!(arrows, ["a::inner -> a", "b -> ", "b -> a", "b -> a::inner", "c -> b"]);
    }

    #[test]
    fn code_of_tests_is_left_out_and_macros_are_not() {
        let a = "#[cfg(test)] mod tests; #[cfg(test)] use crate::b; #[cfg(test)] #[allow(x)] fn f() { crate::b::g() }
                 macro_rules! m { () => { $crate::c::f(vec![crate::d::g()]) } }";
        let files = [("lib.rs", "mod a; mod b; mod c; mod d;"), ("a.rs", a), ("b.rs", ""), ("c.rs", ""), ("d.rs", "")];
        assert_eq!(arrows(&files), ["a -> c", "a -> d"]);
    }
}
