//! Statements and transactions of `lockgate/database`.

use std::cell::RefCell;
use std::collections::HashSet;

use rquickjs::{Array, Ctx, Exception, Function, Object, Value};

use super::database_values::{to_js, to_value};
use super::throw;
use crate::bindings::lockgate::connector::types::Failure;
use crate::bindings::lockgate::database::client::{self, Answer, Parameters, Transaction};

pub(super) fn install<'js>(ctx: &Ctx<'js>, functions: &Object<'js>) -> rquickjs::Result<()> {
    functions.set("query", Function::new(ctx.clone(), query)?)?;
    functions.set("execute", Function::new(ctx.clone(), execute)?)?;
    functions.set("begin", Function::new(ctx.clone(), begin)?)?;
    functions.set("commit", Function::new(ctx.clone(), commit)?)?;
    functions.set("rollBack", Function::new(ctx.clone(), roll_back)?)
}

thread_local! {
    /// Transactions that are open, by the number that the library has of each.
    static OPEN: RefCell<Vec<Option<Transaction>>> = const { RefCell::new(Vec::new()) };
}

/// Runs with the transaction of that number, or with none.
fn within<T>(
    ctx: &Ctx<'_>,
    transaction: Option<usize>,
    work: impl FnOnce(Option<&Transaction>) -> Result<T, Failure>,
) -> rquickjs::Result<T> {
    OPEN.with_borrow(|open| match transaction {
        None => work(None).map_err(|error| throw(ctx, error)),
        Some(number) => match open.get(number).and_then(Option::as_ref) {
            Some(transaction) => work(Some(transaction)).map_err(|error| throw(ctx, error)),
            None => Err(over(ctx)),
        },
    })
}

fn over(ctx: &Ctx<'_>) -> rquickjs::Error {
    Exception::throw_message(ctx, "the transaction is over")
}

/// Gives an object with `rows`, `columns`, `changed` and `more`; each row is an object by the names of the columns.
fn query<'js>(
    ctx: Ctx<'js>,
    transaction: Option<usize>,
    statement: String,
    parameters: Value<'js>,
    options: Option<String>,
) -> rquickjs::Result<Object<'js>> {
    let parameters = parameters_of(&ctx, parameters)?;
    let answer = within(&ctx, transaction, |transaction| match transaction {
        Some(transaction) => transaction.query(&statement, &parameters, options.as_deref()),
        None => client::query(&statement, &parameters, options.as_deref()),
    })?;
    shown(&ctx, answer)
}

/// Gives the number of changed rows.
fn execute<'js>(
    ctx: Ctx<'js>,
    transaction: Option<usize>,
    statement: String,
    parameters: Value<'js>,
    options: Option<String>,
) -> rquickjs::Result<f64> {
    let parameters = parameters_of(&ctx, parameters)?;
    let changed = within(&ctx, transaction, |transaction| match transaction {
        Some(transaction) => transaction.execute(&statement, &parameters, options.as_deref()),
        None => client::execute(&statement, &parameters, options.as_deref()),
    })?;
    Ok(changed as f64)
}

/// Gives the number of the transaction.
fn begin(ctx: Ctx<'_>, options: Option<String>) -> rquickjs::Result<usize> {
    let transaction = client::begin(options.as_deref()).map_err(|error| throw(&ctx, error))?;
    Ok(OPEN.with_borrow_mut(|open| {
        open.push(Some(transaction));
        open.len() - 1
    }))
}

fn commit(ctx: Ctx<'_>, transaction: usize) -> rquickjs::Result<()> {
    Transaction::commit(take(&ctx, transaction)?).map_err(|error| throw(&ctx, error))
}

fn roll_back(ctx: Ctx<'_>, transaction: usize) -> rquickjs::Result<()> {
    Transaction::roll_back(take(&ctx, transaction)?).map_err(|error| throw(&ctx, error))
}

fn take(ctx: &Ctx<'_>, transaction: usize) -> rquickjs::Result<Transaction> {
    let taken = OPEN.with_borrow_mut(|open| open.get_mut(transaction).and_then(Option::take));
    taken.ok_or_else(|| over(ctx))
}

/// An array is for `$1` and those that follow, an object for `:name`.
fn parameters_of<'js>(ctx: &Ctx<'js>, parameters: Value<'js>) -> rquickjs::Result<Parameters> {
    if let Some(values) = parameters.as_array() {
        let values = values.iter::<Value<'js>>().map(|value| to_value(ctx, &value?));
        return Ok(Parameters::Numbered(values.collect::<rquickjs::Result<_>>()?));
    }
    let named = match parameters.as_object() {
        Some(object) => object.props::<String, Value<'js>>().map(|member| {
            let (name, value) = member?;
            Ok((name, to_value(ctx, &value)?))
        }),
        None => return Ok(Parameters::Numbered(Vec::new())),
    };
    Ok(Parameters::Named(named.collect::<rquickjs::Result<_>>()?))
}

fn shown<'js>(ctx: &Ctx<'js>, answer: Answer) -> rquickjs::Result<Object<'js>> {
    let mut names = HashSet::new();
    if let Some(twice) = answer.columns.iter().find(|column| !names.insert(column.name.as_str())) {
        let name = &twice.name;
        let text =
            format!("two columns are called `{name}`, and a row has one member of a name: name them apart with AS");
        return Err(Exception::throw_type(ctx, &text));
    }
    let rows = Array::new(ctx.clone())?;
    for (index, values) in answer.rows.into_iter().enumerate() {
        let row = Object::new(ctx.clone())?;
        for (column, value) in answer.columns.iter().zip(values) {
            // A member of its own, also for a column that is named `__proto__`.
            row.prop(column.name.as_str(), member(to_js(ctx, value)?))?;
        }
        rows.set(index, row)?;
    }
    let columns = Array::new(ctx.clone())?;
    for (index, column) in answer.columns.into_iter().enumerate() {
        let shown = Object::new(ctx.clone())?;
        shown.set("name", column.name)?;
        shown.set("type", column.type_name)?;
        columns.set(index, shown)?;
    }
    let shown = Object::new(ctx.clone())?;
    shown.set("rows", rows)?;
    shown.set("columns", columns)?;
    shown.set("changed", answer.changed.map(|changed| changed as f64))?;
    shown.set("more", answer.more)?;
    Ok(shown)
}

fn member(value: Value<'_>) -> rquickjs::object::Property<Value<'_>> {
    rquickjs::object::Property::from(value).writable().enumerable().configurable()
}
