//! Connections from the command line, with a host and without one.

use super::*;

#[test]
fn the_command_line_takes_secrets_from_elsewhere() {
    let host = host();
    let make = |arguments: &[&str]| host.run([&["connection", "create", "g"], arguments].concat());
    let typed = make(&["one", "--field", "subdomain=shop", "--field", "main.value=hunter2"]).exits(2);
    let typed = typed.says("`--field main.value=…` is a secret").says("--secret main.value=env:VARIABLE");
    assert!(!typed.stderr.contains("hunter2"), "{typed:?}");
    let typed = ["one", "--method", "main=token", "--field", "subdomain=shop", "--field", "main.token=hunter2"];
    make(&typed).exits(2).says("--secret main.token");
    host.run(["connection", "list"]).ok();
    assert_eq!(host.get(PATH).json()["items"], json!([]));
    make(&["one", "--field", "subdomain=shop", "--secret", "main.value=hunter2"]).exits(2).says("env:VARIABLE");
    host.home.write("key", "from-a-file\n");
    make(&["one", "--field", "subdomain=shop", "--secret", "main.value=@key"]).ok().prints("connection one is active");
    let piped = ["connection", "create", "g", "two", "--field", "subdomain=shop", "--secret", "main.value"];
    host.run_with("from-a-pipe\n", piped).ok().prints("connection two is active");
    host.run(["connection", "list"]).ok().prints("two").prints("active");
    let shown = host.run(["connection", "show", "g", "one"]).ok();
    assert!(!shown.stdout.contains("from-a-file"), "{}", shown.stdout);
    host.run(["connection", "set", "g", "one", "--field", "main.value=hunter2"]).exits(2).says("--secret main.value");
    host.run(["connection", "set", "g", "one", "--enabled", "false"]).ok().prints("disabled");
    host.run(["connection", "verify", "g", "one"]).ok().prints("not verifiable");
    host.run(["connection", "delete", "g", "one"]).exits(2).says("its values").says("--yes");
    host.run(["connection", "show", "g", "one"]).ok();
    host.run(["connection", "delete", "g", "one", "--yes"]).ok();
    host.run(["invoke", "g/facts", "--connection", "two"]).ok().prints("shop");
}

#[test]
fn without_a_host_plugins_read_the_same_values() {
    let home = Home::new();
    let mut group = json!({"slug": "g", "name": "g", "resource_type": "EXTERNAL",
                           "settings": {"subdomain": "of the group", "page_size": 5}});
    group.as_object_mut().unwrap().extend(reach().as_object().unwrap().clone());
    home.write("group.yaml", group.to_string());
    for (name, text) in [("key", "s3cret-key"), ("note", "s3cret-note"), ("sub", "shop")] {
        home.write(name, text);
    }
    let component = guests::STATE.path();
    let run = ["run", component.to_str().unwrap(), "facts", "--group", "group.yaml"];
    // No more than on a host.
    home.run(run).exits(1).says("field `subdomain` has no value").says("LG1022");
    let values = ["--secret", "main.value=@key", "--secret", "note=@note", "--secret", "subdomain=@sub"];
    let ran = home.run([&run[..], &values[..]].concat()).ok();
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("s3cret"), "{ran:#?}");
    assert_eq!(ran.json()["settings"], json!({"subdomain": "shop", "page_size": 5}));
}
