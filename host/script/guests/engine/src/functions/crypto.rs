//! Digests, message authentication and randomness for `crypto`.

use hmac::{Hmac, KeyInit, Mac};
use rquickjs::{Ctx, Exception, Function, Object};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{Bytes, of};
use crate::bindings::wasi::random::random;

pub(super) fn install<'js>(ctx: &Ctx<'js>, functions: &Object<'js>) -> rquickjs::Result<()> {
    functions.set("digest", Function::new(ctx.clone(), digest)?)?;
    functions.set("hmac", Function::new(ctx.clone(), hmac)?)?;
    functions.set("hmacVerify", Function::new(ctx.clone(), hmac_verify)?)?;
    functions.set("random", Function::new(ctx.clone(), random)?)
}

/// So many random bytes, at most 65,536.
fn random(ctx: Ctx<'_>, length: u32) -> rquickjs::Result<Bytes<'_>> {
    Bytes::new(ctx, random::get_random_bytes(u64::from(length)))
}

/// `algorithm` is a name of Web Cryptography, in upper case.
fn digest<'js>(ctx: Ctx<'js>, algorithm: String, data: Bytes<'js>) -> rquickjs::Result<Bytes<'js>> {
    let data = of(&ctx, &data)?;
    let digest = match algorithm.as_str() {
        "SHA-1" => Sha1::digest(data).to_vec(),
        "SHA-256" => Sha256::digest(data).to_vec(),
        "SHA-384" => Sha384::digest(data).to_vec(),
        "SHA-512" => Sha512::digest(data).to_vec(),
        _ => return Err(unknown(&ctx, &algorithm)),
    };
    Bytes::new(ctx, digest)
}

fn hmac<'js>(ctx: Ctx<'js>, algorithm: String, key: Bytes<'js>, data: Bytes<'js>) -> rquickjs::Result<Bytes<'js>> {
    let (own_key, own_data) = (of(&ctx, &key)?, of(&ctx, &data)?);
    let code = match algorithm.as_str() {
        "SHA-1" => code::<Hmac<Sha1>>(own_key, own_data),
        "SHA-256" => code::<Hmac<Sha256>>(own_key, own_data),
        "SHA-384" => code::<Hmac<Sha384>>(own_key, own_data),
        "SHA-512" => code::<Hmac<Sha512>>(own_key, own_data),
        _ => return Err(unknown(&ctx, &algorithm)),
    };
    Bytes::new(ctx, code)
}

/// Compares in constant time.
fn hmac_verify<'js>(
    ctx: Ctx<'js>,
    algorithm: String,
    key: Bytes<'js>,
    signature: Bytes<'js>,
    data: Bytes<'js>,
) -> rquickjs::Result<bool> {
    let (key, signature, data) = (of(&ctx, &key)?, of(&ctx, &signature)?, of(&ctx, &data)?);
    Ok(match algorithm.as_str() {
        "SHA-1" => is_code::<Hmac<Sha1>>(key, data, signature),
        "SHA-256" => is_code::<Hmac<Sha256>>(key, data, signature),
        "SHA-384" => is_code::<Hmac<Sha384>>(key, data, signature),
        "SHA-512" => is_code::<Hmac<Sha512>>(key, data, signature),
        _ => return Err(unknown(&ctx, &algorithm)),
    })
}

fn code<M: Mac + KeyInit>(key: &[u8], data: &[u8]) -> Vec<u8> {
    mac::<M>(key, data).finalize().into_bytes().to_vec()
}

fn is_code<M: Mac + KeyInit>(key: &[u8], data: &[u8], signature: &[u8]) -> bool {
    mac::<M>(key, data).verify_slice(signature).is_ok()
}

fn mac<M: Mac + KeyInit>(key: &[u8], data: &[u8]) -> M {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(data);
    mac
}

fn unknown(ctx: &Ctx<'_>, algorithm: &str) -> rquickjs::Error {
    let text = format!("the hash `{algorithm}` is not known: expected SHA-1, SHA-256, SHA-384 or SHA-512");
    Exception::throw_type(ctx, &text)
}
