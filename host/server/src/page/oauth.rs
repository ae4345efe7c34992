//! The pages of an authorization by OAuth.

use lockgate_domain::{Fault, Problem};
use lockgate_flow::StartPage;
use maud::{Markup, html};

use super::whole;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;color:#111;\
    background:#fff}a.go{display:inline-block;margin-top:1rem;padding:.6rem 1.2rem;background:#0b57d0;color:#fff;\
    text-decoration:none;border-radius:.3rem}a.go:focus{outline:3px solid #111;outline-offset:2px}dt{font-weight:600}\
    dd{margin:0 0 .6rem}";

/// Who asks for what, and the way on to the provider.
pub(crate) fn start(shown: &StartPage, style_nonce: &str) -> Markup {
    let title = format!("Connect {}", shown.group);
    let body = html! {
        main {
            h1 { (title) }
            p { (shown.provider) " will ask you to log in and to agree. Go on only if you expect this." }
            dl {
                dt { "Connector group" } dd { (shown.group) }
                dt { "Workspace" } dd { (shown.scope) }
                @if let Some(tenant) = &shown.tenant { dt { "Customer" } dd { (tenant) } }
                dt { "Asked for by" } dd { (shown.requester) }
            }
            p { a.go href=(shown.address) rel="noreferrer" { "Continue to " (shown.provider) } }
        }
    };
    whole(&title, Some((STYLE, Some(style_nonce))), &body)
}

/// All is well.
pub(crate) fn done(group: &str) -> Markup {
    let body = html! {
        main { h1 { "Connected" } p role="status" { (group) " is connected. You can close this page." } }
    };
    whole("Connected", None, &body)
}

/// What went wrong, whose turn it is, and the way back if there is one.
pub(crate) fn failed(problem: &Problem, connect: Option<&str>) -> Markup {
    let turn = match problem.code.fault() {
        Fault::Caller => "You can try again.",
        Fault::Upstream => "Show this page to whoever asked you to connect.",
        Fault::Plugin | Fault::Host => "Whoever runs this host has to look at it.",
    };
    let body = html! {
        main {
            h1 { "Not connected" }
            p role="alert" { (problem.detail) "." }
            p { (turn) " The code of this error is " (problem.code) "." }
            @if let Some(nonce) = connect { p { a href={"/connect/" (nonce)} { "Back to the connect page" } } }
        }
    };
    whole("Not connected", None, &body)
}
