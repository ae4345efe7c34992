//! Runs a jq program on JSON, with the `jaq` crates.

mod error;
mod output;

use jaq_core::{
    Compiler, Ctx, Vars,
    data::JustLut,
    load::{Arena, File, Loader},
    native::{Fun, bome, run, v},
};
use jaq_json::Val;
use lockgate_sdk::prelude::*;
use output::Written;
use std::collections::BTreeMap;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Transformation {
    /// A jq program, for example `group_by(.country) | map({country: .[0].country, sum: map(.amount) | add})`.
    program: String,
    /// What the program gets as its input.
    #[schemars(with = "Value")]
    data: Val,
    /// Values of the program's variables, without the `$`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Value>")]
    arguments: BTreeMap<String, Val>,
}

#[derive(Serialize, JsonSchema)]
struct Transformed {
    /// Every output of the program, in order.
    #[schemars(with = "Vec<Value>")]
    results: Vec<Written<Val>>,
}

/// Transform JSON with a jq program.
///
/// Everything of jq that needs no second input, no module and no terminal works. A program that does not compile fails
/// with `invalid_program` and the places at fault, one that ends with an error with `program_failed` and its value.
#[connector(
    title = "Transform with jq", tags("json"), read_only, idempotent,
    example({ "program": ".[] | . * $by", "data": [1, 2], "arguments": { "by": 10 } } => { "results": [10, 20] })
)]
fn transform(input: Transformation) -> Result<Transformed, Failure> {
    let Transformation { program, data, arguments } = input;
    let names: Vec<String> = arguments.keys().map(|name| format!("${name}")).collect();
    let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let arena = Arena::default();
    let modules = Loader::new(definitions)
        .load(&arena, File { code: program.as_str(), path: () })
        .map_err(|errors| error::unreadable(&program, errors))?;
    let filter = Compiler::default()
        .with_funs(functions())
        .with_global_vars(names.iter().map(String::as_str))
        .compile(modules)
        .map_err(|errors| error::undefined(&program, errors))?;

    let context = Ctx::<JustLut<Val>>::new(&filter.lut, Vars::new(arguments.into_values()));
    let mut results = Vec::new();
    for result in filter.id.run((context, data)) {
        match result.map_err(jaq_core::Exn::get_err) {
            Ok(value) => results.push(Written(value)),
            Err(Ok(error)) => return Err(error::raised(error, results.len())),
            Err(Err(_halt)) => break,
        }
    }
    Ok(Transformed { results })
}

/// jq's functions, with `now` from the host: `std::time` has no clock here.
fn functions() -> impl Iterator<Item = Fun<JustLut<Val>>> {
    let now = run(("now", v(0), |_| bome(Ok(Val::from(clock::unix_time().as_secs_f64())))));
    let others = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    others.filter(|(name, ..)| *name != "now").chain([now])
}

lockgate_sdk::plugin!(transform);

#[cfg(test)]
mod tests;
