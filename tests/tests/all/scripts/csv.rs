//! `lockgate/csv`: nothing of a table is lost, and what a table can't say is refused.

use serde_json::json;

use super::{call, host};

const SOURCE: &str = r#"
    import * as csv from "lockgate/csv";
    const told = (text) => { try { return csv.parse(text); } catch (error) { return `${error.name}: ${error.message}`; } };
    export default () => {
        const parts = ["", "a", "\"", ",", "\n", "\r\n", " ", "\ufeff", "x\"y,z\n"];
        const tables = [];
        for (const one of parts) for (const two of parts) {
            tables.push([{ a: one + two }, { a: two }], [{ a: one, b: two }, { a: two + one, b: "" }]);
        }
        const lost = tables.filter((rows) => JSON.stringify(csv.parse(csv.stringify(rows))) !== JSON.stringify(rows));
        return {
            lost, long: told("a,b\n1,2\n1,2,3\n"), twice: told("id,name,id\n1,x,2\n"), short: told("a,b\n1\n"), blank: told("a\n\n1\n\"\"\n"),
            bare: csv.parse("id,id\n1,2\n", { header: false }), date: csv.stringify([{ at: new Date(0) }]),
        };
    };
"#;

#[test]
fn nothing_of_a_table_is_lost() {
    let expected = json!({
        "lost": [], "long": "SyntaxError: csv: line 3 has 3 values for 2 columns",
        "twice": "SyntaxError: csv: two columns are called `id`: read arrays with `header: false`",
        "short": [{"a": "1", "b": ""}], "blank": [{"a": "1"}, {"a": ""}],
        "bare": [["id", "id"], ["1", "2"]], "date": "at\r\n1970-01-01T00:00:00.000Z\r\n",
    });
    assert_eq!(call(&host(SOURCE), &json!({})).output(), expected);
}
