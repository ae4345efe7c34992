//! A group's `uses`: the connectors of other groups, or of its own, that its code may call, and with which connection.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::reader::{Node, Violations};
use crate::{ConnectionChoice, ConnectorName, ConnectorReference, Digest, TenantName, Violation};

/// Entries of one group: a flow has its use of some, and each waits for a person who looks at it.
pub(crate) const USES_MAX: usize = 64;
/// Characters of the name of a connection, as connections have them.
pub(crate) const CONNECTION_MAX: usize = 64;
/// What stands for the connection of the call itself.
pub(crate) const INHERIT: &str = "inherit";

/// A connector that the code of a group may call, once an operator has granted exactly this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// By which the code calls it; unique in the group.
    pub name: ConnectorName,
    /// What it calls. A group without a prefix is one of the scope that holds the group.
    pub connector: ConnectorReference,
    /// Which connection such a call runs with.
    pub connection: UsedConnection,
}

/// Which connection a call of one connector by another runs with. The code that calls can't choose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UsedConnection {
    /// The one that the call itself was made with, by the same choice.
    Inherit,
    /// A connection of the organization or workspace, by its name.
    Fixed(String),
    /// A connection of the caller's tenant.
    Dynamic {
        /// Its name; none for the tenant's only or default one.
        name: Option<String>,
    },
}

impl Use {
    /// Reads the value of `uses`.
    ///
    /// # Errors
    /// Every rule that it breaks, with pointers below `/uses`.
    pub fn read_all(value: &Value) -> Result<Vec<Self>, Vec<Violation>> {
        let violations = Violations::default();
        let mut names = BTreeSet::new();
        let mut uses = Vec::new();
        for node in violations.node("/uses", value).items(USES_MAX) {
            let Some(one) = read(&node) else { continue };
            if !names.insert(one.name.clone()) {
                node.wrong_below("/as", "unique", format!("another entry is named `{}`", one.name));
            }
            uses.push(one);
        }
        violations.result(uses)
    }

    /// What tells one entry from another: a grant is of exactly this.
    pub fn digest(&self) -> Digest {
        let connection = match &self.connection {
            UsedConnection::Inherit => json!(INHERIT),
            UsedConnection::Fixed(name) => json!({"fixed": name}),
            UsedConnection::Dynamic { name } => json!({"dynamic": {"name": name}}),
        };
        let entry = json!([self.name.as_str(), self.connector.to_string(), connection]);
        Digest::of(entry.to_string().as_bytes())
    }
}

impl UsedConnection {
    /// The choice that a call is made with, whose caller made this one and has this tenant.
    ///
    /// # Errors
    /// The entry is of the caller's tenant, and the caller has none.
    pub fn choice(
        &self,
        of_caller: &ConnectionChoice,
        tenant: Option<&TenantName>,
    ) -> Result<ConnectionChoice, NoTenant> {
        Ok(match self {
            Self::Inherit => of_caller.clone(),
            Self::Fixed(name) => ConnectionChoice::Fixed(name.clone()),
            Self::Dynamic { name } => {
                let tenant = tenant.cloned().ok_or(NoTenant)?;
                ConnectionChoice::Dynamic { tenant, name: name.clone() }
            }
        })
    }
}

/// A call without a tenant would use a connection of its tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the entry takes a connection of the caller's tenant, and the call names no tenant")]
pub struct NoTenant;

fn read(node: &Node<'_>) -> Option<Use> {
    let mut object = node.object()?;
    let (connector, name) = (object.required("connector"), object.optional("as"));
    let connection = object.optional("connection");
    object.end();
    let connector: ConnectorReference = connector?.parse("reference")?;
    let name = match name {
        Some(name) => name.parse("name")?,
        None => connector.connector.clone(),
    };
    let connection = match connection {
        Some(node) => connection_of(&node)?,
        None => UsedConnection::Inherit,
    };
    Some(Use { name, connector, connection })
}

