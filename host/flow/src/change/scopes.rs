//! Organizations and workspaces: what is known of them and their tenants in memory, and their changes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lockgate_domain::{
    Caller, DEFAULT_SCOPE, OrganizationId, Role, Scope, ScopeName, Slug, TenantName, Tenants, TokenId,
    TokenRestrictions, Violation, WorkspaceId,
};
use lockgate_store::{Changed, StoredScope, StoredTenant, StoredToken};
use lockgate_vault::AccessToken;

use crate::change::tokens::{DEFAULT_BURST, DEFAULT_RATE};
use crate::{FlowError, Host, TokenFacts};

/// What is known of scopes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scopes {
    organizations: HashMap<Slug, Scope>,
    workspaces: HashMap<Slug, Scope>,
    stored: HashMap<Scope, Arc<StoredScope>>,
    tenants: HashMap<WorkspaceId, Arc<Declared>>,
}

/// The tenants of one workspace.
#[derive(Debug, Default)]
struct Declared {
    enabled: BTreeMap<TenantName, bool>,
    stored: BTreeMap<TenantName, StoredTenant>,
}

/// What a change of a scope sets.
#[derive(Debug, Default)]
pub struct ScopePatch {
    /// For people.
    pub name: Option<String>,
    /// Whether it takes calls and changes.
    pub enabled: Option<bool>,
    /// Of a workspace: whether calls may name declared tenants only.
    pub known_tenants_only: Option<bool>,
}

impl Scopes {
    pub(crate) fn put(&mut self, scopes: Vec<StoredScope>) {
        let tenants = std::mem::take(&mut self.tenants);
        *self = Self::default();
        for stored in scopes {
            match stored.scope {
                Scope::Organization(_) => self.organizations.insert(stored.slug.clone(), stored.scope),
                Scope::Workspace(_, id) => {
                    self.tenants.extend(tenants.get(&id).map(|declared| (id, Arc::clone(declared))));
                    self.workspaces.insert(stored.slug.clone(), stored.scope)
                }
            };
            self.stored.insert(stored.scope, Arc::new(stored));
        }
    }

    pub(crate) fn put_tenants(&mut self, workspace: &WorkspaceId, tenants: Vec<StoredTenant>) {
        let enabled = tenants.iter().map(|tenant| (tenant.name.clone(), tenant.enabled)).collect();
        let stored = tenants.into_iter().map(|tenant| (tenant.name.clone(), tenant)).collect();
        self.tenants.insert(*workspace, Arc::new(Declared { enabled, stored }));
    }

    pub(crate) fn named(&self, name: &ScopeName) -> Option<Scope> {
        match name {
            ScopeName::Organization(slug) => self.organizations.get(slug).copied(),
            ScopeName::Workspace(slug) => self.workspaces.get(slug).copied(),
        }
    }

    pub(crate) fn get(&self, scope: &Scope) -> Option<&Arc<StoredScope>> {
        self.stored.get(scope)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<StoredScope>> {
        self.stored.values()
    }

    /// Whether a scope and its organization are switched on.
    pub(crate) fn is_enabled(&self, scope: &Scope) -> bool {
        let on = |scope: &Scope| self.stored.get(scope).is_some_and(|stored| stored.enabled);
        on(scope) && on(&Scope::Organization(scope.organization()))
    }

    /// Whom calls of a scope may name.
    pub(crate) fn tenants(&self, scope: &Scope) -> Tenants<'_> {
        let Scope::Workspace(_, workspace) = scope else { return Tenants::ANY };
        let declared_only = self.stored.get(scope).is_some_and(|stored| stored.known_tenants_only);
        let declared = self.tenants.get(workspace).map_or(Tenants::ANY.declared, |declared| &declared.enabled);
        Tenants { declared, declared_only }
    }

    /// The tenants that a scope has declared.
    pub(crate) fn declared(&self, scope: &Scope) -> impl Iterator<Item = &StoredTenant> {
        let workspace = match scope {
            Scope::Organization(_) => None,
            Scope::Workspace(_, workspace) => self.tenants.get(workspace),
        };
        workspace.into_iter().flat_map(|declared| declared.stored.values())
    }

    pub(crate) fn tenant(&self, scope: &Scope, name: &TenantName) -> Option<&StoredTenant> {
        let Scope::Workspace(_, workspace) = scope else { return None };
        self.tenants.get(workspace)?.stored.get(name)
    }
}

