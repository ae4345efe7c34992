//! The same with a real browser: what it keeps, sends and refuses.

use lockgate_tests::{Driven, Host, Upstream, driven};
use serde_json::json;

#[test]
fn a_browser_keeps_the_session_to_the_hosts_own_pages() {
    let host = Host::start();
    let foreign = Upstream::start(|_| {
        let page = "<!DOCTYPE html><title>foreign</title><body></body>";
        lockgate_tests::Reply::new(200).header("content-type", "text/html").body(page)
    });
    for name in ["127.0.0.1", "localhost"] {
        let own = format!("http://{}", host.address().replace("127.0.0.1", name));
        let found: Driven = driven(
            "console/session.mjs",
            &json!({
                "host": own, "token": host.token(), "foreign": foreign.url(),
            }),
        );
        let expected = json!({
            // Kept, and not shown to scripts.
            "cookies": [{"name": "lockgate-session", "httpOnly": true, "sameSite": "Strict", "path": "/"}],
            "visible": "",
            "read": 200, "without": 403, "with": 201, "delete": 204,
            // Of another port of the same machine, and of another site: a page there gets nothing and changes nothing.
            "elsewhere": {"read": "refused", "posted": false, "framed": false},
            // Nothing inline runs on the host's pages.
            "inline": false,
            "out": 204, "after": 401,
        });
        assert_eq!(found.0, expected, "{name}: {:#}", found.0);
    }
}
