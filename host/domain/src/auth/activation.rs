//! `activation`: the credentials that a connection of the group has, each with alternative methods.

use std::collections::BTreeMap;

use super::field::{self, FieldKind, Fields};
use super::login::TOKEN;
use super::{Method, Verify};
use crate::destination::NO_CREDENTIAL;
use crate::reader::{Node, Violations};
use crate::{CredentialName, FieldName, MethodName};

/// A group calls one outside system, which rarely has more than two kinds of credentials.
pub(crate) const CREDENTIALS_MAX: usize = 8;
pub(crate) const METHODS_MAX: usize = 16;

/// The credentials and fields that every connection of a group has.
#[derive(Debug, Clone, PartialEq)]
pub struct Activation {
    /// The credentials by name; most groups have `main` alone.
    pub credentials: BTreeMap<CredentialName, Credential>,
    /// Values of a connection beside its credentials.
    pub fields: Fields,
    /// The request that tells whether a connection works.
    pub verify: Option<Verify>,
}

/// One credential of a group, such as `main`.
#[derive(Debug, Clone, PartialEq)]
pub struct Credential {
    /// The methods that a connection can choose from, by name; at most 16.
    pub methods: BTreeMap<MethodName, Method>,
    /// The method that a form preselects, and that a connection without a choice uses.
    pub default: MethodName,
}

impl Activation {
    pub(crate) fn read(node: &Node<'_>, violations: &Violations) -> Option<Self> {
        let mut object = node.object()?;
        let credentials = object.required("credentials").map(|node| node.entries(CREDENTIALS_MAX)).unwrap_or_default();
        let fields = object.optional("fields").map(|node| field::read_all(&node, |_, _| None)).unwrap_or_default();
        let verify = object.optional("verify").and_then(|node| Verify::read(&node));
        object.end();
        let credentials = credentials.into_iter().filter_map(|(name, node): (CredentialName, _)| {
            if name.as_str() == NO_CREDENTIAL {
                node.wrong("name", "`none` is what destinations without a credential say");
            }
            Some((name, Credential::read(&node)?))
        });
        let activation = Self { credentials: credentials.collect(), fields, verify };
        activation.check(&node.pointer, violations);
        Some(activation)
    }

    /// The rules that hold between fields and what names them.
    fn check(&self, pointer: &str, violations: &Violations) {
        let methods = self.credentials.iter().flat_map(|(credential, one)| {
            one.methods
                .iter()
                .map(move |(name, method)| (format!("{pointer}/credentials/{credential}/methods/{name}"), method))
        });
        for (method_pointer, method) in methods {
            for name in method.fields().keys().filter(|name| self.fields.contains_key(*name)) {
                violations.add(
                    format!("{method_pointer}/fields/{name}"),
                    "name",
                    "the activation has a field of that name too",
                );
            }
            for name in method.kept().filter(|name| self.fields.get(*name).is_some_and(|field| !field.visible)) {
                let detail = "a provider fills this field by `keep`: expected `visible: true`";
                violations.add(format!("{pointer}/fields/{name}"), "visible", detail);
            }
            for (part, name) in method.placed() {
                self.check_placed(pointer, &method_pointer, (part, name), method, violations);
            }
            for (part, url) in method.urls() {
                for name in url.fields() {
                    self.check_in_url(&format!("{method_pointer}/{part}"), name, violations);
                }
            }
        }
    }

    fn check_placed(
        &self,
        pointer: &str,
        method_pointer: &str,
        (part, name): (&str, &FieldName),
        method: &Method,
        violations: &Violations,
    ) {
        let (own, shared) = (method.fields().get(name), self.fields.get(name));
        if own.is_none() && shared.is_none() && !(part == "placements" && method.gives(name)) {
            violations.add(format!("{method_pointer}/{part}"), "field", format!("there is no field `{name}`"));
        }
        if method.shows(name) {
            violations.add(
                format!("{method_pointer}/keep/visible"),
                "visible",
                format!("`{name}` is placed, so it can't be visible"),
            );
        }
        let owner = if own.is_some() { method_pointer } else { pointer };
        if own.or(shared).is_some_and(|field| field.visible) {
            let detail = "a field that is placed into a request, a signature or a login can't be visible";
            violations.add(format!("{owner}/fields/{name}/visible"), "visible", detail);
        }
        if own.or(shared).is_some_and(|field| field.sign) {
            let detail =
                "a field to sign with can't be placed: whoever signs with it could sign what the placement proves";
            violations.add(format!("{owner}/fields/{name}/use"), "use", detail);
        }
    }

