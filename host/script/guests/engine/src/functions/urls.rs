//! `URL`: the parts of a URL, and what setting one of them gives.

use rquickjs::{Ctx, Function, Object};
use url::{Url, quirks};

pub(super) fn install<'js>(ctx: &Ctx<'js>, functions: &Object<'js>) -> rquickjs::Result<()> {
    functions.set("parseUrl", Function::new(ctx.clone(), parse)?)?;
    functions.set("setUrl", Function::new(ctx.clone(), set)?)
}

/// `None`: it is no URL.
fn parse<'js>(ctx: Ctx<'js>, url: String, base: Option<String>) -> rquickjs::Result<Option<Object<'js>>> {
    let base = match base.as_deref().map(Url::parse) {
        Some(Ok(base)) => Some(base),
        Some(Err(_)) => return Ok(None),
        None => None,
    };
    let parsed = Url::options().base_url(base.as_ref()).parse(&url);
    parsed.ok().map(|url| parts(&ctx, &url)).transpose()
}

/// Sets one part of a URL that was parsed before, by the rules of that part; `None`: the new one is refused.
fn set<'js>(ctx: Ctx<'js>, url: String, part: String, value: String) -> rquickjs::Result<Option<Object<'js>>> {
    let Ok(mut url) = Url::parse(&url) else { return Ok(None) };
    let set = match part.as_str() {
        "href" => quirks::set_href(&mut url, &value).is_ok(),
        "protocol" => quirks::set_protocol(&mut url, &value).is_ok(),
        "username" => quirks::set_username(&mut url, &value).is_ok(),
        "password" => quirks::set_password(&mut url, &value).is_ok(),
        "host" => quirks::set_host(&mut url, &value).is_ok(),
        "hostname" => quirks::set_hostname(&mut url, &value).is_ok(),
        "port" => quirks::set_port(&mut url, &value).is_ok(),
        "pathname" => {
            quirks::set_pathname(&mut url, &value);
            true
        }
        "search" => {
            quirks::set_search(&mut url, &value);
            true
        }
        "hash" => {
            quirks::set_hash(&mut url, &value);
            true
        }
        _ => false,
    };
    set.then(|| parts(&ctx, &url)).transpose()
}

fn parts<'js>(ctx: &Ctx<'js>, url: &Url) -> rquickjs::Result<Object<'js>> {
    let parts = Object::new(ctx.clone())?;
    parts.set("href", quirks::href(url))?;
    parts.set("origin", quirks::origin(url))?;
    parts.set("protocol", quirks::protocol(url))?;
    parts.set("username", quirks::username(url))?;
    parts.set("password", quirks::password(url))?;
    parts.set("host", quirks::host(url))?;
    parts.set("hostname", quirks::hostname(url))?;
    parts.set("port", quirks::port(url))?;
    parts.set("pathname", quirks::pathname(url))?;
    parts.set("search", quirks::search(url))?;
    parts.set("hash", quirks::hash(url))?;
    Ok(parts)
}
