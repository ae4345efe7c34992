use super::*;
use crate::{OrganizationId, WorkspaceId};

/// A workspace, its organization, and connections in both.
struct World {
    organization: Scope,
    workspace: Scope,
    connections: Vec<ConnectionFacts>,
}

impl World {
    fn new() -> Self {
        let organization = OrganizationId::new();
        Self {
            organization: Scope::Organization(organization),
            workspace: Scope::Workspace(organization, WorkspaceId::new()),
            connections: Vec::new(),
        }
    }

    fn with(mut self, owner: impl Fn(&Self) -> Owner, name: &str) -> Self {
        let (id, owner) = (ConnectionId::new(), owner(&self));
        let (name, state) = (name.to_owned(), ConnectionState::Active);
        self.connections.push(ConnectionFacts { id, name, owner, state, default: false, ends_at: None });
        self
    }

    fn last(mut self, change: impl Fn(&mut ConnectionFacts)) -> Self {
        change(self.connections.last_mut().unwrap());
        self
    }

    fn choose(&self, choice: &ConnectionChoice) -> Result<String, Unresolved> {
        self.choose_in(self.workspace, choice)
    }

    fn choose_in(&self, scope: Scope, choice: &ConnectionChoice) -> Result<String, Unresolved> {
        choose(scope, true, choice, None, &self.connections, 0).map(|chosen| chosen.unwrap().name.clone())
    }
}

fn workspace(world: &World) -> Owner {
    Owner::Scope(world.workspace)
}

fn organization(world: &World) -> Owner {
    Owner::Scope(world.organization)
}

fn tenant(world: &World) -> Owner {
    Owner::Tenant(world.workspace, name("customer"))
}

fn name(text: &str) -> TenantName {
    text.parse().unwrap()
}

fn fixed(name: &str) -> ConnectionChoice {
    ConnectionChoice::Fixed(name.to_owned())
}

fn dynamic(connection: Option<&str>) -> ConnectionChoice {
    ConnectionChoice::Dynamic { tenant: name("customer"), name: connection.map(str::to_owned) }
}

#[test]
fn fixed_takes_one_of_the_workspace_or_its_organization_by_name_or_id() {
    let world = World::new().with(workspace, "own").with(organization, "shared");
    assert_eq!(world.choose(&fixed("own")), Ok("own".into()));
    assert_eq!(world.choose(&fixed("shared")), Ok("shared".into()));
    assert_eq!(world.choose(&fixed(&world.connections[1].id.to_string())), Ok("shared".into()));
    assert_eq!(world.choose(&fixed("other")), Err(Unresolved::NoFixed("other".into())));
}

#[test]
fn an_organization_does_not_use_what_belongs_to_a_workspace() {
    let world = World::new().with(workspace, "own").with(organization, "shared");
    assert_eq!(world.choose_in(world.organization, &fixed("shared")), Ok("shared".into()));
    assert_eq!(world.choose_in(world.organization, &fixed("own")), Err(Unresolved::NoFixed("own".into())));
}

#[test]
fn another_scopes_connection_is_told_like_one_that_does_not_exist() {
    let theirs = World::new();
    let elsewhere = |owner: Owner| {
        let world = World::new().with(move |_| owner.clone(), "main");
        let id = world.connections[0].id.to_string();
        assert_eq!(world.choose(&fixed("main")), Err(Unresolved::NoFixed("main".into())));
        assert_eq!(world.choose(&fixed(&id)), Err(Unresolved::NoFixed(id.clone())));
        assert!(matches!(world.choose(&dynamic(None)), Err(Unresolved::NoDynamic { .. })));
    };
    elsewhere(workspace(&theirs));
    elsewhere(organization(&theirs));
    elsewhere(tenant(&theirs));
}

#[test]
fn fixed_refuses_a_tenants_connection_with_its_own_code() {
    let world = World::new().with(tenant, "main");
    let refused = world.choose(&fixed("main")).unwrap_err();
    assert_eq!((refused.clone(), refused.code()), (Unresolved::Tenants("main".into()), Code::TenantConnection));
    let id = world.connections[0].id.to_string();
    assert_eq!(world.choose(&fixed(&id)), Err(Unresolved::Tenants(id)));
}

#[test]
fn fixed_takes_the_scopes_own_beside_a_tenants_of_that_name() {
    let world = World::new().with(tenant, "main").with(workspace, "main");
    let chosen = choose(world.workspace, true, &fixed("main"), None, &world.connections, 0).unwrap().unwrap();
    assert_eq!(chosen.id, world.connections[1].id);
}

