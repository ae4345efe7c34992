//! The text of the pages. Every value is escaped on its way in.

use std::fmt::Write;

use lockgate_domain::auth::{Field, FieldKind, Fields};
use lockgate_domain::{FieldName, Violation};
use lockgate_flow::{Group, SessionStep};

use super::View;
use super::form::{Set, asked, offered};
use crate::App;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem}\
    label,legend{display:block;margin:.8rem 0 .2rem;font-weight:600}small{display:block;color:#555}\
    input:not([type=radio]),select,textarea{width:100%;box-sizing:border-box;padding:.4rem;font:inherit}\
    textarea{min-height:8rem;font-family:monospace}fieldset{margin:1rem 0;border:1px solid #bbb}\
    button{margin-top:1.2rem;padding:.5rem 1.2rem;font:inherit}.wrong{color:#a00}";

/// What means something in HTML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

fn whole(title: &str, head: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title>\
         <meta name=\"viewport\" content=\"width=device-width\">{head}</head><body>{body}</body></html>\n",
        escaped(title)
    )
}

/// A page with a sentence.
pub(super) fn message(title: &str, text: &str) -> String {
    whole(title, "", &format!("<h1>{}</h1><p>{}</p>", escaped(title), escaped(text)))
}

/// A page with a form for each group that is still to be connected.
pub(super) fn steps(app: &App, view: &View<'_>) -> String {
    let mut body = String::from("<h1>Connect</h1>");
    for (index, step) in view.session.steps.iter().enumerate() {
        match app.host.session_group(view.session, step) {
            Ok(group) if step.done => body.push_str(&format!("<p>{}: connected</p>", escaped(name(&group)))),
            Ok(group) => form(&mut body, view, index, &group, &app.host.session_values(view.session, step)),
            Err(_) => body.push_str(&gone(step)),
        }
    }
    whole("Connect", &format!("<style nonce=\"{}\">{STYLE}</style>", view.style_nonce), &body)
}

fn name(group: &Group) -> &str {
    &group.stored.definition.name
}

fn gone(step: &SessionStep) -> String {
    format!("<p class=\"wrong\">{}: not available any more</p>", escaped(&step.reference.to_string()))
}

fn form(body: &mut String, view: &View<'_>, index: usize, group: &Group, set: &Set) {
    let wrong = view.refused.filter(|(own, _)| *own == index).map_or(&[][..], |(_, wrong)| wrong);
    let Some(activation) = &group.egress.activation else { return };
    // Writing to a string can't fail.
    let _ = write!(
        body,
        "<form method=\"post\" autocomplete=\"off\"><h2>{}</h2><input type=\"hidden\" name=\"csrf\" value=\"{}\">\
         <input type=\"hidden\" name=\"step\" value=\"{index}\">",
        escaped(name(group)),
        view.csrf
    );
    if let Some(description) = &group.stored.definition.description {
        let _ = write!(body, "<p>{}</p>", escaped(description));
    }
    fields(body, (&activation.fields, set), ("f", "/fields"), true, wrong);
    for (credential, one) in &activation.credentials {
        let several = offered(one).count() > 1;
        for (method, definition) in offered(one) {
            let (above, at) = (format!("c:{credential}:{method}"), format!("/credentials/{credential}/values"));
            if several {
                let checked = if *method == one.default { " checked" } else { "" };
                let _ = write!(
                    body,
                    "<fieldset><legend><input type=\"radio\" name=\"m:{credential}\" value=\"{method}\" \
                     id=\"{above}\"{checked}> <label for=\"{above}\">{method}</label></legend>"
                );
            }
            fields(body, (definition.fields(), &Set::new()), (&above, &at), !several, wrong);
            body.push_str(if several { "</fieldset>" } else { "" });
        }
        if offered(one).next().is_none() {
            let _ = write!(body, "<p class=\"wrong\">{credential}: no method of this page</p>");
        }
    }
    body.push_str("<button>Connect</button></form>");
}

fn fields(
    body: &mut String,
    (fields, set): (&Fields, &Set),
    (above, at): (&str, &str),
    must: bool,
    wrong: &[Violation],
) {
    for (name, field) in asked(fields, set) {
        let pointer = format!("{at}/{name}");
        let own = wrong.iter().filter(|violation| violation.pointer == pointer);
        let texts: Vec<_> = own.map(|violation| escaped(&violation.detail)).collect();
        input(body, (name, field), above, must);
        if !texts.is_empty() {
            let _ = write!(body, "<small class=\"wrong\" role=\"alert\">{}</small>", texts.join("; "));
        }
    }
}

/// One field. Nothing that somebody typed is ever put back: only the definition's own default.
fn input(body: &mut String, (name, field): (&FieldName, &Field), above: &str, must: bool) {
    let id = format!("{above}:{name}");
    let title = field.title.as_deref().unwrap_or(name.as_str());
    let _ = write!(body, "<label for=\"{id}\">{}</label>", escaped(title));
    let required = if must && field.required && field.default.is_none() { " required" } else { "" };
    let disabled = if field.disabled { " disabled" } else { "" };
    let default = escaped(field.default.as_deref().unwrap_or_default());
    let common = format!("id=\"{id}\" name=\"{id}\"{required}{disabled}");
    let _ = match &field.kind {
        FieldKind::Text => write!(body, "<input type=\"text\" {common} value=\"{default}\">"),
        FieldKind::Password => write!(body, "<input type=\"password\" {common} autocomplete=\"new-password\">"),
        FieldKind::Number => write!(body, "<input type=\"text\" inputmode=\"decimal\" {common} value=\"{default}\">"),
        FieldKind::Certificate => write!(body, "<textarea {common} spellcheck=\"false\"></textarea>"),
        FieldKind::Select(options) => {
            let options = options.iter().map(|option| {
                let selected = if Some(option) == field.default.as_ref() { " selected" } else { "" };
                format!("<option{selected}>{}</option>", escaped(option))
            });
            write!(body, "<select {common}>{}</select>", options.collect::<String>())
        }
    };
    if let Some(description) = &field.description {
        let _ = write!(body, "<small>{}</small>", escaped(description));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_of_a_value_is_markup() {
        let page = super::message("<b>", "\"'&<script>");
        assert!(page.contains("&lt;b&gt;") && page.contains("&quot;&#39;&amp;&lt;script&gt;"), "{page}");
        assert!(!page.contains("<script"), "{page}");
    }
}
