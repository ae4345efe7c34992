//! What a session takes over from the one before it: nothing that was opened for others.

use super::auth::{login, service};
use super::*;

/// A client certificate and its key, signed by itself. Nobody trusts it.
const ONE: &str = "-----BEGIN CERTIFICATE-----
MIIBPDCB76ADAgECAhRdUF/mex6KxiqwgrS9ryv5xaPtbTAFBgMrZXAwEzERMA8G
A1UEAwwIQ2xpZW50IDEwIBcNMjYxMTI5MDAyMzA1WhgPMjEyNjExMDUwMDIzMDVa
MBMxETAPBgNVBAMMCENsaWVudCAxMCowBQYDK2VwAyEAaRK6aKk3INuSy2Uz3q/7
sY28W3AUfBi6ri7UxO8pP3+jUzBRMB0GA1UdDgQWBBTwQi7txNBym+KPLvX9iwJ2
d34m7zAfBgNVHSMEGDAWgBTwQi7txNBym+KPLvX9iwJ2d34m7zAPBgNVHRMBAf8E
BTADAQH/MAUGAytlcANBAGPTUGAyXILknP9k0+h7k5qneEy0tA/YyDX9s3xaQaSk
+5Ktq/jhyw7+Sgd/IbwMBWs4TkwNhEvezKhJM8osVAw=
-----END CERTIFICATE-----
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIKSDIJzTs/Ep3K8VGBnZUwJgn8naDgN3x9NBD7vaSjL9
-----END PRIVATE KEY-----";
const OTHER: &str = "-----BEGIN CERTIFICATE-----
MIIBPDCB76ADAgECAhRz3FOnnGlgoMwSwrK45S1acoow3TAFBgMrZXAwEzERMA8G
A1UEAwwIQ2xpZW50IDIwIBcNMjYxMTI5MDAyMzA1WhgPMjEyNjExMDUwMDIzMDVa
MBMxETAPBgNVBAMMCENsaWVudCAyMCowBQYDK2VwAyEAyn+TZU27M9WDK8kz4EUY
8+3q+ZHacpoAaQ56zt0aYTWjUzBRMB0GA1UdDgQWBBShD9Q/EzWRWZ9yAufQZv+H
gJSGbjAfBgNVHSMEGDAWgBShD9Q/EzWRWZ9yAufQZv+HgJSGbjAPBgNVHRMBAf8E
BTADAQH/MAUGAytlcANBACH6OVgR3BIp3G0nP2IXx9UZqKvs/GvjKvXtYT5Q9iYy
PRjlq6762seff4yuqyIf3wTdT/lDGjkyaVAoymorBg4=
-----END CERTIFICATE-----
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIFWsaKXAS2xhce3iMQR6zeWPfzp6rLQlkra1Nvd7tu5a
-----END PRIVATE KEY-----";

/// One connection of one group, whose values and definition change.
struct Versions {
    home: Home,
    group: GroupId,
    scope: Scope,
    id: ConnectionId,
}

impl Versions {
    fn of(home: Home) -> Self {
        let scope = Scope::Organization(OrganizationId::new());
        Self { home, group: GroupId::new(), scope, id: ConnectionId::new() }
    }

    fn session(&self) -> (EgressSession, Permit) {
        self.home.session_of(self.group, self.scope, self.id)
    }

    /// Sends a request by a session.
    async fn send(&self, session: EgressSession, permit: Permit, upstream: &Upstream) -> Arc<EgressSession> {
        let (session, deadline) = (Arc::new(session), Instant::now() + Duration::from_secs(20));
        let egress = self.home.egress.clone();
        let client = OutboundClient::new(egress, permit, Arc::clone(&session), deadline, &self.home.limits);
        text(client.send(get(upstream.url("/"))).await.unwrap()).await;
        session
    }

    /// Sends a request by the version as it is now, which follows another.
    async fn follow(&self, before: &EgressSession, upstream: &Upstream) -> Arc<EgressSession> {
        let (session, permit) = self.session();
        self.send(session.resuming(&before.state()), permit, upstream).await
    }
}

