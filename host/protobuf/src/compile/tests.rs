use super::*;
use crate::Descriptors;

fn files(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn files_import_each_other_and_what_every_group_has() {
    let set = compile(files(&[
        (
            "shop/orders.proto",
            r#"syntax = "proto3"; package shop;
            import "shop/item.proto"; import "google/protobuf/timestamp.proto"; import "google/rpc/status.proto";
            import "google/api/annotations.proto"; import "google/api/field_behavior.proto";
            message Order { repeated Item items = 1; google.protobuf.Timestamp at = 2; google.rpc.Status last = 3;
                string note = 4 [(google.api.field_behavior) = OPTIONAL]; }
            service Orders { rpc Get(Order) returns (Order) { option (google.api.http) = {get: "/v1/orders"}; } }"#,
        ),
        ("shop/item.proto", r#"syntax = "proto3"; package shop; message Item { string name = 1; }"#),
    ]))
    .unwrap();
    let descriptors = Descriptors::read(set.into()).unwrap();
    let method = descriptors.method("shop.Orders/Get").unwrap();
    let text = r#"{"items":[{"name":"a"}],"at":"2026-01-31T12:00:00Z","last":{"code":5}}"#;
    assert_eq!(method.decode(&method.encode(text).unwrap(), 1_000).unwrap(), text);
}

#[test]
fn errors_have_file_line_and_column() {
    let shown = |text: &str| -> Vec<String> {
        compile(files(&[("a.proto", text)])).unwrap_err().iter().map(ToString::to_string).collect()
    };
    let wrong = shown("syntax = \"proto3\";\nmessage A {\n  é string = 1;\n}");
    assert!(wrong[0].starts_with("a.proto:3:3: "), "{wrong:?}");
    let wrong = shown("syntax = \"proto3\";\nimport \"b.proto\";");
    assert!(wrong[0].starts_with("a.proto:2:") && wrong[0].contains("b.proto"), "{wrong:?}");
    let wrong = shown("syntax = \"proto3\";\nmessage A { B b = 1; }");
    assert!(wrong[0].starts_with("a.proto:2:13: ") && wrong[0].contains("'B'"), "{wrong:?}");
    let wrong = shown("syntax = \"proto3\"; import \"a.proto\";");
    assert!(wrong[0].contains("cycle"), "{wrong:?}");
    let deep = format!("syntax = \"proto3\"; {}{}", "message A {".repeat(200), "}".repeat(200));
    assert!(shown(&deep)[0].contains("recursion"), "{:?}", shown(&deep));
    // Nothing of a disk is read.
    for (path, expected) in [
        ("etc/passwd", "not found"),
        ("/etc/passwd", "imports may not contain"),
        ("../a.proto", "imports may not contain"),
        ("file:///etc/passwd", "imports may not contain"),
    ] {
        let wrong = shown(&format!("syntax = \"proto3\";\nimport \"{path}\";"));
        assert!(wrong[0].starts_with("a.proto:2:") && wrong[0].contains(expected), "{path}: {wrong:?}");
    }
}
