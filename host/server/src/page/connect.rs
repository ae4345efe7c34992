//! The connect page: a form for each group that is still to be connected, made of the group's fields.

use lockgate_domain::auth::{Credential, Field, FieldKind, Fields, Method};
use lockgate_domain::{CredentialName, FieldName, Violation};
use lockgate_flow::{Group, SessionStep, StoredSession};
use maud::{Markup, html};

use super::whole;
use crate::App;
use crate::page::form::{Set, asked, offered};

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem}\
    label,legend{display:block;margin:.8rem 0 .2rem;font-weight:600}small{display:block;color:#555}\
    input:not([type=radio]),select,textarea{width:100%;box-sizing:border-box;padding:.4rem;font:inherit}\
    textarea{min-height:8rem;font-family:monospace}fieldset{margin:1rem 0;border:1px solid #bbb}\
    button{margin-top:1.2rem;padding:.5rem 1.2rem;font:inherit}.wrong{color:#a00}";

/// What a page is made for.
pub(crate) struct View<'v> {
    pub(crate) session: &'v StoredSession,
    pub(crate) csrf: &'v str,
    pub(crate) style_nonce: &'v str,
    /// The step that was sent, and what is wrong with it.
    pub(crate) refused: Option<(usize, &'v [Violation])>,
}

/// A page with a sentence.
pub(crate) fn message(title: &str, text: &str) -> Markup {
    whole(title, None, &html! { h1 { (title) } p { (text) } })
}

/// A page with all steps of a session.
pub(crate) fn steps(app: &App, view: &View<'_>) -> Markup {
    let body = html! {
        h1 { "Connect" }
        @for (index, step) in view.session.steps.iter().enumerate() { (self::step(app, view, index, step)) }
    };
    whole("Connect", Some((STYLE, Some(view.style_nonce))), &body)
}

fn step(app: &App, view: &View<'_>, index: usize, step: &SessionStep) -> Markup {
    match app.host.queries().session_group(view.session, step) {
        Ok(group) if step.done => html! { p { (name(&group)) ": connected" } },
        Ok(group) => form(view, index, &group, &app.host.queries().session_values(view.session, step)),
        Err(_) => html! { p.wrong { (step.reference) ": not available any more" } },
    }
}

fn name(group: &Group) -> &str {
    &group.stored.definition.name
}

fn form(view: &View<'_>, index: usize, group: &Group, set: &Set) -> Markup {
    let wrong = view.refused.filter(|(own, _)| *own == index).map_or(&[][..], |(_, wrong)| wrong);
    let Some(activation) = &group.egress.activation else { return Markup::default() };
    html! {
        form method="post" autocomplete="off" {
            h2 { (name(group)) }
            input type="hidden" name="csrf" value=(view.csrf);
            input type="hidden" name="step" value=(index);
            @if let Some(description) = &group.stored.definition.description { p { (description) } }
            @for one in wrong.iter().filter(|one| one.pointer.is_empty()) { p.wrong role="alert" { (one.detail) } }
            (fields(&activation.fields, set, ("f", "/fields"), true, wrong))
            @for (name, credential) in &activation.credentials { (methods(name, credential, wrong)) }
            button { "Connect" }
        }
    }
}

/// The methods of a credential: fields of the only one, or a choice.
fn methods(credential: &CredentialName, definition: &Credential, wrong: &[Violation]) -> Markup {
    let several = offered(definition).count() > 1;
    let at = format!("/credentials/{credential}/values");
    html! {
        @for (method, one) in offered(definition) {
            @let above = format!("c:{credential}:{method}");
            @let fields = fields(one.fields(), &Set::new(), (&above, &at), !several, wrong);
            @if several {
                fieldset {
                    legend {
                        input type="radio" name={"m:" (credential)} value=(method) id=(above) checked[*method == definition.default];
                        " "
                        label for=(above) { (method) @if leads_away(one) { " (you log in there)" } }
                    }
                    (fields)
                }
            } @else {
                (fields)
            }
        }
    }
}

/// Whether a person goes on to a provider by a method.
fn leads_away(method: &Method) -> bool {
    matches!(method, Method::Oauth2(method) if method.needs_person())
}

fn fields(fields: &Fields, set: &Set, (above, at): (&str, &str), must: bool, wrong: &[Violation]) -> Markup {
    html! {
        @for (name, field) in asked(fields, set) {
            @let pointer = format!("{at}/{name}");
            @let details: Vec<_> = wrong.iter().filter(|one| one.pointer == pointer).map(|one| one.detail.as_str()).collect();
            (input(name, field, above, must))
            @if !details.is_empty() { small.wrong role="alert" { (details.join("; ")) } }
        }
    }
}

/// One field. Nothing that somebody typed is ever put back: only the definition's own default.
fn input(name: &FieldName, field: &Field, above: &str, must: bool) -> Markup {
    let id = format!("{above}:{name}");
    let required = must && field.required && field.default.is_none();
    let (disabled, default) = (field.disabled, field.default.as_deref().unwrap_or_default());
    html! {
        label for=(id) { (field.title.as_deref().unwrap_or(name.as_str())) }
        @match &field.kind {
            FieldKind::Text => {
                input type="text" id=(id) name=(id) required[required] disabled[disabled] value=(default);
            }
            FieldKind::Password => {
                input type="password" id=(id) name=(id) required[required] disabled[disabled] autocomplete="new-password";
            }
            FieldKind::Number => {
                input type="text" inputmode="decimal" id=(id) name=(id) required[required] disabled[disabled] value=(default);
            }
            FieldKind::Certificate => {
                textarea id=(id) name=(id) required[required] disabled[disabled] spellcheck="false" {}
            }
            FieldKind::Select(options) => {
                select id=(id) name=(id) required[required] disabled[disabled] {
                    @for option in options { option selected[Some(option) == field.default.as_ref()] { (option) } }
                }
            }
        }
        @if let Some(description) = &field.description { small { (description) } }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_of_a_value_is_markup() {
        let page = super::message("<b>", "\"'&<script>").into_string();
        assert!(page.contains("&lt;b&gt;") && page.contains("&amp;&lt;script&gt;"), "{page}");
        assert!(!page.contains("<script") && !page.contains("<b>"), "{page}");
    }
}
