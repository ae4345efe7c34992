//! What is wrong with a program, and where.

use crate::output::Written;
use jaq_core::{compile, load};
use lockgate_sdk::prelude::*;

/// A program that can't be read.
pub fn unreadable(program: &str, errors: load::Errors<&str, ()>) -> Failure {
    let errors = errors.into_iter().flat_map(|(_, error)| match error {
        load::Error::Io(errors) => list(errors, |(path, why)| (path, format!("can't import this: {why}"))),
        load::Error::Lex(errors) => list(errors, |(expected, at)| (at, format!("expected {}", expected.as_str()))),
        load::Error::Parse(errors) => list(errors, |(expected, at)| (at, format!("expected {}", expected.as_str()))),
    });
    invalid(program, errors)
}

/// A program that names what doesn't exist.
pub fn undefined(program: &str, errors: compile::Errors<&str, ()>) -> Failure {
    let errors = errors.into_iter().flat_map(|(_, errors)| errors);
    invalid(program, errors.map(|(name, kind)| (name, format!("undefined {} `{name}`", kind.as_str()))))
}

/// A program that ended with an error after some results.
pub fn raised(error: jaq_json::Error, results: usize) -> Failure {
    let message = error.to_string();
    let value = Written(error.into_val());
    Failure::new("program_failed", message).details(json!({ "value": value, "results_before": results }))
}

fn list<E, T>(errors: Vec<E>, line: impl Fn(E) -> T) -> Vec<T> {
    errors.into_iter().map(line).collect()
}

fn invalid<'a>(program: &str, errors: impl IntoIterator<Item = (&'a str, String)>) -> Failure {
    let mut summary = None;
    let errors: Vec<Value> = errors
        .into_iter()
        .map(|(at, message)| {
            let before = before(program, at);
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
            summary.get_or_insert_with(|| format!("line {line}, column {column}: {message}"));
            json!({ "message": message, "line": line, "column": column })
        })
        .collect();
    Failure::new("invalid_program", summary.unwrap_or_default()).details(json!({ "errors": errors }))
}

/// The program's text before a part of it. (The compiler names places by the very slices that it was given.)
fn before<'a>(program: &'a str, part: &str) -> &'a str {
    let offset = (part.as_ptr() as usize).saturating_sub(program.as_ptr() as usize);
    program.get(..offset).unwrap_or(program)
}
