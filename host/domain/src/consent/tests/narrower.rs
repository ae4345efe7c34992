//! Random changes of destinations.

use super::*;
use crate::destination::{Slashes, Target};

/// A random destination of hosts and paths that overlap in many ways.
fn random_destination(random: &mut fastrand::Rng, grpc: bool) -> Value {
    let hosts = ["acme.example", "a.acme.example", "*.acme.example", "*.a.acme.example", "{sub}.acme.example"];
    let (host, path) = (hosts[random.usize(..5)], ["", "/a", "/a/b", "/b"][random.usize(..4)]);
    let credential = ["main", "other", "none"][random.usize(..3)];
    let clear = grpc && random.u8(..4) == 0;
    let (key, scheme) = (if grpc { "grpc" } else { "url" }, if clear { "http" } else { "https" });
    let url = format!("{scheme}://{host}:443{path}");
    let mut one = json!({key: url, "credential": credential, "tenant_private": random.u8(..4) == 0});
    if clear {
        one["plaintext"] = json!(true);
    }
    match random.u8(..4) {
        0 if grpc => {}
        0 => one["methods"] = json!(["GET"]),
        1 if !grpc => one["methods"] = json!(["GET", "POST"]),
        _ => {}
    }
    if !grpc && random.u8(..4) == 0 {
        one["encoded_slashes"] = json!(true);
    }
    one
}

/// Whatever changes in the destinations: if nobody has to look, no request gets through that did not, and none gets
/// more than it got.
#[test]
fn what_is_narrower_sends_nothing_new() {
    let mut random = fastrand::Rng::with_seed(17);
    let method = json!({"methods": {"m": {"type": "bearer"}}});
    let sub = json!({"type": "text", "required": true});
    let activation = json!({"credentials": {"main": method, "other": method}, "fields": {"sub": sub}});
    let read = |list: &[Value]| {
        let egress =
            EgressDefinition::read(ResourceType::Internal, None, Some(&activation), Some(&json!(list)), None).ok()?;
        let fixed = ["a", "b"].map(|value| egress.destinations.fixed(|_| Some(value)).ok());
        Some((fixed, Consent::of(&egress, &BTreeMap::new())))
    };
    let urls = ["acme.example", "a.acme.example", "b.acme.example", "c.a.acme.example"].into_iter();
    let urls = urls.flat_map(|host| ["/", "/a", "/a/b", "/a/b/c", "/b"].map(|path| (host, path)));
    let urls = urls.flat_map(|(host, path)| [format!("https://{host}{path}"), format!("grpc://{host}:443{path}")]);
    let urls = urls.chain(["https://a.acme.example/a/x%2Fb", "https://acme.example/a%2Fb"].map(str::to_owned));
    let targets: Vec<_> = urls.map(|url| Target::parse_with(&url, Slashes::AsDestination).unwrap()).collect();
    let requests: Vec<_> = targets.iter().flat_map(|target| ["GET", "POST"].map(|method| (target, method))).collect();

    let (mut narrower, mut different) = (0, 0);
    for round in 0..20_000 {
        let grpc = round % 2 == 0;
        let mut list: Vec<_> = (0..random.usize(1..5)).map(|_| random_destination(&mut random, grpc)).collect();
        let Some((was, before)) = read(&list) else { continue };
        for _ in 0..random.usize(1..3) {
            let index = random.usize(..list.len());
            match random.u8(..4) {
                0 => list.push(random_destination(&mut random, grpc)),
                1 if list.len() > 1 => drop(list.remove(index)),
                2 => {
                    let key = if grpc { "grpc" } else { "url" };
                    list[index][key] = json!(format!("{}/a", list[index][key].as_str().unwrap()));
                }
                _ => list[index] = random_destination(&mut random, grpc),
            }
        }
        let Some((is, now)) = read(&list) else { continue };
        let comparison = before.compare(&now);
        if comparison.verdict() == Verdict::Different {
            different += 1;
            continue;
        }
        narrower += 1;
        // With each value for the field, as far as the definition takes it.
        for (was, is) in was.iter().zip(&is).filter_map(|(was, is)| was.as_ref().zip(is.as_ref())) {
            for (target, method) in &requests {
                let passes = |found: &&Destination| found.check_slashes(target).is_ok();
                let Some(is) = is.matches(target, method).filter(passes) else { continue };
                let case = || format!("{method} {target}\n{comparison}\n{before:?}\n{now:?}");
                let was = was.matches(target, method).filter(passes).unwrap_or_else(|| panic!("new: {}", case()));
                assert!(is.credential.is_none() || is.credential == was.credential, "credential: {}", case());
                assert!(is.credential.is_none() || was.plaintext || !is.plaintext, "plaintext: {}", case());
                assert!(was.tenant_private || !is.tenant_private, "private: {}", case());
            }
        }
    }
    assert!(narrower > 500 && different > 500, "{narrower} narrower, {different} different");
}
