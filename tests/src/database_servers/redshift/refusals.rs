//! What Redshift refuses, each with its source.

use super::words::{Word, starts};

const FEATURES: &str = "https://docs.aws.amazon.com/redshift/latest/dg/c_unsupported-postgresql-features.html";
const TYPES: &str = "https://docs.aws.amazon.com/redshift/latest/dg/c_unsupported-postgresql-datatypes.html";
const FUNCTIONS: &str = "https://docs.aws.amazon.com/redshift/latest/dg/c_unsupported-postgresql-functions.html";
const COMMANDS: &str = "https://docs.aws.amazon.com/redshift/latest/dg/c_SQL_commands.html";
const CATALOG: &str = "https://github.com/rust-postgres/rust-postgres/issues/167";

/// Every setting of a session that Redshift has; any other is refused, in a session's beginning and in `SET`. Source:
/// <https://docs.aws.amazon.com/redshift/latest/dg/cm_chap_ConfigurationRef.html>, and what clients of PostgreSQL 8.0 send.
pub const SETTINGS: &[&str] = &[
    "analyze_threshold_percent",
    "application_name",
    "client_encoding",
    "client_min_messages",
    "datestyle",
    "describe_field_name_in_uppercase",
    "downcase_delimited_identifier",
    "enable_case_sensitive_identifier",
    "enable_result_cache_for_session",
    "extra_float_digits",
    "intervalstyle",
    "json_serialization_enable",
    "max_cursor_result_set_size",
    "query_group",
    "search_path",
    "seed",
    "session_authorization",
    "statement_timeout",
    "timezone",
    "wlm_query_slot_count",
];

/// `3 is outside the valid range …`: <https://github.com/transact-rs/sqlx/issues/956>.
pub(super) const MOST_FLOAT_DIGITS: i32 = 2;

/// What Redshift knows as the first word of a statement.
const STATEMENTS: &[&str] = &[
    "abort",
    "alter",
    "analyze",
    "attach",
    "begin",
    "call",
    "cancel",
    "close",
    "comment",
    "commit",
    "copy",
    "create",
    "deallocate",
    "declare",
    "delete",
    "desc",
    "describe",
    "detach",
    "drop",
    "end",
    "execute",
    "explain",
    "fetch",
    "grant",
    "insert",
    "lock",
    "merge",
    "prepare",
    "refresh",
    "reset",
    "revoke",
    "rollback",
    "select",
    "set",
    "show",
    "start",
    "truncate",
    "unload",
    "update",
    "use",
    "vacuum",
    "with",
    "(",
];

/// A kind of statement that is refused.
#[derive(Debug, Clone, Copy)]
pub struct Refusal {
    /// Words and signs that follow each other, in lower case. `*` stands for any one.
    pub words: &'static [&'static str],
    /// The code of SQLSTATE.
    pub code: &'static str,
    pub message: &'static str,
    pub source: &'static str,
}

const fn refusal(
    words: &'static [&'static str],
    code: &'static str,
    message: &'static str,
    source: &'static str,
) -> Refusal {
    Refusal { words, code, message, source }
}

/// Of a type that was not there yet in PostgreSQL 8.0.
const fn unknown_type(words: &'static [&'static str], message: &'static str) -> Refusal {
    refusal(words, "42704", message, TYPES)
}

/// Of a type that PostgreSQL 8.0 has.
const fn unsupported_type(words: &'static [&'static str], message: &'static str) -> Refusal {
    refusal(words, "0A000", message, TYPES)
}

const fn syntax(words: &'static [&'static str], message: &'static str) -> Refusal {
    refusal(words, "42601", message, FEATURES)
}

const fn unsupported(words: &'static [&'static str], message: &'static str) -> Refusal {
    refusal(words, "0A000", message, FEATURES)
}

const fn no_function(words: &'static [&'static str], message: &'static str) -> Refusal {
    refusal(words, "42883", message, FUNCTIONS)
}

const fn no_relation(words: &'static [&'static str], message: &'static str) -> Refusal {
    refusal(words, "42P01", message, CATALOG)
}

