//! Calls of connectors in native tests: answered from what the test has set, and recorded.

use super::STATE;
use crate::Failure;
use serde_json::Value;
use std::collections::VecDeque;

/// What a test has set, and what was called.
#[derive(Debug, Default)]
pub(crate) struct Fake {
    pub(crate) answers: VecDeque<(String, Result<Value, Failure>)>,
    pub(crate) calls: Vec<(String, Value)>,
}

pub(crate) fn call_connector(connector: &str, input: &str) -> Result<String, Failure> {
    let answer = STATE.with_borrow_mut(|state| state.connectors.answer(connector, input))?;
    Ok(answer.to_string())
}

impl Fake {
    fn answer(&mut self, connector: &str, input: &str) -> Result<Value, Failure> {
        self.calls.push((connector.to_owned(), serde_json::from_str(input).unwrap_or_default()));
        match self.answers.iter().position(|(own, _)| own == connector) {
            Some(index) => self.answers.remove(index).map_or(Ok(Value::Null), |(_, answer)| answer),
            None => {
                let set: Vec<_> = self.answers.iter().map(|(own, _)| format!("`{own}`")).collect();
                let set =
                    if set.is_empty() { "none is".to_owned() } else { format!("there is one for {}", set.join(", ")) };
                Err(Failure::new("unexpected_call", format!("no answer is set for `{connector}`: {set}")))
            }
        }
    }
}