fn connection_of(node: &Node<'_>) -> Option<UsedConnection> {
    if let Some(text) = node.value.as_str() {
        if text == INHERIT {
            return Some(UsedConnection::Inherit);
        }
        node.wrong("enum", "expected `inherit`, `{fixed: NAME}` or `{dynamic: {name: NAME}}`");
        return None;
    }
    let mut object = node.object()?;
    let (fixed, dynamic) = (object.optional("fixed"), object.optional("dynamic"));
    object.end();
    match (fixed, dynamic) {
        (Some(fixed), None) => Some(UsedConnection::Fixed(name_of(&fixed)?)),
        (None, Some(dynamic)) => {
            let mut object = dynamic.object()?;
            let name = object.optional("name");
            object.end();
            let name = match name {
                Some(name) => Some(name_of(&name)?),
                None => None,
            };
            Some(UsedConnection::Dynamic { name })
        }
        (Some(_), Some(_)) | (None, None) => {
            node.wrong("oneOf", "expected one of the keys `fixed` and `dynamic`");
            None
        }
    }
}

fn name_of(node: &Node<'_>) -> Option<String> {
    let text = node.text()?;
    if text.is_empty() || text.chars().count() > CONNECTION_MAX || text.chars().any(char::is_control) {
        node.wrong("text", format!("expected the name of a connection: 1 to {CONNECTION_MAX} characters on one line"));
        return None;
    }
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_a_name_and_a_connection() {
        let uses = Use::read_all(&json!([
            {"connector": "community:slack/send_message"},
            {"connector": "docs/create@3", "as": "make", "connection": {"fixed": "main"}},
            {"connector": "org:x/y", "connection": {"dynamic": {}}},
            {"connector": "org:x/z", "connection": {"dynamic": {"name": "second"}}},
        ]))
        .unwrap();
        let shown: Vec<_> = uses.iter().map(|one| (one.name.as_str(), one.connector.to_string())).collect();
        assert_eq!(shown[0], ("send_message", "community:slack/send_message".to_owned()));
        assert_eq!(shown[1], ("make", "docs/create@3".to_owned()));
        let connections: Vec<_> = uses.iter().map(|one| one.connection.clone()).collect();
        let (fixed, second) = ("main".to_owned(), Some("second".to_owned()));
        let expected = [
            UsedConnection::Inherit,
            UsedConnection::Fixed(fixed),
            UsedConnection::Dynamic { name: None },
            UsedConnection::Dynamic { name: second },
        ];
        assert_eq!(connections, expected);
        let digests: BTreeSet<_> = uses.iter().map(|one| one.digest().to_string()).collect();
        assert_eq!(digests.len(), 4);
    }

    #[test]
    fn what_is_no_entry_is_refused_where_it_is_written() {
        for (written, pointer) in [
            (json!([]), "/uses"),
            (json!("slack/send"), "/uses"),
            (json!(["slack/send"]), "/uses/0"),
            (json!([{"as": "a"}]), "/uses/0"),
            (json!([{"connector": "slack"}]), "/uses/0/connector"),
            (json!([{"connector": "slack/send", "as": "A"}]), "/uses/0/as"),
            (json!([{"connector": "slack/send", "connection": "main"}]), "/uses/0/connection"),
            (json!([{"connector": "slack/send", "connection": {}}]), "/uses/0/connection"),
            (json!([{"connector": "slack/send", "connection": {"fixed": "a", "dynamic": {}}}]), "/uses/0/connection"),
            (json!([{"connector": "slack/send", "connection": {"fixed": ""}}]), "/uses/0/connection/fixed"),
            (
                json!([{"connector": "slack/send", "connection": {"dynamic": {"tenant": "a"}}}]),
                "/uses/0/connection/dynamic/tenant",
            ),
            (json!([{"connector": "slack/send"}, {"connector": "other/send"}]), "/uses/1/as"),
        ] {
            let found = Use::read_all(&written).unwrap_err();
            assert_eq!(found[0].pointer, pointer, "{written}: {found:?}");
        }
    }

    #[test]
    fn a_dynamic_connection_is_of_the_callers_tenant() {
        let tenant: TenantName = "ada".parse().unwrap();
        let dynamic = UsedConnection::Dynamic { name: None };
        let choice = dynamic.choice(&ConnectionChoice::None, Some(&tenant));
        assert_eq!(choice, Ok(ConnectionChoice::Dynamic { tenant, name: None }));
        assert_eq!(dynamic.choice(&ConnectionChoice::Fixed("main".to_owned()), None), Err(NoTenant));
    }
}
