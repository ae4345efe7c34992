//! The catalog as the rows of the store have it: read whole at the start, and again what a change has touched. A change
//! reads what it has written itself, and other hosts read the same once it is committed.

use std::collections::HashMap;
use std::sync::Arc;

use lockgate_domain::Scope;
use lockgate_store::{Changed, Reader};

use super::uses::UseGrants;
use super::{Catalog, CatalogBounds, Group, Scopes, Tokens};
use crate::FlowError;

impl Catalog {
    /// Reads everything, for a host with these bounds. What is still the same as `before` keeps what it has loaded.
    pub(crate) async fn read(
        reader: &mut Reader<'_>,
        bounds: &CatalogBounds,
        before: Option<&Catalog>,
    ) -> Result<Self, FlowError> {
        let (mut tokens, mut scopes) = (Tokens::default(), Scopes::default());
        scopes.put(reader.scopes().await?);
        let mut tenants: HashMap<_, Vec<_>> = HashMap::new();
        for tenant in reader.tenants(None).await? {
            tenants.entry(tenant.workspace).or_default().push(tenant);
        }
        tenants.into_iter().for_each(|(workspace, own)| scopes.put_tenants(&workspace, own));
        for token in reader.tokens().await? {
            let same = before.and_then(|before| before.tokens.get(&token.caller.token));
            tokens.put(token, same.map(Arc::as_ref), bounds.calls_per_token);
        }
        let mut catalog = Self { tokens: Arc::new(tokens), scopes: Arc::new(scopes), ..Self::default() };
        let ready_made = before.and_then(|before| before.groups.get(&Scope::COMMUNITY));
        catalog.groups.extend(ready_made.map(|groups| (Scope::COMMUNITY, Arc::clone(groups))));
        let mut plugins: HashMap<_, Vec<_>> = HashMap::new();
        for plugin in reader.plugins().await? {
            plugins.entry(plugin.group).or_default().push(plugin);
        }
        let mut connectors: HashMap<_, Vec<_>> = HashMap::new();
        for connector in reader.connectors().await? {
            connectors.entry(connector.group).or_default().push(connector);
        }
        let known: HashMap<_, _> =
            before.into_iter().flat_map(Self::all_groups).map(|one| (one.stored.id, one)).collect();
        for group in reader.groups().await? {
            let own = plugins.remove(&group.id).unwrap_or_default();
            let defined = connectors.remove(&group.id).unwrap_or_default();
            let same = known.get(&group.id).map(|same| same.as_ref());
            catalog.put(Group::new(group, own, defined, same, &bounds.ceilings));
        }
        let mut connections: HashMap<_, Vec<_>> = HashMap::new();
        for connection in reader.connections().await? {
            connections.entry(connection.group).or_default().push(connection);
        }
        connections.into_iter().for_each(|(group, own)| catalog.put_connections(&group, own));
        reader.installations().await?.into_iter().for_each(|one| catalog.put_installation(one));
        catalog.use_grants = Arc::new(UseGrants::from_rows(reader.use_grants(None).await?));
        Ok(catalog)
    }

    /// Reads again what a change has touched.
    pub(crate) async fn reload(
        &mut self,
        changed: &Changed,
        reader: &mut Reader<'_>,
        bounds: &CatalogBounds,
    ) -> Result<(), FlowError> {
        match changed {
            Changed::Scopes => self.put_scopes(reader.scopes().await?),
            Changed::Tenants(workspace) => {
                let tenants = reader.tenants(Some(*workspace)).await?;
                self.put_tenants(workspace, tenants);
            }
            Changed::Token(id) => match reader.token(id).await? {
                Some(token) => self.put_token(token, bounds.calls_per_token),
                None => self.remove_token(id),
            },
            Changed::Group(id) => match reader.group(id).await? {
                Some(stored) => {
                    let plugins = reader.plugins_of(id).await?;
                    let connectors = reader.connectors_of(id).await?;
                    let before = self.group_by_id(id).cloned();
                    self.put(Group::new(stored, plugins, connectors, before.as_deref(), &bounds.ceilings));
                }
                None => self.remove(id),
            },
            Changed::Installation(id) => match reader.installation(id).await? {
                Some(installation) => self.put_installation(installation),
                None => self.remove_installation(id),
            },
            Changed::Connection(id) => match reader.connection(id).await? {
                Some(connection) => self.put_connections(&connection.group.clone(), vec![connection]),
                None => self.remove_connection(id),
            },
            Changed::Uses(group) => {
                let grants = reader.use_grants(Some(group)).await?;
                self.put_use_grants(group, grants);
            }
            // The catalog holds nothing that is sealed.
            Changed::Keys => {}
        }
        Ok(())
    }
}