/// Whether a caller owns the host: an admin of the organization of the first start, with a token that is not limited.
pub(crate) fn is_owner(scopes: &Scopes, caller: &Caller) -> bool {
    let default = scopes.get(&caller.scope).is_some_and(|scope| scope.slug.as_str() == DEFAULT_SCOPE);
    let organization = matches!(caller.scope, Scope::Organization(_));
    default && organization && caller.role == Role::Admin && !caller.restrictions.is_limited()
}

impl Host {
    /// The scopes in which a caller has rights, sorted by slug; all organizations for the host's owner.
    pub fn scopes_of(&self, caller: &Caller, organizations: bool) -> Vec<Arc<StoredScope>> {
        let catalog = self.catalog();
        let owner = is_owner(catalog.scopes(), caller);
        let seen = catalog.scopes().all().filter(|stored| match stored.scope {
            Scope::Organization(_) => organizations && (owner || caller.scope.contains(&stored.scope)),
            Scope::Workspace(..) => !organizations && caller.scope.contains(&stored.scope),
        });
        let mut seen: Vec<_> = seen.cloned().collect();
        seen.sort_unstable_by(|one, other| one.slug.cmp(&other.slug));
        seen
    }

    /// Whether a caller owns the host.
    pub fn is_owner(&self, caller: &Caller) -> bool {
        is_owner(self.catalog().scopes(), caller)
    }

    /// A scope as stored.
    ///
    /// # Errors
    /// [`FlowError::NotFound`].
    pub fn scope(&self, scope: &Scope) -> Result<Arc<StoredScope>, FlowError> {
        let catalog = self.catalog();
        catalog.scopes().get(scope).cloned().ok_or_else(|| FlowError::NotFound("the scope".to_owned()))
    }

    /// Whether a scope takes changes.
    ///
    /// # Errors
    /// [`FlowError::Denied`]: it is switched off, or its organization.
    pub fn takes_changes(&self, scope: &Scope) -> Result<(), FlowError> {
        if self.catalog().scopes().is_enabled(scope) {
            return Ok(());
        }
        Err(FlowError::Denied(lockgate_domain::Denied::ScopeDisabled))
    }

    /// Makes an organization, and the token of its first admin.
    ///
    /// # Errors
    /// The name is not valid, or the slug is taken.
    pub async fn create_organization(
        &self,
        slug: Slug,
        name: Option<String>,
        by: &Caller,
    ) -> Result<(Arc<StoredScope>, AccessToken), FlowError> {
        let scope = Scope::Organization(OrganizationId::new());
        let stored = named(StoredScope::new(scope, slug), name)?;
        let text = AccessToken::generate()?;
        let facts = TokenFacts {
            name: "first admin".to_owned(),
            enabled: true,
            expires_at: None,
            requests_per_second: DEFAULT_RATE,
            burst: DEFAULT_BURST,
        };
        let caller =
            Caller { token: TokenId::new(), scope, role: Role::Admin, restrictions: TokenRestrictions::default() };
        let token = StoredToken::new(caller, facts, text.hash());
        let _turn = self.turn().await?;
        // The owner reads of it in the trail of their own organization.
        self.0.store.create_scopes(std::slice::from_ref(&stored), Some(by.scope), Some(by.token)).await?;
        self.0.store.create_token(&token, Some(by.token)).await?;
        self.apply(&Changed::Scopes).await?;
        self.apply(&Changed::Token(token.caller.token)).await?;
        Ok((self.scope(&scope)?, text))
    }

    /// Makes a workspace in an organization of the caller's.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] for the organization, or the slug is taken.
    pub async fn create_workspace(
        &self,
        organization: &Slug,
        slug: Slug,
        patch: ScopePatch,
        by: &Caller,
    ) -> Result<Arc<StoredScope>, FlowError> {
        whole(by)?;
        let _turn = self.turn().await?;
        let above = self.catalog().scope(&ScopeName::Organization(organization.clone()));
        let above = above.filter(|above| by.scope.contains(above));
        let above = above.ok_or_else(|| FlowError::NotFound(format!("organization `{organization}`")))?;
        self.takes_changes(&above)?;
        let scope = Scope::Workspace(above.organization(), WorkspaceId::new());
        let mut stored = named(StoredScope::new(scope, slug), patch.name)?;
        stored.known_tenants_only = patch.known_tenants_only.unwrap_or(false);
        stored.enabled = patch.enabled.unwrap_or(true);
        self.0.store.create_scopes(std::slice::from_ref(&stored), None, Some(by.token)).await?;
        self.apply(&Changed::Scopes).await?;
        self.scope(&scope)
    }

