//! A declarative statement: its parameters are taken from the input, and its rows become the output.

use std::sync::Arc;

use lockgate_domain::connector::{DatabaseDefinition, Mode};
use lockgate_domain::schema::Document;
use lockgate_domain::{Failure, JsonText, Violation};
use lockgate_egress::database::{Answer, Parameters, Query, StatementText};
use lockgate_egress::{EgressError, Timeouts};
use lockgate_engine::{Ended, Stop};
use serde_json::Value;

use super::{RunContext, RunReport};
use crate::FlowError;
use crate::call::cpu_time::{computed, counted};
use crate::call::effect::Effect;

/// Answers up to which they are written where the call is; a larger one waits for its time slice beside other groups' guests.
const QUICK_BYTES: u64 = 64 * 1024;

/// Runs the statement of an input. The report is right in any case.
pub(super) async fn run(
    database: &Arc<DatabaseDefinition>,
    context: &RunContext<'_>,
    input: &str,
    report: &mut RunReport,
) -> Result<String, FlowError> {
    let values = counted(&mut report.usage, || {
        let input = Document::parse(input)
            .map_err(|error| FlowError::InputInvalid(vec![Violation::new("", "json", error.to_string())]))?;
        database.bind(input.root()).map_err(|wrong| FlowError::InputInvalid(vec![wrong]))
    })?;
    report.usage.host_calls += 1;
    if report.usage.host_calls > context.limits.host_calls {
        return Err(context.ended(Ended::Stopped(Stop::HostCalls)));
    }
    let query = Query {
        database: database.destination.as_ref().map(ToString::to_string),
        statement: StatementText::Parsed(Arc::clone(&database.statement)),
        parameters: Parameters::InOrder(values),
        read_only: database.read_only,
        max_rows: Some(match database.mode {
            Mode::Rows => database.max_rows,
            Mode::One => 1,
            // All are read past, since the statement is done when its last row is.
            Mode::Execute => 0,
        }),
        timeouts: Timeouts::default(),
    };
    let answer = match tokio::time::timeout_at(context.deadline.into(), context.client.send(query)).await {
        Ok(answer) => answer.map_err(|error| refused(context, error, report))?,
        Err(_) => {
            report.effect = if database.read_only { Effect::None } else { Effect::Possible };
            return Err(context.ended(Ended::Stopped(Stop::Deadline)));
        }
    };
    report.effect = if database.read_only { Effect::None } else { Effect::Done };
    let max = usize::try_from(context.limits.output_bytes).unwrap_or(usize::MAX);
    let mode = database.mode;
    let written = match answer.bytes <= QUICK_BYTES {
        true => counted(&mut report.usage, || output(mode, &answer, max)),
        false => {
            let write = move || output(mode, &answer, max);
            computed(context.engine, context.permit.group(), &mut report.usage, write).await?
        }
    };
    match written {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(context.ended(Ended::OutputTooLarge)),
        Err(failure) => Err(context.ended(Ended::Failed(failure))),
    }
}

/// The output as JSON text; none if it is larger than it may be.
fn output(mode: Mode, answer: &Answer, max: usize) -> Result<Option<String>, Failure> {
    let mut names = Vec::with_capacity(answer.columns.len());
    for column in &answer.columns {
        let name = Value::from(column.name.as_str()).to_string();
        if names.contains(&name) {
            let message = format!("two columns of the answer are called `{}`: give one another name", column.name);
            return Err(failure("ambiguous_columns", message));
        }
        names.push(name);
    }
    let mut text = String::new();
    match mode {
        Mode::Execute => {
            let changed = answer.changed.unwrap_or_default();
            text.push_str(&format!("{{\"changed\":{changed}}}"));
        }
        Mode::One => match (answer.rows.first(), answer.more) {
            (None, _) => text.push_str("null"),
            (Some(row), false) => object(&names, row, &mut text),
            (Some(_), true) => {
                let message = "the statement gives more than one row, and the connector is to give one".to_owned();
                return Err(failure("several_rows", message));
            }
        },
        Mode::Rows => {
            text.push_str("{\"rows\":[");
            for (index, row) in answer.rows.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { "," });
                object(&names, row, &mut text);
                if text.len() > max {
                    return Ok(None);
                }
            }
            text.push_str(&format!("],\"more\":{}}}", answer.more));
        }
    }
    Ok(Some(text).filter(|text| text.len() <= max))
}

/// A row as an object. The names are JSON already.
fn object(names: &[String], row: &[lockgate_domain::database::Value], text: &mut String) {
    text.push('{');
    for (index, (name, value)) in names.iter().zip(row).enumerate() {
        text.push_str(if index == 0 { "" } else { "," });
        text.push_str(name);
        text.push(':');
        value.write_json(text);
    }
    text.push('}');
}

/// What the server refused is a failure of the connector, with the word that callers decide by.
fn refused(context: &RunContext<'_>, error: EgressError, report: &mut RunReport) -> FlowError {
    let Some(refusal) = error.refusal() else { return error.into() };
    if let EgressError::Uncertain(_) = error {
        report.effect = Effect::Possible;
    }
    let details = serde_json::to_string(refusal).ok().and_then(|text| JsonText::parse(&text).ok());
    context.ended(Ended::Failed(Failure {
        code: refusal.fault.as_str().to_owned(),
        message: refusal.message.clone(),
        retryable: error.retryable(),
        retry_after_ms: None,
        details,
    }))
}

fn failure(code: &str, message: String) -> Failure {
    Failure { code: code.to_owned(), message, retryable: false, retry_after_ms: None, details: None }
}

#[cfg(test)]
mod tests {
    use lockgate_domain::database::Scalar;
    use lockgate_egress::database::Column;

    use super::*;

    fn answer(names: &[&str], rows: Vec<Vec<Scalar>>) -> Answer {
        let column = |name: &&str| Column { name: (*name).to_owned(), type_name: "int8".to_owned() };
        let rows = rows.into_iter().map(|row| row.into_iter().map(Into::into).collect()).collect();
        Answer { columns: names.iter().map(column).collect(), rows, ..Answer::default() }
    }

    #[test]
    fn rows_are_objects_in_the_form_of_the_mode() {
        let two = answer(&["a", "b\""], vec![vec![Scalar::Int64(1), Scalar::Null]; 2]);
        let text = output(Mode::Rows, &two, 1_000).unwrap().unwrap();
        assert_eq!(text, r#"{"rows":[{"a":1,"b\"":null},{"a":1,"b\"":null}],"more":false}"#);
        assert_eq!(output(Mode::Rows, &two, 20).unwrap(), None);
        let none = answer(&["a"], Vec::new());
        assert_eq!(output(Mode::One, &none, 100).unwrap().unwrap(), "null");
        let changed = Answer { changed: Some(3), ..Answer::default() };
        assert_eq!(output(Mode::Execute, &changed, 100).unwrap().unwrap(), r#"{"changed":3}"#);
    }

    #[test]
    fn what_an_object_can_not_hold_is_a_failure() {
        let twice = answer(&["a", "a"], Vec::new());
        assert_eq!(output(Mode::Rows, &twice, 100).unwrap_err().code, "ambiguous_columns");
        let several = Answer { more: true, ..answer(&["a"], vec![vec![Scalar::Null]]) };
        assert_eq!(output(Mode::One, &several, 100).unwrap_err().code, "several_rows");
    }
}
