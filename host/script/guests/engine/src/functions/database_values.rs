//! Values of databases and of JavaScript.

use rquickjs::{Array, Coerced, Ctx, Exception, FromJs, Function, IntoJs, Object, Type, Value};

use super::Bytes;
use crate::bindings::lockgate::database::client::{self, Scalar};
use crate::engine::engine;

/// Whole numbers up to here are exact as numbers of JavaScript.
const SAFE: i64 = 9_007_199_254_740_991;
/// An array in an array in an array …
const DEPTH: usize = 8;
/// What to write for a list that is no array of a database: one has values on its last level alone, so `[1, [2]]` would be
/// `[[1], [2]]`.
const AS_JSON: &str = "if it is JSON, write `${JSON.stringify(list)}::text::jsonb`, or for MySQL \
                       `cast(${JSON.stringify(list)} as json)`";

/// A parameter. A date is a moment, a buffer or a view of one is bytes, another object is JSON, an array is an array of the
/// database.
pub(super) fn to_value<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<client::Value> {
    let Some(array) = value.as_array() else { return scalar(ctx, value).map(client::Value::Scalar) };
    let mut made = client::Array { element: String::new(), dimensions: Vec::new(), items: Vec::new() };
    flatten(ctx, array, 0, &mut made)?;
    // One dimension needs not be said, and an `IN (…)` has none.
    if made.dimensions.len() == 1 {
        made.dimensions.clear();
    }
    Ok(client::Value::Array(made))
}

fn flatten<'js>(ctx: &Ctx<'js>, array: &Array<'js>, depth: usize, made: &mut client::Array) -> rquickjs::Result<()> {
    let length = array.len() as u32;
    match made.dimensions.get(depth) {
        Some(same) if same.length != length => {
            let text = format!("the arrays within an array of a parameter have one length: {AS_JSON}");
            return Err(Exception::throw_type(ctx, &text));
        }
        Some(_) => {}
        None if depth == DEPTH => return Err(Exception::throw_type(ctx, "an array of a parameter is too deep")),
        None => made.dimensions.push(client::Dimension { length, first: 1 }),
    }
    for item in array.iter::<Value<'js>>() {
        let item = item?;
        let is_last = made.dimensions.len() == depth + 1;
        match item.as_array() {
            Some(inner) if !is_last || made.items.is_empty() => flatten(ctx, inner, depth + 1, made)?,
            None if is_last => made.items.push(scalar(ctx, &item)?),
            _ => {
                let text = format!("an array of a parameter has lists beside values: {AS_JSON}");
                return Err(Exception::throw_type(ctx, &text));
            }
        }
    }
    Ok(())
}

fn scalar<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<Scalar> {
    Ok(match value.type_of() {
        Type::Undefined | Type::Null | Type::Uninitialized => Scalar::Null,
        Type::Bool => Scalar::Boolean(value.as_bool().unwrap_or_default()),
        Type::Int => Scalar::Int64(i64::from(value.as_int().unwrap_or_default())),
        Type::Float => match value.as_float().unwrap_or_default() {
            whole if whole.fract() == 0.0 && whole.abs() <= SAFE as f64 => Scalar::Int64(whole as i64),
            other => Scalar::Float64(other),
        },
        Type::BigInt => {
            let text = Coerced::<String>::from_js(ctx, value.clone())?.0;
            text.parse().map(Scalar::Int64).unwrap_or(Scalar::Decimal(text))
        }
        Type::String => Scalar::Text(super::bytes::text_of(ctx, value)?),
        Type::Symbol | Type::Function | Type::Constructor | Type::Promise | Type::Module | Type::Unknown => {
            let text = format!("a {} can't be a parameter: did you forget `await`?", value.type_name());
            return Err(Exception::throw_type(ctx, &text));
        }
        Type::Object | Type::Array | Type::Exception | Type::Proxy => object(ctx, value)?,
        // Types that later versions of the bindings add are objects.
        #[allow(unreachable_patterns)]
        _ => object(ctx, value)?,
    })
}

