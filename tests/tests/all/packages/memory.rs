//! Large packages take little memory, also several at one time.

use lockgate_tests::component::{Crafted, section};
use lockgate_tests::{Host, Random, eventually};
use serde_json::json;

/// Bytes of each plugin that nothing can pack.
const SIZE: usize = 6 << 20;
const PLUGINS: usize = 8;
const KIB: u64 = 1024;

/// A plugin with a custom section of that size.
fn large(number: usize) -> Vec<u8> {
    let component = Crafted::plugin(&format!("large_{number}"), "1").connector(&format!("which_{number}")).component();
    // A section of this kind begins with the length of its name, and the name.
    let content = [&[1, b'x'][..], &Random::new(number as u64).bytes(SIZE)].concat();
    [component, section(0, &content)].concat()
}

#[test]
fn two_large_exports_at_one_time_have_one_component_in_memory() {
    let mut host = Host::start();
    host.group("shop", json!({}));
    for number in 0..PLUGINS {
        host.load("shop", large(number)).status(201);
    }
    // What loading took is forgotten.
    host.restart();
    host.forget_peak();
    let before = host.peak_kib();
    let request = host.request_bytes("GET", "/groups/shop/export?plugins=true", "text/plain", b"");
    let mut answers = [(); 2].map(|()| host.connect().send(&request));
    // Nobody takes the archives, which lie on disk: their pages would count as memory too.
    for answer in &mut answers {
        assert_eq!(eventually("an export", || answer.answered().ok_or("no answer yet")), 200);
    }
    let took = (host.peak_kib() - before) * KIB;
    let all = (2 * PLUGINS * SIZE) as u64;
    // One component, as the store and its driver have it, and as it is packed.
    assert!(took < all / 2, "{took} bytes for {all} of plugins");
}