    /// A field that fills a URL ends up in name servers' and proxies' logs, and every connection needs it.
    pub(crate) fn check_in_url(&self, pointer: &str, name: &FieldName, violations: &Violations) {
        let Some(field) = self.fields.get(name) else {
            violations.add(pointer, "field", format!("`{{{name}}}` is no field of the activation"));
            return;
        };
        if matches!(field.kind, FieldKind::Password | FieldKind::Certificate) {
            violations.add(
                pointer,
                "field",
                format!("`{{{name}}}` is a password or certificate, and URLs are no secrets"),
            );
        }
        if field.sign {
            violations.add(pointer, "field", format!("`{{{name}}}` is a field to sign with, and URLs are no secrets"));
        }
        if !field.required && field.default.is_none() {
            violations.add(
                pointer,
                "field",
                format!("`{{{name}}}` is needed here: expected `required: true` or a default"),
            );
        }
    }
}

impl Credential {
    fn read(node: &Node<'_>) -> Option<Self> {
        let mut object = node.object()?;
        let methods =
            object.required("methods").map(|node| node.entries::<MethodName>(METHODS_MAX)).unwrap_or_default();
        let default = object.optional("default");
        object.end();
        let names: Vec<MethodName> = methods.iter().map(|(name, _)| name.clone()).collect();
        let methods = methods.into_iter().filter_map(|(name, node)| Some((name, Method::read(&node)?))).collect();
        let default = match (default, names.as_slice()) {
            (Some(default), _) => {
                let name: MethodName = default.parse("name")?;
                if !names.contains(&name) {
                    default.wrong("enum", format!("there is no method `{name}`"));
                }
                name
            }
            (None, [only]) => only.clone(),
            (None, []) => return None,
            (None, _) => {
                node.wrong("required", "with several methods expected the key `default`");
                return None;
            }
        };
        Some(Self { methods, default })
    }
}

impl Method {
    /// The fields that leave the host, with the key of the definition that names them.
    fn placed(&self) -> Vec<(&'static str, &FieldName)> {
        let own = self.placements().iter().flat_map(|placement| placement.value.fields());
        let login = self.login().into_iter().flat_map(|login| &login.placements);
        let login = login.flat_map(|placement| placement.value.fields());
        own.map(|name| ("placements", name)).chain(login.map(|name| ("login/placements", name))).collect()
    }

    /// Names of values that the method gets from outside beside its token.
    fn kept(&self) -> impl Iterator<Item = &FieldName> {
        let keep = match self {
            Self::Basic(_) | Self::ApiKey(_) | Self::Bearer(_) | Self::Custom(_) => None,
            Self::Oauth2(method) => Some(&method.keep),
        };
        keep.into_iter().flat_map(|keep| keep.reply.keys().chain(keep.callback.keys()))
    }

    /// Whether the method itself gets a value of that name from outside.
    fn gives(&self, name: &FieldName) -> bool {
        match self {
            Self::Basic(_) | Self::ApiKey(_) | Self::Bearer(_) => false,
            Self::Custom(method) => method.login.is_some() && name.as_str() == TOKEN,
            Self::Oauth2(method) => name.as_str() == TOKEN || method.keep.has(name),
        }
    }

    /// Whether a value that the method receives from outside is not secret.
    fn shows(&self, name: &FieldName) -> bool {
        match self {
            Self::Basic(_) | Self::ApiKey(_) | Self::Bearer(_) | Self::Custom(_) => false,
            Self::Oauth2(method) => method.keep.visible.contains(name),
        }
    }
}