/// They are looked for anywhere in a statement, but not in texts, comments and quoted names. Statements that begin with a
/// word which Redshift has no statement for are refused as well: `SAVEPOINT`, `RELEASE`, `LISTEN`, `NOTIFY`, `DISCARD`,
/// `DO`, `VALUES` and others.
pub const REFUSALS: &[Refusal] = &[
    unknown_type(&["jsonb"], r#"type "jsonb" does not exist"#),
    unknown_type(&[":", ":", "json"], r#"type "json" does not exist"#),
    unknown_type(&["as", "json", ")"], r#"type "json" does not exist"#),
    unknown_type(&[":", ":", "uuid"], r#"type "uuid" does not exist"#),
    unknown_type(&["as", "uuid", ")"], r#"type "uuid" does not exist"#),
    unknown_type(&["hstore"], r#"type "hstore" does not exist"#),
    unknown_type(&["tsvector"], r#"type "tsvector" does not exist"#),
    unknown_type(&["tsquery"], r#"type "tsquery" does not exist"#),
    unknown_type(&["int4range"], r#"type "int4range" does not exist"#),
    unknown_type(&["int8range"], r#"type "int8range" does not exist"#),
    unknown_type(&["numrange"], r#"type "numrange" does not exist"#),
    unknown_type(&["daterange"], r#"type "daterange" does not exist"#),
    unknown_type(&["tstzrange"], r#"type "tstzrange" does not exist"#),
    unsupported_type(&["bytea"], r#"unsupported type "bytea""#),
    unsupported_type(&[":", ":", "bit"], r#"unsupported type "bit""#),
    unsupported_type(&[":", ":", "inet"], r#"unsupported type "inet""#),
    unsupported_type(&[":", ":", "cidr"], r#"unsupported type "cidr""#),
    unsupported_type(&[":", ":", "macaddr"], r#"unsupported type "macaddr""#),
    unsupported_type(&[":", ":", "money"], r#"unsupported type "money""#),
    unsupported_type(&[":", ":", "xml"], r#"unsupported type "xml""#),
    unsupported_type(&["serial"], r#"unsupported type "serial""#),
    unsupported_type(&["bigserial"], r#"unsupported type "bigserial""#),
    unsupported_type(&["smallserial"], r#"unsupported type "smallserial""#),
    unsupported_type(&["[", "]"], "arrays are not supported"),
    unsupported_type(&["array", "["], "array constructors are not supported"),
    unsupported_type(&["any", "(", "$"], "arrays are not supported"),
    unsupported_type(&["all", "(", "$"], "arrays are not supported"),
    syntax(&["as", "enum"], r#"syntax error at or near "enum""#),
    unsupported(&["create", "type"], "CREATE TYPE is not supported"),
    unsupported(&["create", "domain"], "CREATE DOMAIN is not supported"),
    unsupported(&["create", "index"], "SQL command CREATE INDEX not supported on Redshift tables"),
    unsupported(&["create", "unique", "index"], "SQL command CREATE INDEX not supported on Redshift tables"),
    unsupported(&["create", "sequence"], "CREATE SEQUENCE is not supported"),
    unsupported(&["create", "trigger"], "CREATE TRIGGER is not supported"),
    unsupported(&["create", "rule"], "CREATE RULE is not supported"),
    unsupported(&["create", "extension"], "CREATE EXTENSION is not supported"),
    unsupported(&["create", "tablespace"], "CREATE TABLESPACE is not supported"),
    unsupported(&["row", "("], "row constructors are not supported"),
    refusal(&["rollback", "to"], "0A000", "SQL command ROLLBACK TO not supported", COMMANDS),
    refusal(&["rollback", "*", "to"], "0A000", "SQL command ROLLBACK TO not supported", COMMANDS),
    refusal(&["to", "program"], "42601", r#"syntax error at or near "program""#, COMMANDS),
    refusal(&["from", "program"], "42601", r#"syntax error at or near "program""#, COMMANDS),
    refusal(&["from", "stdin"], "0A000", "COPY from stdin is not supported", COMMANDS),
    refusal(&["to", "stdout"], "0A000", "COPY to stdout is not supported", COMMANDS),
    refusal(&["returning"], "42601", r#"syntax error at or near "returning""#, COMMANDS),
    refusal(&["on", "conflict"], "42601", r#"syntax error at or near "conflict""#, COMMANDS),
    refusal(&["is", "distinct", "from"], "42601", r#"syntax error at or near "distinct""#, FUNCTIONS),
    refusal(&["not", "distinct", "from"], "42601", r#"syntax error at or near "distinct""#, FUNCTIONS),
    no_function(&["json_build_object"], "function json_build_object does not exist"),
    no_function(&["to_json"], "function to_json does not exist"),
    no_function(&["row_to_json"], "function row_to_json does not exist"),
    no_function(&["array_position"], "function array_position does not exist"),
    no_function(&["string_agg"], "function string_agg does not exist"),
    no_function(&["array_agg"], "function array_agg does not exist"),
    no_function(&["unnest"], "function unnest does not exist"),
    no_function(&["pg_advisory_lock"], "function pg_advisory_lock does not exist"),
    no_function(&["pg_advisory_unlock"], "function pg_advisory_unlock does not exist"),
    no_function(&["pg_advisory_unlock_all"], "function pg_advisory_unlock_all does not exist"),
    no_function(&["pg_notify"], "function pg_notify does not exist"),
    no_function(&["gen_random_uuid"], "function gen_random_uuid does not exist"),
    no_relation(&["pg_range"], r#"relation "pg_catalog.pg_range" does not exist"#),
    no_relation(&["pg_enum"], r#"relation "pg_catalog.pg_enum" does not exist"#),
    refusal(&["typarray"], "42703", "column typarray does not exist", "https://github.com/dbcodeio/public/issues/135"),
];

/// Columns of tables have types without a cast before them.
const COLUMN_TYPES: [&str; 9] = ["json", "uuid", "bit", "inet", "cidr", "macaddr", "money", "xml", "interval"];
/// What makes of `interval` a type that Redshift has, as in `interval year to month`:
/// <https://docs.aws.amazon.com/redshift/latest/dg/r_interval_data_types.html>.
const QUALIFIERS: [&str; 6] = ["year", "month", "day", "hour", "minute", "second"];

/// What is wrong with these statements: the code of SQLSTATE and a message.
pub(super) fn of_statements(words: &[Word]) -> Option<(&'static str, String)> {
    for refusal in REFUSALS {
        let length = refusal.words.len();
        let same =
            |part: &[Word]| part.iter().zip(refusal.words).all(|(word, wanted)| *wanted == "*" || word.0 == *wanted);
        if words.windows(length).any(same) {
            return Some((refusal.code, refusal.message.to_owned()));
        }
    }
    starts(words).into_iter().find_map(|statement| of_statement(statement))
}

fn of_statement(words: &[Word]) -> Option<(&'static str, String)> {
    let first = words.first()?.0.as_str();
    if !STATEMENTS.contains(&first) {
        return Some(("0A000", format!("SQL command \"{}\" not supported", first.to_uppercase())));
    }
    let word = |number: usize| words.get(number).map_or("", |word| word.0.as_str());
    match first {
        "set" | "reset" => {
            let at = if ["local", "session"].contains(&word(1)) { 2 } else { 1 };
            of_setting(word(at), word(at + 2))
        }
        "create" | "alter" => words.windows(2).find_map(|pair| {
            let [kind, next] = [pair[0].0.as_str(), pair[1].0.as_str()];
            let lacks = COLUMN_TYPES.contains(&kind) && !(kind == "interval" && QUALIFIERS.contains(&next));
            lacks.then(|| ("0A000", format!("column has unsupported type \"{kind}\"")))
        }),
        _ => None,
    }
}

/// What is wrong with this setting, and its value.
pub(super) fn of_setting(name: &str, value: &str) -> Option<(&'static str, String)> {
    let name = name.to_lowercase();
    // Words of `SET SESSION AUTHORIZATION`, `SET TRANSACTION`, `SET TIME ZONE`, `SET SESSION CHARACTERISTICS` and `RESET ALL`.
    let words = ["authorization", "transaction", "time", "characteristics", "names", "all"];
    if words.contains(&name.as_str()) {
        return None;
    }
    if !SETTINGS.contains(&name.as_str()) {
        return Some(("42704", format!("unrecognized configuration parameter \"{name}\"")));
    }
    let digits = value.parse().is_ok_and(|digits: i32| digits > MOST_FLOAT_DIGITS);
    (name == "extra_float_digits" && digits).then(|| {
        ("22023", format!("{value} is outside the valid range for parameter \"extra_float_digits\" (-15 .. 2)"))
    })
}

/// The type `bigint`.
const INT8: u32 = 20;
/// Types that Redshift has by their numbers: boolean, "name" of the catalog, integers, text, oid, floats, unknown, char,
/// varchar, date, time, timestamp, with zone, and numeric.
const KNOWN: &[u32] =
    &[0, 16, 18, 19, INT8, 21, 23, 25, 26, 700, 701, 705, 1042, 1043, 1082, 1083, 1114, 1184, 1266, 1700];

/// What is wrong with the parameters of a statement, by the types that the client states for them.
///
/// A 64-bit parameter, or one without a type, has no cast after `LIMIT` or `OFFSET`:
/// <https://github.com/aws/amazon-redshift-jdbc-driver/issues/43>. One that is stated as 64-bit needs a cast anywhere, as
/// <https://github.com/transact-rs/sqlx/issues/801> says.
pub(super) fn of_parameters(words: &[Word], types: &[u32]) -> Option<(&'static str, String)> {
    if let Some(other) = types.iter().find(|kind| !KNOWN.contains(kind)) {
        return Some(("0A000", format!("unsupported type of a parameter: {other}")));
    }
    let is = |at: Option<usize>, wanted: &[&str]| {
        at.and_then(|at| words.get(at)).is_some_and(|word| wanted.contains(&word.0.as_str()))
    };
    let parameters = words.iter().enumerate().filter(|(_, word)| word.0 == "$");
    for (at, _) in parameters {
        let number: usize = words.get(at + 1)?.0.parse().ok()?;
        let kind = types.get(number.wrapping_sub(1)).copied().unwrap_or(0);
        let counts = is(at.checked_sub(1), &["limit", "offset"]);
        let cast = is(Some(at + 2), &[":", "as"]);
        if !cast && (kind == INT8 || counts && kind == 0) {
            return Some(("XX000", "Not implemented".to_owned()));
        }
    }
    None
}
