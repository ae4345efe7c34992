//! What the library must know of a JSON text before the engine reads it: whether its numbers would lose digits.

use rquickjs::{Ctx, Exception, Function, Object, Value};

use crate::numbers::{OutOfRange, long_integers};

pub(super) fn install<'js>(ctx: &Ctx<'js>, functions: &Object<'js>) -> rquickjs::Result<()> {
    functions.set("longIntegers", Function::new(ctx.clone(), count)?)
}

/// How many whole numbers are there that a double may not hold exactly. Throws for a number that no double comes near.
fn count<'js>(ctx: Ctx<'js>, text: Value<'js>) -> rquickjs::Result<f64> {
    let found = super::bytes::read(&ctx, &text, long_integers)?;
    found.map(|count| count as f64).map_err(|error| thrown(&ctx, &error))
}

/// As above, of a text of Rust.
pub(super) fn has_long_integers(ctx: &Ctx<'_>, text: &str) -> rquickjs::Result<bool> {
    long_integers(text.as_bytes()).map(|count| count > 0).map_err(|error| thrown(ctx, &error))
}

fn thrown(ctx: &Ctx<'_>, OutOfRange(number): &OutOfRange) -> rquickjs::Error {
    Exception::throw_range(ctx, &format!("the number {number} is larger than any number that can be read"))
}
