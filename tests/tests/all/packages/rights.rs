//! Who may export, import and apply.

use lockgate_tests::{Answer, Host};
use reqwest::Method;
use serde_json::json;

use super::{every_type, make, zip};

const PLAIN: &str = "slug: plain\nname: Plain\nresource_type: EXTERNAL\n";
const INSTALLATION: &str = "apiVersion: lockgate/v1\nkind: Installation\ngroup: shop\nlimits: {cpu_ms: 5}\n";

fn with(host: &Host, token: &str, method: Method, path: &str, kind: &str, body: &[u8]) -> Answer {
    let request = host.shown(token, method, &format!("/v1/workspaces/default{path}"));
    host.send(request.header("content-type", kind).body(body.to_vec()))
}

#[test]
fn each_role_does_what_it_may_do_without_packages() {
    let host = Host::start().with_scripts();
    make(&host, "shop");
    let [viewer, editor, operator] = ["viewer", "editor", "operator"].map(|role| host.token_with(role, json!({})));
    let get =
        |token: &str, path: &str| host.send(host.shown(token, Method::GET, &format!("/v1/workspaces/default{path}")));
    let import = |token: &str, text: &str| {
        with(&host, token, Method::POST, "/imports?on_conflict=rename", "application/yaml", text.as_bytes())
    };
    let apply = |token: &str, files: &[(&str, &[u8])]| {
        with(&host, token, Method::POST, "/apply", "application/zip", &zip(files))
    };

    get(&viewer, "/groups/shop/export").status(200);
    get(&viewer, "/groups/shop/export?format=zip").status(200);
    // The bytes of a plugin are for those who could load it.
    get(&viewer, "/groups/shop/export?format=zip&plugins").problem(403, "LG1003");
    get(&viewer, "/export?plugins").problem(403, "LG1003");
    get(&viewer, "/export").status(200);
    import(&viewer, PLAIN).problem(403, "LG1003");
    apply(&viewer, &[("plain.yaml", PLAIN.as_bytes())]).problem(403, "LG1003");

    import(&editor, PLAIN).status(200);
    let wide = every_type("wide").to_string();
    assert!(
        import(&editor, &wide).problem(403, "LG1003")["detail"].as_str().unwrap().contains("granting a capability")
    );
    let internal = PLAIN.replace("EXTERNAL", "INTERNAL").replace("plain", "internal").replace("Plain", "Internal");
    import(&editor, &internal).problem(403, "LG1003");
    apply(&editor, &[("shop.yaml", INSTALLATION.as_bytes())]).problem(403, "LG1003");
    import(&operator, &wide).status(200);
    import(&operator, &internal).status(200);
    apply(&operator, &[("shop.yaml", INSTALLATION.as_bytes())]).status(200);
    assert_eq!(host.get("/groups/shop/installation").json()["limits"]["cpu_ms"], 5);
}

#[test]
fn a_limited_token_sees_and_changes_its_groups_alone() {
    let host = Host::start().with_scripts();
    make(&host, "shop");
    host.group("other", json!({}));
    let token = host.token_with("admin", json!({"groups": ["shop"]}));
    let send = |method, path: &str, kind: &str, body: &[u8]| with(&host, &token, method, path, kind, body);
    send(Method::GET, "/groups/other/export", "application/yaml", b"").problem(404, "LG1004");
    let all = send(Method::GET, "/export", "application/zip", b"").status(200);
    assert!(all.body.contains("shop/group.yaml") && !all.body.contains("other/"));
    send(Method::POST, "/imports", "application/yaml", PLAIN.as_bytes()).problem(403, "LG1003");
    let shop = every_type("shop").to_string();
    send(Method::POST, "/imports?on_conflict=update", "application/yaml", shop.as_bytes()).status(200);
    // What it does not see it does not delete.
    let folder = zip(&[("shop.yaml", shop.as_bytes())]);
    send(Method::POST, "/apply?prune", "application/zip", &folder).problem(403, "LG1003");
    send(Method::POST, "/apply", "application/zip", &folder).status(200);
    host.get("/groups/other").status(200);
    // Groups concern all tenants.
    let token = host.token_with("admin", json!({"tenants": ["ada"]}));
    with(&host, &token, Method::POST, "/imports", "application/yaml", PLAIN.as_bytes()).problem(403, "LG1003");
}

#[test]
fn parameters_and_types_that_are_not_known_are_refused() {
    let host = Host::start().with_scripts();
    make(&host, "shop");
    for path in [
        "/groups/shop/export?format=tar",
        "/groups/shop/export?colour=red",
        "/groups/shop/export?format=yaml&plugins",
        "/export?format=zip",
    ] {
        host.get(path).problem(400, "LG1001");
    }
    let post = |path: &str, kind: &str| {
        let request = host.request(Method::POST, path).header("content-type", kind);
        host.send(request.body(PLAIN))
    };
    post("/imports", "text/plain").problem(415, "LG1013");
    post("/apply", "application/yaml").problem(415, "LG1013");
    post("/imports?on_conflict=overwrite", "application/yaml").problem(400, "LG1001");
    post("/imports?prune", "application/yaml").problem(400, "LG1001");
    post("/imports?dry_run=maybe", "application/yaml").problem(400, "LG1001");
    let json = host.request(Method::POST, "/imports").json(&every_type("other"));
    host.send(json).status(200);
}

#[test]
fn the_trail_says_what_came_in_a_package() {
    let host = Host::start().with_scripts();
    let import = host.request(Method::POST, "/imports").header("content-type", "application/yaml").body(PLAIN);
    host.send(import).status(200);
    let folder = zip(&[("plain.yaml", PLAIN.replace("name: Plain", "name: Other").as_bytes())]);
    for _ in 0..2 {
        let request = host.request(Method::POST, "/apply").header("content-type", "application/zip");
        host.send(request.body(folder.clone())).status(200);
    }
    let entries = host.send(host.admin(Method::GET, "/v1/audit?limit=500")).status(200).json();
    let entries = entries["items"].as_array().unwrap();
    let shown: Vec<_> =
        entries.iter().map(|one| (one["action"].as_str().unwrap(), one["subject"].as_str().unwrap())).collect();
    // The second time changed nothing, and has left nothing.
    let expected = [
        ("scope.apply", "0 made, 1 changed, 0 deleted"),
        ("group.update", "plain"),
        ("group.import", "plain"),
        ("group.create", "plain"),
    ];
    assert_eq!(shown[..4], expected);
}