#[tokio::test]
async fn a_new_value_of_a_token_leaves_connections_open() {
    let upstream = Upstream::says("fine").await;
    let home = Home::authorized(&[&upstream], json!({"type": "bearer"}), &[("token", "the-first-token")]);
    let mut versions = Versions::of(home);
    let (session, permit) = versions.session();
    let first = versions.send(session, permit, &upstream).await;
    versions.home.credentials = vec![("main", "it", vec![("token", "the-second-token".to_owned())])];
    let second = versions.follow(&first, &upstream).await;
    assert_eq!(upstream.last().header("authorization"), Some("Bearer the-second-token"));
    drop(first);
    versions.follow(&second, &upstream).await;
    assert_eq!((upstream.connections(), upstream.seen().len()), (1, 3));
    // Who does not follow the one before begins anew.
    let (session, permit) = versions.session();
    versions.send(session, permit, &upstream).await;
    assert_eq!(upstream.connections(), 2);
}

#[tokio::test]
async fn what_opened_a_connection_for_others_is_not_taken_over() {
    type Change = fn(&mut Versions, &Upstream);
    let upstream = Upstream::says("fine").await;
    let method = json!({"type": "custom",
        "fields": {"pair": {"type": "certificate", "required": true}, "key": {"type": "password", "required": true}},
        "placements": [{"in": "certificate", "value": "{{pair}}"}, {"in": "header", "name": "X-Key", "value": "{{key}}"}]});
    let values = |pair: &str, key: &str| vec![("main", "it", vec![("pair", pair.to_owned()), ("key", key.to_owned())])];
    let changes: [(&str, Change, bool); 9] = [
        ("nothing", |_, _| {}, true),
        ("another key", |versions, _| versions.home.credentials[0].2[1].1 = "another-key".to_owned(), true),
        ("another client certificate", |versions, _| versions.home.credentials[0].2[0].1 = OTHER.to_owned(), false),
        ("another connection", |versions, _| versions.id = ConnectionId::new(), false),
        ("another group", |versions, _| versions.group = GroupId::new(), false),
        ("another scope", |versions, _| versions.scope = Scope::Organization(OrganizationId::new()), false),
        ("another owner", |versions, _| versions.home.tenant = true, false),
        (
            "another destination",
            |versions, upstream| {
                let more = json!({"url": upstream.url("/more"), "credential": "none"});
                versions.home.definition["destinations"].as_array_mut().unwrap().push(more);
            },
            false,
        ),
        (
            "another authority",
            |versions, _| {
                let certificate = ONE.split("-----BEGIN PRIVATE").next().unwrap();
                versions.home.definition["certificate_authorities"] = json!([certificate]);
            },
            false,
        ),
    ];
    for (name, change, kept) in changes {
        let mut versions = Versions::of(Home::authorized(&[&upstream], method.clone(), &[]));
        versions.home.credentials = values(ONE, "the-first-key");
        let (session, permit) = versions.session();
        let first = versions.send(session, permit, &upstream).await;
        let opened = upstream.connections();
        change(&mut versions, &upstream);
        versions.follow(&first, &upstream).await;
        assert_eq!(upstream.connections() == opened, kept, "{name}");
    }
}

#[tokio::test]
async fn what_is_granted_decides_too() {
    let upstream = Upstream::says("fine").await;
    let versions = Versions::of(Home::to(&[&upstream]));
    let (session, permit) = versions.session();
    let first = versions.send(session, permit, &upstream).await;
    let entry = crate::Internal {
        organization: "acme".parse().unwrap(),
        workspace: None,
        ranges: vec!["10.0.0.0/8".parse().unwrap()],
        ports: Vec::new(),
    };
    let settings = EgressSettings { internal: vec![entry], ..EgressSettings::default() };
    let (session, permit) = versions.session();
    let session = session.granted(settings.grants(&"acme".parse().unwrap(), None));
    versions.send(session.resuming(&first.state()), permit, &upstream).await;
    assert_eq!(upstream.connections(), 2);
}

/// A token belongs to the values that it was got with.
#[tokio::test]
async fn tokens_are_got_anew() {
    let upstream = service(3600, |number| if number > 2 { 2 } else { 1 }).await;
    let values = [("user", "ada"), ("pass", "open-sesame")];
    let versions = Versions::of(Home::authorized(&[&upstream], login(&upstream), &values));
    let (session, permit) = versions.session();
    let first = versions.send(session, permit, &upstream).await;
    versions.follow(&first, &upstream).await;
    let lines: Vec<_> = upstream.seen().into_iter().map(|seen| seen.line).collect();
    assert_eq!(lines.iter().filter(|line| line.starts_with("POST /login")).count(), 2, "{lines:?}");
    assert_eq!((upstream.connections(), lines.len()), (1, 4));
}
