//! Pages of HTML: no script, nothing of another origin. `maud` escapes every value on its way in.

pub(crate) mod closed;
pub(crate) mod connect;
pub(crate) mod docs;
pub(crate) mod form;
pub(crate) mod oauth;

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Styles that are the source's own, with the nonce by which the page's policy allows them if it does so by one.
fn whole(title: &str, style: Option<(&str, Option<&str>)>, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) }
                @if let Some((text, nonce)) = style {
                    style nonce=[nonce] { (PreEscaped(text)) }
                }
            }
            body { (body) }
        }
    }
}
