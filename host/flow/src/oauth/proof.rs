//! What binds the answer of a provider to the browser and the authorization that it belongs to. All of it follows from two
//! secrets: the nonce of the address that a person opened, and a random value in a cookie of their browser. Neither is
//! stored, so nobody who reads the store can make a state or a verifier.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lockgate_domain::Digest;
use lockgate_vault::{AccessToken, Secret};

use crate::FlowError;

/// Letters of a cookie's value: 256 random bits in hex.
const COOKIE_LETTERS: usize = 64;

/// A random text: 256 bits in hex.
pub(super) fn random() -> Result<String, FlowError> {
    // Without the mark of an access token, which this is not.
    Ok(AccessToken::generate()?.reveal().trim_start_matches("lg_").to_owned())
}

/// A cookie's value, if it is one of [`random`].
pub(super) fn is_cookie(text: &str) -> bool {
    text.len() == COOKIE_LETTERS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `state` (RFC 6749 section 10.12): the id of the authorization, and what only its own browser can repeat.
pub(super) fn state(id: &[u8; 16], nonce: &[u8; 32], cookie: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(id), derived("state", nonce, cookie))
}

/// The id in a state.
pub(super) fn id_in(state: &str) -> Option<[u8; 16]> {
    let (id, rest) = state.split_once('.')?;
    let id = URL_SAFE_NO_PAD.decode(id).ok()?.try_into().ok()?;
    (rest.len() == 43).then_some(id)
}

/// The verifier of a challenge (RFC 7636 section 4.1).
pub(super) fn verifier(nonce: &[u8; 32], cookie: &str) -> Secret {
    Secret::from(derived("verifier", nonce, cookie))
}

/// The challenge by S256 (section 4.2).
pub(super) fn challenge(nonce: &[u8; 32], cookie: &str) -> String {
    URL_SAFE_NO_PAD.encode(Digest::of(derived("verifier", nonce, cookie).as_bytes()).as_bytes())
}

fn derived(what: &str, nonce: &[u8; 32], cookie: &str) -> String {
    // Fixed lengths, so that no two inputs are the same text.
    let mut text = format!("lockgate oauth {what} ").into_bytes();
    text.extend_from_slice(nonce);
    text.extend_from_slice(cookie.as_bytes());
    URL_SAFE_NO_PAD.encode(Digest::of(&text).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_belongs_to_one_authorization_and_one_browser() {
        let (id, nonce, cookie) = ([7; 16], [9; 32], "a".repeat(64));
        let own = state(&id, &nonce, &cookie);
        assert_eq!(id_in(&own), Some(id));
        assert_ne!(own, state(&id, &nonce, &"b".repeat(64)));
        assert_ne!(own, state(&id, &[8; 32], &cookie));
        assert_ne!(own, state(&[8; 16], &nonce, &cookie));
        for forged in ["", ".", "AAAA.x", own.get(1..).unwrap(), own.get(..own.len() - 1).unwrap(), "é.é"] {
            assert_eq!(id_in(forged), None, "{forged}");
        }
    }

    /// The example of RFC 7636, appendix B, shows the length; the relation is what counts.
    #[test]
    fn a_challenge_is_the_digest_of_its_verifier() {
        let cookie = random().unwrap();
        assert!(is_cookie(&cookie) && !is_cookie(cookie.get(1..).unwrap()) && !is_cookie(&"x".repeat(64)));
        let verifier = derived("verifier", &[1; 32], &cookie);
        assert_eq!(verifier.len(), 43);
        assert_eq!(challenge(&[1; 32], &cookie), URL_SAFE_NO_PAD.encode(Digest::of(verifier.as_bytes()).as_bytes()));
        assert_ne!(verifier, derived("state", &[1; 32], &cookie));
    }
}
