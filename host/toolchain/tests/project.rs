//! `new`, and `build` of what it wrote.

mod debian;

use lockgate_toolchain::{Error, Template, build, create, inspect};
use std::fs;

#[test]
fn a_new_project_builds_and_passes_its_own_test() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = create(folder.path(), "acme-hello", Template::Rust).expect("written");
    assert_eq!(project.connector, "acme_hello");
    debian::prepare(&project.folder);
    let mut steps = Vec::new();
    let built = build(&debian::options(&project.folder), &mut |event| steps.push(format!("{event:?}")));
    let built = built.unwrap_or_else(|error| panic!("{error}\n{steps:#?}"));

    assert_eq!(built.path, project.folder.canonicalize().expect("a path").join("target/lockgate/acme-hello.wasm"));
    assert_eq!(built.digest.len(), 64);
    let bytes = fs::read(&built.path).expect("the component");
    assert_eq!(built.size, bytes.len() as u64);
    let component = inspect(&bytes).expect("a component");
    let imports: Vec<_> = component.imports.iter().map(|import| import.name.as_str()).collect();
    assert_eq!(imports, ["lockgate:connector/log@0.1.0", "lockgate:connector/context@0.1.0"]);
    assert_eq!(component.imports[1].functions, ["abort"], "only what the code uses");
    let handler = component.exports.iter().find(|export| export.name == "lockgate:connector/handler@0.1.0");
    assert_eq!(handler.expect("the handler").functions, ["describe", "invoke"]);

    let again = build(&debian::options(&project.folder), &mut |_| {}).expect("built again");
    assert_eq!(again.digest, built.digest);
    // Debian's rustdoc too: another one can't read what its rustc compiled.
    let mut test = debian::command(debian::CARGO);
    let tested = test.arg("test").current_dir(&project.folder).output().expect("cargo runs");
    assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stderr));
    assert!(String::from_utf8_lossy(&tested.stdout).contains("3 passed"));
}

#[test]
fn names_that_can_not_work_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, expected) in [
        ("", "start with a letter"),
        ("9lives", "start with a letter"),
        ("Hello", "use a-z"),
        ("../hello", "use a-z"),
        ("a b", "use a-z"),
        ("match", "Rust uses the word"),
        (&"a".repeat(64), "at most 63"),
    ] {
        let error = create(folder.path(), name, Template::Rust).expect_err(name).to_string();
        assert!(error.contains(expected), "{name}: {error}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0, "nothing was written");
}

#[test]
fn what_exists_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("hello"), "mine").expect("a file");
    let error = create(folder.path(), "hello", Template::Rust).expect_err("in the way");
    assert!(matches!(error, Error::Exists { .. }));
    assert!(error.to_string().ends_with("hello exists already: choose another name, or remove it first"), "{error}");
    assert_eq!(fs::read_to_string(folder.path().join("hello")).expect("the file"), "mine");
}

#[test]
fn projects_in_other_languages_carry_the_contract_and_name_their_own_command() {
    let folder = tempfile::tempdir().expect("a folder");
    for (template, name, file, command) in [
        (Template::ComponentizeJs, "shout", "index.js", "npm install && npm run build"),
        (Template::ComponentizePy, "whisper", "app.py", "sh build.sh"),
    ] {
        let project = create(folder.path(), name, template).expect("written");
        assert_eq!(project.build, command);
        let text = fs::read_to_string(project.folder.join(file)).expect("the source");
        assert!(text.contains(name) && !text.contains("{{name}}"), "{text}");
        assert!(project.folder.join("wit/deps/connector/handler.wit").is_file());
        assert!(project.folder.join("wit/worlds.wit").is_file());
        let error = build(&debian::options(&project.folder), &mut |_| {}).expect_err("not Rust").to_string();
        assert!(error.ends_with(&format!("build it with `{command}`, as its README says")), "{error}");
    }
}

#[test]
fn a_script_needs_no_build() {
    let folder = tempfile::tempdir().expect("a folder");
    for (template, name, own) in
        [(Template::Typescript, "say-hello", "say_hello.ts"), (Template::Javascript, "say-hi", "say_hi.js")]
    {
        let project = create(folder.path(), name, template).expect("written");
        assert_eq!(project.build, "lockgate test");
        let examples = own.replace(".ts", ".examples.yaml").replace(".js", ".examples.yaml");
        let others = ["tsconfig.json", "group.yaml", "README.md", ".gitignore", ".lockgate/lockgate.d.ts"];
        for file in others.into_iter().chain([own, &examples]) {
            let text = fs::read_to_string(project.folder.join(file)).expect(file);
            // What is left to fill in; JSDoc has types in braces of its own.
            let text = text.replace("{{ name: string }}", "").replace("{{ text: string }}", "");
            assert!(!text.contains("{{"), "{file}: {text}");
        }
    }
}

#[test]
fn a_group_to_start_with_names_its_schema() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = create(folder.path(), "acme_hello", Template::Rust).expect("written");
    let group = fs::read_to_string(project.folder.join("group.yaml")).expect("the group");
    assert!(group.starts_with("# yaml-language-server: $schema=.lockgate/group.schema.json\n"), "{group}");
    assert!(group.contains("\nslug: acme-hello\nname: acme_hello\n"), "{group}");
    let schema = fs::read_to_string(project.folder.join(".lockgate/group.schema.json")).expect("the schema");
    assert!(schema.contains("\"resource_type\""));
}