    /// Changes a scope. An organization is switched on and off by the host's owner, a workspace by its organization.
    ///
    /// # Errors
    /// [`FlowError::Changed`], or the caller may not.
    pub async fn update_scope(
        &self,
        scope: &Scope,
        expected: Option<i64>,
        patch: ScopePatch,
        by: &Caller,
    ) -> Result<Arc<StoredScope>, FlowError> {
        whole(by)?;
        let _turn = self.turn().await?;
        let stored = self.scope_at(scope, expected)?;
        match patch.enabled {
            None => self.takes_changes(scope)?,
            Some(enabled) => {
                self.may_switch(scope, by)?;
                self.above_takes_changes(scope)?;
                if !enabled && is_default_organization(&stored) {
                    return Err(FlowError::Owner);
                }
            }
        }
        if patch.known_tenants_only.is_some() && matches!(scope, Scope::Organization(_)) {
            let detail = "an organization has no tenants: set it on its workspaces";
            return Err(FlowError::Definition(vec![Violation::new("/known_tenants_only", "unknown", detail)]));
        }
        let mut changed = named(StoredScope::clone(&stored), patch.name)?;
        changed.enabled = patch.enabled.unwrap_or(stored.enabled);
        changed.known_tenants_only = patch.known_tenants_only.unwrap_or(stored.known_tenants_only);
        self.0.store.update_scope(&changed, Some(by.token)).await?;
        self.apply(&Changed::Scopes).await?;
        self.scope(scope)
    }

    /// Deletes a scope that holds no group and no workspace. Its tokens and tenants go with it.
    ///
    /// # Errors
    /// [`FlowError::Changed`], or it holds something, or the caller may not.
    pub async fn delete_scope(&self, scope: &Scope, expected: Option<i64>, by: &Caller) -> Result<(), FlowError> {
        whole(by)?;
        let _turn = self.turn().await?;
        let stored = self.scope_at(scope, expected)?;
        self.may_switch(scope, by)?;
        self.above_takes_changes(scope)?;
        if is_default_organization(&stored) {
            return Err(FlowError::Owner);
        }
        let audited = matches!(scope, Scope::Organization(_)).then_some(by.scope);
        self.0.store.delete_scope(&stored, audited, Some(by.token)).await?;
        self.apply(&Changed::Scopes).await
    }

    fn scope_at(&self, scope: &Scope, expected: Option<i64>) -> Result<Arc<StoredScope>, FlowError> {
        let stored = self.scope(scope)?;
        match expected {
            Some(version) if version != stored.version => Err(FlowError::Changed),
            _ => Ok(stored),
        }
    }

    /// A workspace is not changed while its organization is switched off.
    fn above_takes_changes(&self, scope: &Scope) -> Result<(), FlowError> {
        match scope {
            Scope::Organization(_) => Ok(()),
            Scope::Workspace(organization, _) => self.takes_changes(&Scope::Organization(*organization)),
        }
    }

    fn may_switch(&self, scope: &Scope, by: &Caller) -> Result<(), FlowError> {
        let (allowed, who) = match scope {
            Scope::Organization(_) => (self.is_owner(by), "an admin of the organization `default`"),
            Scope::Workspace(..) => (matches!(by.scope, Scope::Organization(_)), "an admin of its organization"),
        };
        if allowed { Ok(()) } else { Err(FlowError::NotYours(who)) }
    }
}

fn is_default_organization(stored: &StoredScope) -> bool {
    matches!(stored.scope, Scope::Organization(_)) && stored.slug.as_str() == DEFAULT_SCOPE
}

/// What concerns a whole scope is not for tokens that are limited to a part of it.
pub(crate) fn whole(by: &Caller) -> Result<(), FlowError> {
    if by.restrictions.is_limited() { Err(FlowError::Limited) } else { Ok(()) }
}

fn named(mut stored: StoredScope, name: Option<String>) -> Result<StoredScope, FlowError> {
    if let Some(name) = name {
        check_name(&name)?;
        stored.name = name;
    }
    Ok(stored)
}

/// A name for people: one line of 1 to 200 characters.
pub(crate) fn check_name(name: &str) -> Result<(), FlowError> {
    if (1..=200).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        return Ok(());
    }
    let detail = "expected 1 to 200 characters on one line";
    Err(FlowError::Definition(vec![Violation::new("/name", "text", detail)]))
}
