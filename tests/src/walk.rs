//! A person with a browser in the console: a script of `tests/console/` that goes on as a person does, by what is on the page.

use serde_json::{Value, json};

use crate::driven::{Driven, driven};
use crate::{CALLBACK, Host};

/// Runs a script, which gets these members beside the admin's token, and returns what it found. It fails for whatever the
/// page complains about, such as a refusal by its content security policy, and for what axe finds serious on any screen.
#[track_caller]
pub fn walk(host: &Host, scenario: &str, given: Value) -> Value {
    walk_at(host, &format!("http://{}", host.address()), scenario, given)
}

/// The same where the browser finds the host under the address that providers of OAuth send people back to.
#[track_caller]
pub fn walk_at_public_url(host: &Host, scenario: &str, given: Value) -> Value {
    walk_at(host, CALLBACK.trim_end_matches("/v1/oauth/callback"), scenario, given)
}

#[track_caller]
fn walk_at(host: &Host, address: &str, scenario: &str, given: Value) -> Value {
    let mut whole = json!({"token": host.token()});
    whole.as_object_mut().expect("an object").extend(given.as_object().expect("an object").clone());
    let order = json!({
        "address": address, "scenario": scenario, "given": whole,
        "map": format!("MAP localhost:7747 {}", host.address()),
        // For a person who wants to look: a folder.
        "pictures": std::env::var("LOCKGATE_PICTURES").ok(),
    });
    let Driven(found) = driven("console/browser.mjs", &order);
    assert_eq!((&found["errors"], &found["serious"]), (&json!([]), &json!([])), "{scenario}: {found:#}");
    found["result"].clone()
}
