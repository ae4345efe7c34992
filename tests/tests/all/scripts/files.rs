//! Definitions whose scripts are in files of their own.

use std::os::unix::fs::symlink;

use lockgate_tests::{Home, Serve};

use super::projects::lockgate;

/// A definition with a script in a file of its own.
fn group(file: &str) -> String {
    let script = format!("{{language: typescript, file: {file}}}");
    format!(
        "slug: shop\nname: Shop\nresource_type: EXTERNAL\nconnectors:\n  - {{name: price, type: function, script: {script}}}\n"
    )
}

#[test]
fn a_definition_names_the_file_of_its_script() {
    let host = Serve::new().start();
    let home = &host.home;
    std::fs::create_dir_all(home.work().join("shop/scripts")).unwrap();
    home.write("shop/scripts/price.ts", "export default (input: { net: number }) => ({ price: input.net * 2 });");
    home.write("shop/group.yaml", group("scripts/price.ts"));
    let local = ["run", "price", "--group", "shop/group.yaml", "--input", r#"{"net":2}"#];
    assert_eq!(lockgate(home, ".", &local).ok().stdout, "{\"price\":4}\n");
    // From the folder itself, too.
    assert_eq!(
        lockgate(home, "shop", &["run", "price", "--group", "group.yaml", "--input", r#"{"net":3}"#]).ok().stdout,
        "{\"price\":6}\n"
    );
    let file = |name: &str| home.work().join("shop").join(name).to_str().unwrap().to_owned();
    host.run(["group", "create", "--file", &file("group.yaml")]).ok();
    let invoked = host.run(["invoke", "shop/price", "--input", r#"{"net":4}"#]).ok();
    assert_eq!(invoked.stdout, "{\"price\":8}\n");
    host.run(["group", "apply", "--file", &file("group.yaml")]).ok().says("is as the file says");
    home.write(
        "shop/other.yaml",
        "name: other\ntype: function\nscript: {language: typescript, file: ./scripts/price.ts}\n",
    );
    host.run(["connector", "create", "shop", "--file", &file("other.yaml")]).ok();
    home.write("shop/scripts/price.ts", "export default (input: { net: number }) => ({ price: input.net * 3 });");
    host.run(["connector", "update", "shop/other", "--file", &file("other.yaml")]).ok();
    let tested = ["connector", "test", "shop/other", "--file", &file("other.yaml"), "--input", r#"{"net":1}"#];
    host.run(tested).ok().prints("{\"price\":3}");
}

#[test]
fn a_script_outside_of_the_folder_is_not_read() {
    let home = Home::new();
    std::fs::create_dir_all(home.work().join("shop/scripts")).unwrap();
    home.write("secret.ts", "export default () => 'not this';");
    home.write("shop/scripts/large.ts", "/".repeat(256 * 1024 + 1));
    std::fs::write(home.work().join("shop/scripts/bytes.ts"), [0xff, 0xfe]).unwrap();
    symlink(home.work().join("secret.ts"), home.work().join("shop/scripts/link.ts")).unwrap();
    let whole = home.work().join("secret.ts").to_str().unwrap().to_owned();
    for (file, told) in [
        ("../secret.ts", "below the folder"),
        ("scripts/../../secret.ts", "below the folder"),
        (whole.as_str(), "below the folder"),
        ("scripts/link.ts", "below the folder"),
        ("scripts", "is no file"),
        ("scripts/large.ts", "`file: scripts/large.ts` has more than 262144 bytes (size)"),
        ("scripts/bytes.ts", "no text in UTF-8"),
        ("scripts/missing.ts", "can't read the script"),
        ("a.ts, source: x", "one of the keys `file` and `source`"),
    ] {
        home.write("shop/group.yaml", group(file));
        let ran = lockgate(&home, ".", &["run", "price", "--group", "shop/group.yaml"]);
        assert!(ran.stdout.is_empty() && ran.stderr.contains(told), "{file}: {}{}", ran.stdout, ran.stderr);
    }
}