fn object<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<Scalar> {
    if let Ok(bytes) = Bytes::from_js(ctx, value.clone()) {
        return Ok(Scalar::Bytes(super::of(ctx, &bytes)?.to_vec()));
    }
    let object: Object<'js> = value.get()?;
    if let Ok(Some(text)) = object.get::<_, Option<Function<'js>>>("toISOString") {
        return Ok(Scalar::TimestampTz(text.call((rquickjs::function::This(object),))?));
    }
    let made: Value<'js> = engine().library.parameter.clone().restore(ctx)?.call((value.clone(),))?;
    if made.is_undefined() {
        return Ok(Scalar::Null);
    }
    match made.is_string() {
        true => Ok(Scalar::Json(super::bytes::text_of(ctx, &made)?)),
        false => Ok(Scalar::Bytes(super::of(ctx, &Bytes::from_js(ctx, made)?)?.to_vec())),
    }
}

/// A value of an answer. What a number can't hold exactly is a bigint or a text; dates and times are texts.
pub(super) fn to_js<'js>(ctx: &Ctx<'js>, value: client::Value) -> rquickjs::Result<Value<'js>> {
    match value {
        client::Value::Scalar(scalar) => from_scalar(ctx, scalar),
        client::Value::Array(client::Array { dimensions, items, .. }) => {
            let lengths: Vec<usize> = dimensions.iter().map(|dimension| dimension.length as usize).collect();
            nested(ctx, &lengths, &mut items.into_iter())
        }
    }
}

fn nested<'js>(
    ctx: &Ctx<'js>,
    lengths: &[usize],
    items: &mut impl Iterator<Item = Scalar>,
) -> rquickjs::Result<Value<'js>> {
    let array = Array::new(ctx.clone())?;
    match lengths {
        [] => {
            for (index, item) in items.by_ref().enumerate() {
                array.set(index, from_scalar(ctx, item)?)?;
            }
        }
        [length] => {
            for (index, item) in items.by_ref().take(*length).enumerate() {
                array.set(index, from_scalar(ctx, item)?)?;
            }
        }
        [length, inner @ ..] => {
            for index in 0..*length {
                array.set(index, nested(ctx, inner, items)?)?;
            }
        }
    }
    Ok(array.into_value())
}

fn from_scalar<'js>(ctx: &Ctx<'js>, scalar: Scalar) -> rquickjs::Result<Value<'js>> {
    let big = |text: String| -> rquickjs::Result<Value<'js>> {
        let function: Function<'js> = ctx.globals().get("BigInt")?;
        function.call((text,))
    };
    match scalar {
        Scalar::Null => Ok(Value::new_null(ctx.clone())),
        Scalar::Boolean(value) => value.into_js(ctx),
        Scalar::Int64(value) if value.unsigned_abs() <= SAFE as u64 => (value as f64).into_js(ctx),
        Scalar::Int64(value) => big(value.to_string()),
        Scalar::Unsigned64(value) if value <= SAFE as u64 => (value as f64).into_js(ctx),
        Scalar::Unsigned64(value) => big(value.to_string()),
        Scalar::Float64(value) => value.into_js(ctx),
        Scalar::Bytes(bytes) => Bytes::new(ctx.clone(), bytes)?.into_js(ctx),
        Scalar::Json(text) => {
            super::json::refuse_twice(ctx, &text)?;
            match super::json::has_long_integers(ctx, &text)? {
                true => engine().library.parse.clone().restore(ctx)?.call((text,)),
                false => ctx.json_parse(text),
            }
        }
        Scalar::Other(other) => other.text.into_js(ctx),
        Scalar::Decimal(text)
        | Scalar::Text(text)
        | Scalar::Date(text)
        | Scalar::Time(text)
        | Scalar::Timestamp(text)
        | Scalar::TimestampTz(text)
        | Scalar::Interval(text)
        | Scalar::Uuid(text) => text.into_js(ctx),
    }
}
