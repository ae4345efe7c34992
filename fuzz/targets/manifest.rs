//! An untrusted manifest, as `describe` returns it. One that is taken is stored as text, so it must be taken again
//! and mean the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lockgate_flow::CheckedManifest;

fuzz_target!(|text: &str| {
    match CheckedManifest::parse(text) {
        Ok(checked) => {
            let stored = serde_json::to_string(&checked.manifest).unwrap();
            let again = CheckedManifest::parse(&stored).unwrap();
            assert_eq!(again.manifest, checked.manifest);
        }
        Err(refused) => drop(refused.problem()),
    }
});
