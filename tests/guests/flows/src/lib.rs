//! Calls other connectors, as a test asks for it.

use lockgate_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
struct Ask {
    /// An entry of `uses`.
    connector: String,
    input: Value,
}

#[derive(Serialize, JsonSchema)]
struct Failed {
    code: String,
    message: String,
    retryable: bool,
    details: Option<Value>,
}

/// Gives what a connector answers.
#[connector]
fn pass(ask: Ask) -> Result<Value, Failure> {
    connectors::call(&ask.connector, ask.input)
}

/// Gives what a connector fails with.
#[connector]
fn failure(ask: Ask) -> Option<Failed> {
    let failure = connectors::call::<Value>(&ask.connector, ask.input).err()?;
    Some(Failed {
        code: failure.code().to_owned(),
        message: failure.message().to_owned(),
        retryable: failure.is_retryable(),
        details: failure.details_value().cloned(),
    })
}

/// Asks one after the other, and gives the last answer.
#[connector]
fn each(asks: Vec<Ask>) -> Result<Value, Failure> {
    let mut last = Value::Null;
    for ask in asks {
        last = connectors::call(&ask.connector, ask.input)?;
    }
    Ok(last)
}

lockgate_sdk::plugin!(pass, failure, each);
