//! The library of scripts, as modules. Those whose names begin with `lockgate:` set what is global, and no script can name
//! them: the compiler of scripts refuses any import but [`PUBLIC`].

use rquickjs::{Ctx, Function, Object, Persistent, Value};

use crate::run::Loaded;

/// Where the functions of the host are while the library is loaded.
pub(crate) const FUNCTIONS: &str = "__lockgate";

macro_rules! modules {
    ($($name:literal: $file:literal,)*) => {
        &[$(($name, include_str!(concat!("../library/", $file))),)*]
    };
}

/// Every module and its source, each after those that it imports.
pub(crate) const MODULES: &[(&str, &str)] = modules! {
    "lockgate:locales": "locales.js",
    "lockgate:inspect": "inspect.js",
    "lockgate:json": "json.js",
    "lockgate:exact": "exact.js",
    "lockgate:options": "options.js",
    "lockgate:console": "console.js",
    "lockgate:encoding": "encoding.js",
    "lockgate:url": "url.js",
    "lockgate:timers": "timers.js",
    "lockgate:events": "events.js",
    "lockgate:abort": "abort.js",
    "lockgate:blob": "blob.js",
    "lockgate:form-data": "form_data.js",
    "lockgate:headers": "headers.js",
    "lockgate:body": "body.js",
    "lockgate": "lockgate.js",
    "lockgate:fetch": "fetch.js",
    "lockgate:crypto": "crypto.js",
    "lockgate:clone": "clone.js",
    "lockgate/connectors": "connectors.js",
    "lockgate/database": "database.js",
    "lockgate/grpc": "grpc.js",
    "lockgate/csv": "csv.js",
    "lockgate:dates/moments": "dates/moments.js",
    "lockgate:dates/patterns": "dates/patterns.js",
    "lockgate/dates": "dates.js",
    "lockgate:jmespath/errors": "jmespath/errors.js",
    "lockgate:jmespath/tokens": "jmespath/tokens.js",
    "lockgate:jmespath/parser": "jmespath/parser.js",
    "lockgate:jmespath/values": "jmespath/values.js",
    "lockgate:jmespath/functions": "jmespath/functions.js",
    "lockgate/jmespath": "jmespath.js",
    "lockgate:xml/grammar": "xml/grammar.js",
    "lockgate:xml/namespaces": "xml/namespaces.js",
    "lockgate:xml/references": "xml/references.js",
    "lockgate:xml/reader": "xml/reader.js",
    "lockgate:xml/writer": "xml/writer.js",
    "lockgate/xml": "xml.js",
    "lockgate:declared": "declared.js",
    "lockgate:run": "run.js",
};

/// What scripts can import. `modules.rs` of the compiler has the same names.
pub(crate) const PUBLIC: [&str; 8] = [
    "lockgate",
    "lockgate/connectors",
    "lockgate/csv",
    "lockgate/database",
    "lockgate/dates",
    "lockgate/grpc",
    "lockgate/jmespath",
    "lockgate/xml",
];

type Entry = Persistent<Function<'static>>;

/// What Rust calls of the library: exports of its last module, `run.js`.
pub(crate) struct Entries {
    pub(crate) run: Entry,
    pub(crate) explain: Entry,
    /// JSON text to values, with whole numbers of any size.
    pub(crate) parse: Entry,
    /// A parameter of a database that is an object, as bytes or JSON text.
    pub(crate) parameter: Entry,
}

/// Loads every module into the context of scripts, and takes the ways to make code of text out of it.
pub(crate) fn load<'js>(ctx: &Ctx<'js>, compiled: &[Vec<u8>]) -> rquickjs::Result<Entries> {
    let mut last = None;
    for bytes in compiled {
        let loaded = Loaded::read(ctx, bytes)?;
        let promise = loaded.evaluate(ctx)?;
        promise.finish::<Value<'js>>()?;
        last = Some(loaded);
    }
    let globals = ctx.globals();
    for name in [FUNCTIONS, "eval", "Function"] {
        globals.remove(name)?;
    }
    let namespace: Object<'js> = last.ok_or(rquickjs::Error::Unknown)?.namespace(ctx)?;
    let entry = |name: &str| -> rquickjs::Result<Entry> {
        let function: Function<'js> = namespace.get(name)?;
        Ok(Persistent::save(ctx, function))
    };
    Ok(Entries {
        run: entry("run")?,
        explain: entry("explain")?,
        parse: entry("parse")?,
        parameter: entry("parameter")?,
    })
}
