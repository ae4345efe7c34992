//! Tenants that share the connections of a session.

use tokio::task::JoinSet;

use super::upstream::{Do, ok};
use super::*;

/// Of the connections that are open at one time, those that one tenant can have to itself.
const SHARE: usize = 192;

#[tokio::test]
async fn a_tenant_whose_requests_take_long_leaves_connections_to_others() {
    let upstream = Upstream::start(|_, seen| match seen.line.contains("slow") {
        true => vec![Do::Wait(Duration::from_secs(3600))],
        false => vec![Do::Send(ok("it"))],
    })
    .await;
    let home = Home::to(&[&upstream]);
    let (group, scope) = (GroupId::new(), Scope::Organization(OrganizationId::new()));
    let session = Arc::new(home.session_of(group, scope, ConnectionId::new()).0);
    let client = |tenant: Option<&str>| {
        let permit = permit_for(group, scope, None, tenant.map(|tenant| tenant.parse().unwrap()));
        let deadline = Instant::now() + Duration::from_secs(60);
        OutboundClient::new(home.egress.clone(), permit, Arc::clone(&session), deadline, &home.limits)
    };
    let pool = &session.state.pools.http;
    let until = async |left: usize| {
        for _ in 0..2_000 {
            if pool.tenant_permits_left() == left {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} permits are left, and not {left}", pool.tenant_permits_left());
    };
    let all = pool.tenant_permits_left();
    let mut slow = JoinSet::new();
    for _ in 0..SHARE {
        let (client, request) = (client(Some("ada")), get(upstream.url("/slow")));
        slow.spawn(async move { client.send(request).await.map(drop) });
    }
    until(all - SHARE).await;
    // Waiting in vain says nothing about the server: it would be closed to the others.
    for _ in 0..20 {
        let mut hurried = get(upstream.url("/slow"));
        hurried.options.timeouts.connect = Some(Duration::from_millis(5));
        let (code, text) = refused(&client(Some("ada")), hurried).await;
        assert!(code == "timeout" && text.contains("no connection was free"), "{code}: {text}");
    }
    for tenant in [Some("bo"), None] {
        let answer = client(tenant).send(get(upstream.url("/"))).await.unwrap();
        assert_eq!(text(answer).await, "it");
    }
    slow.shutdown().await;
    until(all).await;
}