#[test]
fn the_same_name_in_workspace_and_organization_needs_the_id() {
    let world = World::new().with(workspace, "main").with(organization, "main");
    assert_eq!(world.choose(&fixed("main")), Err(Unresolved::SeveralFixed("main".into())));
    assert!(world.choose(&fixed(&world.connections[0].id.to_string())).is_ok());
}

#[test]
fn dynamic_takes_the_only_one() {
    assert_eq!(World::new().with(workspace, "own").with(tenant, "main").choose(&dynamic(None)), Ok("main".into()));
}

#[test]
fn dynamic_takes_the_default_of_several() {
    let world = World::new().with(tenant, "one").with(tenant, "two").last(|two| two.default = true);
    assert_eq!(world.choose(&dynamic(None)), Ok("two".into()));
    assert_eq!(world.choose(&dynamic(Some("one"))), Ok("one".into()));
}

#[test]
fn dynamic_refuses_several_without_a_default() {
    let world = World::new().with(tenant, "one").with(tenant, "two").last(|two| two.state = ConnectionState::Disabled);
    assert_eq!(world.choose(&dynamic(None)), Err(Unresolved::SeveralDynamic { tenant: name("customer"), count: 2 }));
}

#[test]
fn dynamic_never_falls_back_to_the_workspaces() {
    let world = World::new().with(workspace, "main").last(|main| main.default = true).with(organization, "shared");
    for connection in [None, Some("main"), Some("shared")] {
        let refused = world.choose(&dynamic(connection)).unwrap_err();
        assert_eq!(refused.code(), Code::NoConnection);
        let missing = Unresolved::NoDynamic { tenant: name("customer"), name: connection.map(str::to_owned) };
        assert_eq!(refused, missing);
    }
}

#[test]
fn another_tenants_connection_does_not_count() {
    let other = |world: &World| Owner::Tenant(world.workspace, name("other"));
    let world = World::new().with(other, "main").with(tenant, "main");
    let chosen = choose(world.workspace, true, &dynamic(None), None, &world.connections, 0).unwrap().unwrap();
    assert_eq!(chosen.id, world.connections[1].id);
}

#[test]
fn two_tenants_in_a_request_are_refused() {
    let world = World::new().with(tenant, "main");
    let all = &world.connections;
    let with = |header: &str| choose(world.workspace, true, &dynamic(None), Some(&name(header)), all, 0);
    assert!(with("customer").is_ok());
    let refused = with("other").unwrap_err();
    assert_eq!(refused, Unresolved::TenantsDiffer { header: name("other"), body: name("customer") });
    assert_eq!(refused.code(), Code::MalformedRequest);
}

#[test]
fn a_group_with_an_activation_needs_a_choice_and_one_without_takes_none() {
    let world = World::new().with(workspace, "main").with(tenant, "main");
    let choose = |activation, choice: &ConnectionChoice, header: Option<&TenantName>| {
        choose(world.workspace, activation, choice, header, &world.connections, 0).map(|chosen| chosen.is_some())
    };
    let customer = name("customer");
    assert_eq!(choose(true, &ConnectionChoice::None, None), Err(Unresolved::Required));
    assert_eq!(choose(true, &ConnectionChoice::None, Some(&customer)), Err(Unresolved::Required));
    assert_eq!(choose(false, &ConnectionChoice::None, Some(&customer)), Ok(false));
    assert_eq!(choose(false, &fixed("main"), None), Err(Unresolved::NoActivation));
    assert_eq!(choose(false, &dynamic(None), None), Err(Unresolved::NoActivation));
}

#[test]
fn every_state_has_its_answer() {
    let choose = |state| {
        let world = World::new().with(workspace, "main").last(|main| main.state = state);
        world.choose(&fixed("main")).map_err(|refused| refused.code())
    };
    for state in [ConnectionState::Active, ConnectionState::Expired] {
        assert_eq!(choose(state), Ok("main".into()));
    }
    assert_eq!(choose(ConnectionState::Pending), Err(Code::ConnectionPending));
    assert_eq!(choose(ConnectionState::NeedsReauth), Err(Code::NeedsReauth));
    assert_eq!(choose(ConnectionState::NeedsReview), Err(Code::NeedsReview));
    assert_eq!(choose(ConnectionState::Disabled), Err(Code::Disabled));
}

#[test]
fn what_has_ended_needs_a_person() {
    let world = World::new().with(workspace, "main").last(|main| main.ends_at = Some(10));
    let at =
        |now| choose(world.workspace, true, &fixed("main"), None, &world.connections, now).map(|one| one.is_some());
    assert_eq!(at(9), Ok(true));
    assert_eq!(at(10), Err(Unresolved::NeedsReauth("main".into())));
}
