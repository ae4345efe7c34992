//! Renewals whose host is killed at any moment, or stopped while it holds the lease. A refresh token that is good for one
//! use is sent once, and afterwards the connection works or says why it does not.

use std::time::Duration;

use lockgate_tests::{Home, Host, Postgres, Provider, Random, Serve, environment, eventually};
use reqwest::Method;
use serde_json::{Value, json};

use super::{call, host, invoke, prepare, shown, with_refresh_token};

/// When a host is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// Nothing was sent: what says so could not be written.
    BeforeTheRequest,
    /// The provider has the request.
    Requested,
    /// The provider has carried it out, and the answer is on its way.
    Answered,
    /// The answer is there and can't be written.
    BeforeTheCommit,
    /// It was written a moment ago.
    AfterTheCommit,
    /// Whatever it does after so many microseconds.
    After(u64),
}

/// Each is in the short run once.
const MOMENTS: [Moment; 5] =
    [Moment::BeforeTheRequest, Moment::Requested, Moment::Answered, Moment::BeforeTheCommit, Moment::AfterTheCommit];
/// The longest time until a kill that is not at a moment of the list: a renewal takes less.
const LONGEST_US: usize = 60_000;

fn moment(round: usize, random: &mut Random) -> Moment {
    match MOMENTS.get(if round < MOMENTS.len() { round } else { random.below(2 * MOMENTS.len()) }) {
        Some(moment) => *moment,
        None => Moment::After(random.below(LONGEST_US) as u64),
    }
}

fn renewal(host: &Host) -> reqwest::RequestBuilder {
    host.request(Method::POST, "/groups/g/connections/main/refresh")
}

fn generation(host: &Host) -> String {
    host.home.sql("SELECT generation FROM oauth_tokens")
}

fn waits(provider: &Provider) {
    eventually("the provider is asked", || (provider.count("waiting") == 1).then_some(()).ok_or("not yet"));
}

/// The time of a lease whose holder is gone is over. A file has one process, which waits for nobody.
fn lease_is_over(host: &Host) {
    if host.home.database().is_some() {
        host.home.sql("UPDATE oauth_tokens SET leased_until = 0");
    }
}

/// Begins a renewal, and kills the host at this moment of it.
fn kill_at(moment: Moment, host: &mut Host, provider: &Provider, random: &mut Random) {
    let before = generation(host);
    let pause = Duration::from_millis(random.below(100) as u64);
    match moment {
        Moment::BeforeTheRequest => {
            let lock = host.home.lock_tokens();
            host.send_and_forget(renewal(host));
            std::thread::sleep(pause);
            host.kill();
            drop(lock);
        }
        Moment::Requested | Moment::Answered => {
            provider.hold(if matches!(moment, Moment::Requested) { "requests" } else { "answers" });
            host.send_and_forget(renewal(host));
            waits(provider);
            std::thread::sleep(pause);
            host.kill();
            provider.release();
        }
        Moment::BeforeTheCommit => {
            provider.hold("answers");
            host.send_and_forget(renewal(host));
            waits(provider);
            let lock = host.home.lock_tokens();
            provider.release();
            std::thread::sleep(pause);
            host.kill();
            drop(lock);
        }
        Moment::AfterTheCommit => {
            host.send_and_forget(renewal(host));
            eventually("the tokens are kept", || (generation(host) != before).then_some(()).ok_or("not yet"));
            host.kill();
        }
        Moment::After(time) => {
            host.send_and_forget(renewal(host));
            std::thread::sleep(Duration::from_micros(time));
            host.kill();
        }
    }
    lease_is_over(host);
    host.restart();
}

/// What the connection says of itself when nobody knows what became of its refresh token; a person authorizes it again.
fn says_why_and_is_mended(host: &Host, provider: &Provider, what: &str) {
    let problem = invoke(host).problem(409, "LG1020");
    let shown = shown(host);
    let failure = &shown["tokens"]["main"]["failure"];
    assert_eq!((&shown["state"], &failure["code"]), (&json!("needs_reauth"), &json!("LG4044")), "{what}: {problem}");
    let detail = failure["detail"].as_str().unwrap();
    assert!(detail.contains("authorize") && failure["since"].is_string(), "{what}: {failure}");
    authorize(host, provider);
    assert_eq!(invoke(host).output(), "ada", "{what}");
}

fn authorize(host: &Host, provider: &Provider) {
    let values = json!({"credentials": {"main": {"values": {"refresh_token": provider.mint()}}}});
    host.send(host.request(Method::PUT, "/groups/g/connections/main/credentials").json(&values)).status(200);
}

