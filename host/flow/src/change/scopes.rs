//! Changes of organizations and workspaces.

use std::sync::Arc;

use lockgate_domain::{
    Caller, DEFAULT_SCOPE, OrganizationId, Role, Scope, ScopeName, Slug, TokenId, Violation, WorkspaceId,
};
use lockgate_store::{StoredScope, StoredToken};
use lockgate_vault::AccessToken;

use crate::catalog::scopes::is_owner;
use crate::change::unit_of_work::{Changes, UnitOfWork, bounded};
use crate::{FlowError, NewToken};

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

impl Changes<'_> {
    /// [`UnitOfWork::create_organization`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn create_organization(
        self,
        slug: Slug,
        name: Option<String>,
        by: &Caller,
    ) -> Result<(Arc<StoredScope>, AccessToken), FlowError> {
        let mut unit = self.begin(by).await?;
        let made = bounded(unit.create_organization(slug, name)).await;
        unit.end(made).await
    }

    /// [`UnitOfWork::create_workspace`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn create_workspace(
        self,
        organization: &Slug,
        slug: Slug,
        patch: ScopePatch,
        by: &Caller,
    ) -> Result<Arc<StoredScope>, FlowError> {
        let mut unit = self.begin(by).await?;
        let made = bounded(unit.create_workspace(organization, slug, patch)).await;
        unit.end(made).await
    }

    /// [`UnitOfWork::update_scope`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn update_scope(
        self,
        scope: &Scope,
        expected: Option<i64>,
        patch: ScopePatch,
        by: &Caller,
    ) -> Result<Arc<StoredScope>, FlowError> {
        let mut unit = self.begin(by).await?;
        let changed = bounded(unit.update_scope(scope, expected, patch)).await;
        unit.end(changed).await
    }

    /// [`UnitOfWork::delete_scope`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn delete_scope(self, scope: &Scope, expected: Option<i64>, by: &Caller) -> Result<(), FlowError> {
        let mut unit = self.begin(by).await?;
        let deleted = bounded(unit.delete_scope(scope, expected)).await;
        unit.end(deleted).await
    }
}

impl UnitOfWork {
    /// Makes an organization, and the token of its first admin, which ends with the caller's.
    ///
    /// # Errors
    /// The name is not valid, or the slug is taken.
    pub async fn create_organization(
        &mut self,
        slug: Slug,
        name: Option<String>,
    ) -> Result<(Arc<StoredScope>, AccessToken), FlowError> {
        let scope = Scope::Organization(OrganizationId::new());
        let stored = named(StoredScope::new(scope, slug), name)?;
        let text = AccessToken::generate()?;
        let admin = NewToken::named("first admin".to_owned(), Role::Admin);
        let NewToken { role, restrictions, facts, .. } = admin.within(self.catalog().tokens().facts(&self.caller));
        let admin = Caller { token: TokenId::new(), scope, role, restrictions };
        let token = StoredToken::new(admin, facts, text.hash());
        // The owner reads of it in the audit log of their own organization.
        let (audited, by) = (self.caller.scope, self.by());
        let change = self.write();
        change.create_scopes(std::slice::from_ref(&stored), Some(audited), by).await?;
        change.create_token(&token, by).await?;
        self.written().await?;
        Ok((self.catalog().find_scope(&scope, None)?, text))
    }

    /// Makes a workspace in an organization of the caller's.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] for the organization, or the slug is taken.
    pub async fn create_workspace(
        &mut self,
        organization: &Slug,
        slug: Slug,
        patch: ScopePatch,
    ) -> Result<Arc<StoredScope>, FlowError> {
        whole(&self.caller)?;
        let above = self.catalog().scope(&ScopeName::Organization(organization.clone()));
        let above = above.filter(|above| self.caller.scope.contains(above));
        let above = above.ok_or_else(|| FlowError::NotFound(format!("organization `{organization}`")))?;
        self.catalog().takes_changes(&above)?;
        let scope = Scope::Workspace(above.organization(), WorkspaceId::new());
        let mut stored = named(StoredScope::new(scope, slug), patch.name)?;
        stored.known_tenants_only = patch.known_tenants_only.unwrap_or(false);
        stored.enabled = patch.enabled.unwrap_or(true);
        let by = self.by();
        self.write().create_scopes(std::slice::from_ref(&stored), None, by).await?;
        self.written().await?;
        self.catalog().find_scope(&scope, None)
    }

    /// Changes a scope. An organization is switched on and off by the host's owner, a workspace by its organization.
    ///
    /// # Errors
    /// [`FlowError::Changed`], or the caller may not.
    pub async fn update_scope(
        &mut self,
        scope: &Scope,
        expected: Option<i64>,
        patch: ScopePatch,
    ) -> Result<Arc<StoredScope>, FlowError> {
        whole(&self.caller)?;
        let stored = self.catalog().find_scope(scope, expected)?;
        match patch.enabled {
            None => self.catalog().takes_changes(scope)?,
            Some(enabled) => {
                self.may_switch(scope)?;
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
        let by = self.by();
        self.write().update_scope(&changed, by).await?;
        self.written().await?;
        self.catalog().find_scope(scope, None)
    }

    /// Deletes a scope that holds no group and no workspace. Its tokens and tenants go with it.
    ///
    /// # Errors
    /// [`FlowError::Changed`], or it holds something, or the caller may not.
    pub async fn delete_scope(&mut self, scope: &Scope, expected: Option<i64>) -> Result<(), FlowError> {
        whole(&self.caller)?;
        let stored = self.catalog().find_scope(scope, expected)?;
        self.may_switch(scope)?;
        self.above_takes_changes(scope)?;
        if is_default_organization(&stored) {
            return Err(FlowError::Owner);
        }
        let audited = matches!(scope, Scope::Organization(_)).then_some(self.caller.scope);
        let by = self.by();
        self.write().delete_scope(&stored, audited, by).await?;
        self.written().await
    }

    /// A workspace is not changed while its organization is switched off.
    fn above_takes_changes(&self, scope: &Scope) -> Result<(), FlowError> {
        match scope {
            Scope::Organization(_) => Ok(()),
            Scope::Workspace(organization, _) => self.catalog().takes_changes(&Scope::Organization(*organization)),
        }
    }

    fn may_switch(&self, scope: &Scope) -> Result<(), FlowError> {
        let by = &self.caller;
        let (allowed, who) = match scope {
            Scope::Organization(_) => (is_owner(self.catalog().scopes(), by), "an admin of the organization `default`"),
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
