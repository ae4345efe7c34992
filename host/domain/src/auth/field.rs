//! The fields of a connection, which a person fills in.

use std::collections::BTreeMap;

use regex_lite::{Regex, RegexBuilder};

use super::values;
use crate::FieldName;
use crate::reader::Node;

/// Fields by name.
pub type Fields = BTreeMap<FieldName, Field>;
/// More than any form has; each costs a row in the store.
pub(crate) const FIELDS_MAX: usize = 64;
pub(crate) const OPTIONS_MAX: usize = 256;
pub(crate) const PATTERN_MAX_CHARS: usize = 512;
/// Compiled size of one pattern.
const PATTERN_MAX_BYTES: usize = 64 * 1024;

/// A value that a connection has: its type, its rules and how forms show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The type of its values.
    pub kind: FieldKind,
    /// A short name for people.
    pub title: Option<String>,
    /// Help for the person who fills it in.
    pub description: Option<String>,
    /// Whether a connection must have a value.
    pub required: bool,
    /// The value of a connection that has none.
    pub default: Option<String>,
    /// Whether forms leave it out.
    pub hidden: bool,
    /// Whether forms show it without letting people change it.
    pub disabled: bool,
    /// Whether its values are not secret: people with access and guests may read them.
    pub visible: bool,
    /// What every value must match, from its first to its last character.
    pub pattern: Option<Pattern>,
    /// Whether guests may sign with the value, which they never see.
    pub sign: bool,
}

/// The type of a field's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// A text that forms show.
    Text,
    /// A text that forms do not echo.
    Password,
    /// A decimal number.
    Number,
    /// Certificates or keys in PEM (RFC 7468).
    Certificate,
    /// One of these texts.
    Select(Vec<String>),
}

/// A regular expression in linear time, anchored at both ends like `pattern` in HTML forms.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    regex: Regex,
}

/// A further rule for a field: what is wrong with it, if anything.
pub(super) type Rule = fn(&FieldName, &Field) -> Option<&'static str>;

impl Field {
    pub(super) fn optional(kind: FieldKind) -> Self {
        Self {
            kind,
            title: None,
            description: None,
            required: false,
            default: None,
            hidden: false,
            disabled: false,
            visible: false,
            pattern: None,
            sign: false,
        }
    }

    pub(super) fn required(kind: FieldKind) -> Self {
        Self { required: true, ..Self::optional(kind) }
    }

    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut object = node.object()?;
        let kind = object.required("type").and_then(|node| node.choice(&KINDS));
        let options = object.optional("options");
        let default = object.optional("default");
        let field = Self {
            kind: FieldKind::Text,
            title: object.optional("title").and_then(|node| node.prose(200)),
            description: object.optional("description").and_then(|node| node.prose(2000)),
            required: object.flag("required"),
            default: None,
            hidden: object.flag("hidden"),
            disabled: object.flag("disabled"),
            visible: object.flag("visible"),
            pattern: object.optional("pattern").and_then(|node| Pattern::read(&node)),
            sign: object.optional("use").and_then(|node| node.choice(&[("sign", true)])).unwrap_or_default(),
        };
        object.end();
        let kind = match (kind?, options) {
            (Kind::Select, Some(options)) => FieldKind::Select(read_options(&options)),
            (Kind::Select, None) => {
                node.wrong("required", "a select has `options`");
                return None;
            }
            (_, Some(options)) => {
                options.wrong("unknown", "only a select has `options`");
                return None;
            }
            (Kind::Text, None) => FieldKind::Text,
            (Kind::Password, None) => FieldKind::Password,
            (Kind::Number, None) => FieldKind::Number,
            (Kind::Certificate, None) => FieldKind::Certificate,
        };
        let mut field = Self { kind, ..field };
        field.check(node);
        field.default = default.and_then(|node| field.read_default(&node));
        Some(field)
    }

    fn check(&self, node: &Node<'_>) {
        if self.visible && self.kind == FieldKind::Password {
            node.wrong("visible", "a password can't be visible");
        }
        if self.visible && self.sign {
            node.wrong("visible", "a field to sign with can't be visible");
        }
        if self.sign && matches!(self.kind, FieldKind::Number | FieldKind::Select(_)) {
            node.wrong("use", "expected type `text`, `password` or `certificate` for a field to sign with");
        }
        if self.pattern.is_some() && !matches!(self.kind, FieldKind::Text | FieldKind::Password) {
            node.wrong("pattern", "only a text or a password has a pattern");
        }
    }

    fn read_default(&self, node: &Node<'_>) -> Option<String> {
        if matches!(self.kind, FieldKind::Password | FieldKind::Certificate) {
            node.wrong(
                "default",
                "a password or certificate has no default: everybody who reads the group would know it",
            );
            return None;
        }
        match values::accept(self, node.value) {
            Ok(text) => Some(text.as_str().to_owned()),
            Err((rule, expected)) => {
                node.wrong(rule, format!("the default does not fit its own field: {expected}"));
                None
            }
        }
    }
}

/// The word of a kind, before its options are known.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Text,
    Password,
    Number,
    Certificate,
    Select,
}

pub(crate) const KINDS: [(&str, Kind); 5] = [
    ("text", Kind::Text),
    ("password", Kind::Password),
    ("number", Kind::Number),
    ("certificate", Kind::Certificate),
    ("select", Kind::Select),
];

pub(super) fn read_all(node: &Node<'_>, rule: Rule) -> Fields {
    let fields = node.entries(FIELDS_MAX).into_iter().filter_map(|(name, node)| {
        let field = Field::read(&node)?;
        if let Some(detail) = rule(&name, &field) {
            node.wrong("type", detail);
        }
        Some((name, field))
    });
    fields.collect()
}

fn read_options(node: &Node<'_>) -> Vec<String> {
    let mut options: Vec<String> = Vec::new();
    for item in node.items(OPTIONS_MAX) {
        match item.prose(200) {
            Some(option) if options.contains(&option) => item.wrong("uniqueItems", "this option is there twice"),
            Some(option) => options.push(option),
            None => {}
        }
    }
    options
}

impl Pattern {
    fn read(node: &Node<'_>) -> Option<Self> {
        let source = node.text()?;
        if source.chars().count() > PATTERN_MAX_CHARS {
            node.wrong("pattern", format!("expected at most {PATTERN_MAX_CHARS} characters"));
            return None;
        }
        let compile = |source: &str| RegexBuilder::new(source).size_limit(PATTERN_MAX_BYTES).build();
        // Compiled alone first, so that no unbalanced bracket gets around the anchors.
        let regex = compile(source).and_then(|_| compile(&format!("^(?:{source})$")));
        let regex = regex.map_err(|error| node.wrong("pattern", format!("no regular expression: {error}"))).ok()?;
        Some(Self { source: source.to_owned(), regex })
    }

    /// Whether the pattern matches the whole text.
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The regular expression as the definition has it.
    pub fn source(&self) -> &str {
        &self.source
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}
