//! What the library must know of a JSON text before the engine reads it: whether its numbers would lose digits.

use rquickjs::{Ctx, Exception, Function, Object, Value};

use crate::members;
use crate::numbers::{OutOfRange, long_integers};

/// Characters of a name that a message shows.
const NAME_SHOWN: usize = 64;

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

/// Throws for an object with two members of one name, of which a parser would keep the last.
pub(super) fn refuse_twice(ctx: &Ctx<'_>, text: &str) -> rquickjs::Result<()> {
    let Some(name) = members::twice(text) else { return Ok(()) };
    let shown: String = name.chars().take(NAME_SHOWN).collect();
    let told =
        format!("an object in JSON of the database has `{shown}` twice: select it as text, such as `value::text`");
    Err(Exception::throw_syntax(ctx, &told))
}

fn thrown(ctx: &Ctx<'_>, OutOfRange(number): &OutOfRange) -> rquickjs::Error {
    Exception::throw_range(ctx, &format!("the number {number} is larger than any number that can be read"))
}