#[test]
fn killed_at_any_moment_of_a_renewal() {
    let mut random = Random::new(environment::seed());
    let provider = Provider::start();
    let mut host = host(&provider, json!({"grant": "refresh_token"}));
    with_refresh_token(&host, &provider.mint());
    invoke(&host).status(200);
    let (mut good, mut unknown) = (0, 0);
    for round in 0..environment::rounds(2 * MOMENTS.len(), 200) {
        let moment = moment(round, &mut random);
        host.home.sql("UPDATE oauth_tokens SET issued_at = issued_at - 3600000");
        let before = provider.count("requests");
        kill_at(moment, &mut host, &provider, &mut random);
        let what = format!("round {round}, {moment:?}");
        let answer = invoke(&host);
        let asked = provider.count("requests") - before;
        assert_eq!(provider.count("revoked"), 0, "{what}");
        let is_good = answer.status == 200;
        if is_good {
            good += 1;
            assert_eq!(asked, 1, "{what}");
        } else {
            unknown += 1;
            answer.problem(502, "LG4044");
            assert!(asked <= 1, "{what}: {asked} requests");
            says_why_and_is_mended(&host, &provider, &what);
        }
        match moment {
            Moment::BeforeTheRequest | Moment::AfterTheCommit => assert!(is_good, "{what}"),
            Moment::Requested | Moment::Answered | Moment::BeforeTheCommit => assert!(!is_good, "{what}"),
            Moment::After(_) => {}
        }
        assert_eq!(shown(&host)["state"], "active", "{what}");
    }
    eprintln!("after {good} kills the next call had a token, after {unknown} a person had to authorize again");
}

/// Two hosts on one PostgreSQL.
fn two(provider: &Provider) -> [Host; 2] {
    let database = Postgres::start().database("lockgate");
    let text = format!("public_url = \"{}\"\nreachable = ['{}']\n", super::public_url(), provider.address());
    let one = Serve::at(Home::on(&database)).configured(&text).start();
    prepare(&one, provider, json!({"grant": "refresh_token"}));
    with_refresh_token(&one, &provider.mint());
    let other = Serve::beside(&one).configured(&text).start();
    [one, other]
}

fn state(host: &Host) -> Value {
    host.get("/groups/g/connections/main").status(200).json()
}

/// How often tokens came after others.
fn late(host: &Host) -> usize {
    host.log().matches("renewed tokens came too late").count()
}

/// The other host takes the lease over when its time is over. What the first one had sent is good for one use, so nobody
/// sends it again, and what it gets when it goes on counts if nothing came after.
#[test]
fn stopped_while_it_holds_the_lease() {
    let mut random = Random::new(environment::seed());
    let provider = Provider::start();
    let [mut one, mut other] = two(&provider);
    invoke(&one).status(200);
    for round in 0..environment::rounds(4, 60) {
        // Each of the four in the short run once.
        let (held, authorized) = (["requests", "answers"][round % 2], round / 2 % 2 == 1);
        let what = format!("round {round}: {held} are held, authorized again: {authorized}");
        one.home.sql("UPDATE oauth_tokens SET issued_at = issued_at - 3600000");
        let before = provider.count("requests");
        provider.hold(held);
        one.send_and_forget(renewal(&one));
        waits(&provider);
        one.pause();
        let early = random.below(2) == 0;
        if early {
            provider.release();
        }
        lease_is_over(&one);
        other.send(renewal(&other)).problem(502, "LG4044");
        let noted = state(&other);
        assert_eq!(noted["tokens"]["main"]["failure"]["code"], "LG4044", "{what}: {noted}");
        assert_eq!(noted["state"], "needs_reauth", "{what}: {noted}");
        if authorized {
            // What is held stays so, and nothing else is.
            provider.hold("");
            authorize(&other, &provider);
            assert_eq!(invoke(&other).output(), "ada", "{what}");
        }
        let (fresh, dropped) = (generation(&other), late(&one));
        provider.release();
        one.resume();
        if authorized {
            eventually("what comes late is dropped", || (late(&one) > dropped).then_some(()).ok_or_else(|| one.log()));
            assert_eq!(generation(&other), fresh, "{what}");
        }
        for host in [&one, &other] {
            host.until("a token", || call(host), |answer| answer.status == 200);
            eventually("it is active", || (state(host)["state"] == "active").then_some(()).ok_or_else(|| state(host)));
        }
        let asked = provider.count("requests") - before;
        assert_eq!((asked, provider.count("revoked")), (1 + u64::from(authorized), 0), "{what}");
        std::mem::swap(&mut one, &mut other);
    }
    assert_eq!(provider.count("refused"), 0);
}
