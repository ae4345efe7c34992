//! Scripts that differ in a number: an order's total, written at some length.

use serde_json::{Value, json};

/// Lines of a script.
pub(super) const LINES: usize = 100;
/// Functions of a script, each of five lines with the empty one behind it.
const STEPS: usize = 15;

const HEAD: &str = r#"// The total of an order, in steps.
import { Failure } from "lockgate";

/** One line of an order. */
interface Line {
  /** In cents, for one. */
  price: number;
  count: number;
}

/** What is ordered. */
interface Order {
  lines: Line[];
}

"#;

/// The script of that number.
pub(super) fn of(number: usize) -> String {
    let steps = (1..=STEPS).map(|step| {
        format!(
            "function step{step}(total: number, line: Line): number {{\n  const amount: number = line.price * line.count;\n  \
             return total + amount * {step};\n}}\n\n"
        )
    });
    let called = (1..=STEPS).fold("total".to_owned(), |inner, step| format!("step{step}({inner}, line)"));
    format!(
        "{HEAD}{}/** Adds up an order. */\nexport default function (order: Order): {{ script: number; total: number }} {{\n  \
         if (order.lines.length === 0) throw new Failure(\"empty\", \"an order has lines\");\n  \
         const script = {number};\n  let total = 0;\n  for (const line of order.lines) {{\n    total = {called};\n  }}\n  \
         return {{ script, total }};\n}}\n",
        steps.collect::<String>()
    )
}

/// What each is called with.
pub(super) fn input() -> Value {
    json!({"lines": [{"price": 5, "count": 2}]})
}

/// What the script of that number answers.
pub(super) fn output(number: usize) -> Value {
    json!({"script": number, "total": 10 * STEPS * (STEPS + 1) / 2})
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_script_has_as_many_lines_as_the_report_says() {
        assert_eq!(super::of(7).lines().count(), super::LINES);
        assert_ne!(super::of(7), super::of(8));
    }
}
