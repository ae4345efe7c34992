//! Signed claims (RFC 7515, RFC 7519) by a private key that never leaves this file.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lockgate_domain::auth::AssertionAlgorithm;
use lockgate_vault::Secret;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

/// Why nothing is signed, for whoever gave the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeyRefused {
    #[error("the private key is not in PEM: expected `-----BEGIN PRIVATE KEY-----`")]
    Pem,
    #[error("the private key is none for RS256: expected RSA of 2048 to 8192 bits")]
    Rsa,
    #[error("the private key is none for ES256: expected P-256 in PKCS #8 (`-----BEGIN PRIVATE KEY-----`)")]
    Ecdsa,
    #[error("the operating system gave no random bytes")]
    Random,
}

/// Claims, signed, in the compact form.
#[expect(clippy::disallowed_methods, reason = "the secret is the key of the signature")]
pub(super) fn signed(
    claims: &Value,
    key: &Secret,
    key_id: Option<&str>,
    algorithm: AssertionAlgorithm,
) -> Result<Zeroizing<Vec<u8>>, KeyRefused> {
    let key = PrivateKeyDer::from_pem_slice(key.expose()).map_err(|_| KeyRefused::Pem)?;
    let mut header = Map::new();
    header.insert("alg".to_owned(), json!(algorithm.as_str()));
    header.insert("typ".to_owned(), json!("JWT"));
    header.extend(key_id.map(|id| ("kid".to_owned(), json!(id))));
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", encoded(&Value::Object(header)), encoded(claims));
    let random = SystemRandom::new();
    let signature = match algorithm {
        AssertionAlgorithm::Rs256 => {
            let pair = match &key {
                PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
                PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
                _ => return Err(KeyRefused::Rsa),
            };
            let pair = pair.map_err(|_| KeyRefused::Rsa)?;
            let mut signature = vec![0; pair.public().modulus_len()];
            pair.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature)
                .map_err(|_| KeyRefused::Random)?;
            signature
        }
        AssertionAlgorithm::Es256 => {
            let PrivateKeyDer::Pkcs8(key) = &key else { return Err(KeyRefused::Ecdsa) };
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.secret_pkcs8_der(), &random);
            let pair = pair.map_err(|_| KeyRefused::Ecdsa)?;
            pair.sign(&random, message.as_bytes()).map_err(|_| KeyRefused::Random)?.as_ref().to_vec()
        }
    };
    Ok(Zeroizing::new(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)).into_bytes()))
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, KeyPair, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;

    /// Made for this test: `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048`, and with `-traditional`.
    const RSA: &str = include_str!("../../../testdata/rsa.pem");
    const RSA_PKCS1: &str = include_str!("../../../testdata/rsa-pkcs1.pem");
    /// `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`, and in SEC 1.
    const EC: &str = include_str!("../../../testdata/ec.pem");
    const EC_SEC1: &str = include_str!("../../../testdata/ec-sec1.pem");

    fn sign(key: &str, algorithm: AssertionAlgorithm) -> Result<String, KeyRefused> {
        let signed = signed(&json!({"iss": "me"}), &Secret::from(key.to_owned()), Some("k1"), algorithm)?;
        Ok(String::from_utf8(signed.to_vec()).unwrap())
    }

    fn parts(text: &str) -> (String, Value, Value, Vec<u8>) {
        let (message, signature) = text.rsplit_once('.').unwrap();
        let (header, claims) = message.split_once('.').unwrap();
        let json = |text: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
        (message.to_owned(), json(header), json(claims), URL_SAFE_NO_PAD.decode(signature).unwrap())
    }

    #[test]
    fn claims_are_signed_as_the_key_allows() {
        for key in [RSA, RSA_PKCS1] {
            let text = sign(key, AssertionAlgorithm::Rs256).unwrap();
            let (message, header, claims, signature) = parts(&text);
            assert_eq!((header, claims), (json!({"alg": "RS256", "typ": "JWT", "kid": "k1"}), json!({"iss": "me"})));
            let PrivateKeyDer::Pkcs8(der) = PrivateKeyDer::from_pem_slice(RSA.as_bytes()).unwrap() else { panic!() };
            let public = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap().public_key().as_ref().to_vec();
            let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public);
            public.verify(message.as_bytes(), &signature).unwrap();
        }
        let (message, header, _, signature) = parts(&sign(EC, AssertionAlgorithm::Es256).unwrap());
        assert_eq!(header["alg"], "ES256");
        let PrivateKeyDer::Pkcs8(der) = PrivateKeyDer::from_pem_slice(EC.as_bytes()).unwrap() else { panic!() };
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.secret_pkcs8_der(), &random).unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref().to_vec());
        public.verify(message.as_bytes(), &signature).unwrap();
    }

    #[test]
    fn a_key_that_can_not_sign_is_named_by_what_is_expected() {
        assert_eq!(sign("hunter2", AssertionAlgorithm::Rs256), Err(KeyRefused::Pem));
        assert_eq!(sign(EC, AssertionAlgorithm::Rs256), Err(KeyRefused::Rsa));
        assert_eq!(sign(EC_SEC1, AssertionAlgorithm::Rs256), Err(KeyRefused::Rsa));
        assert_eq!(sign(RSA, AssertionAlgorithm::Es256), Err(KeyRefused::Ecdsa));
        assert_eq!(sign(EC_SEC1, AssertionAlgorithm::Es256), Err(KeyRefused::Ecdsa));
    }
}
