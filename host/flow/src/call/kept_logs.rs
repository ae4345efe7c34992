//! Which of a failed call's log lines are kept with its record: the last ones, since they are nearest to the failure.

use lockgate_domain::{LogLevel, LogLine, ResourceType};

use crate::call::request::Call;

/// Bytes of a line beside its texts: the names of its members.
const LINE_BYTES: usize = 48;

/// The lines to keep of a call that failed.
pub(crate) fn of(call: &Call, logs: &[LogLine], keeps_internal: bool) -> Vec<LogLine> {
    let resolved = &call.resolved;
    let is_internal = resolved.group.stored.definition.resource_type == ResourceType::Internal;
    let max = if is_internal && !keeps_internal { 0 } else { resolved.limits.record_log_bytes };
    last(logs, usize::try_from(max).unwrap_or(usize::MAX))
}

/// The last lines that have at most so many bytes, behind one that says if there were more.
fn last(logs: &[LogLine], max: usize) -> Vec<LogLine> {
    if max == 0 {
        return Vec::new();
    }
    let bytes = |line: &LogLine| {
        let fields = line.fields.as_ref().map_or(0, |fields| fields.text().len());
        LINE_BYTES + line.message.len() + fields
    };
    let mut left = max;
    let kept = logs.iter().rev().take_while(|line| match left.checked_sub(bytes(line)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    });
    let mut kept: Vec<_> = kept.cloned().collect();
    if kept.len() < logs.len() {
        let message = format!("{} lines before are not kept: limits.record_log_bytes = {max}", logs.len() - kept.len());
        kept.push(LogLine { level: LogLevel::Warn, message, fields: None });
    }
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_that_fit_are_kept() {
        let line = |message: &str| LogLine { level: LogLevel::Info, message: message.to_owned(), fields: None };
        let logs = [line("one"), line("two"), line("three")];
        assert_eq!(last(&logs, 1000), logs);
        assert!(last(&logs, 0).is_empty());
        let kept = last(&logs, LINE_BYTES + 5);
        assert!(kept.len() == 2 && kept[0].message.starts_with("2 lines before") && kept[1] == logs[2], "{kept:?}");
    }
}
