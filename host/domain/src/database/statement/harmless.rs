//! Whether a statement leaves its session as it was. A session is shared by calls, one after the other; what a statement
//! can leave in it (settings, locks, temporary tables) must not reach the next, so that it is reset in between. That
//! takes longer than most statements, and most can leave nothing: those that read rows by functions that are known. What is
//! not known here counts as harmful.

use super::lexer::{Token, TokenKind};
use crate::database::Engine;

/// What a statement begins with that reads rows. One that writes them runs triggers, which can do anything.
const VERBS: [&str; 4] = ["select", "with", "values", "table"];
/// What writes rows behind `WITH`.
const WRITES: [&str; 4] = ["delete", "insert", "merge", "update"];

/// Words before a parenthesis that are no functions, types among them, and functions that neither change nor read what
/// is kept in a session.
const KNOWN: &[&str] = &[
    "abs",
    "age",
    "all",
    "and",
    "any",
    "array",
    "array_agg",
    "array_append",
    "array_length",
    "array_position",
    "array_to_string",
    "as",
    "avg",
    "between",
    "bit",
    "bool_and",
    "bool_or",
    "btrim",
    "by",
    "cardinality",
    "case",
    "cast",
    "ceil",
    "ceiling",
    "char",
    "char_length",
    "character_length",
    "clock_timestamp",
    "coalesce",
    "concat",
    "concat_ws",
    "conflict",
    "convert",
    "count",
    "cume_dist",
    "current_timestamp",
    "date",
    "date_add",
    "date_format",
    "date_part",
    "date_sub",
    "date_trunc",
    "datediff",
    "day",
    "decimal",
    "dense_rank",
    "distinct",
    "else",
    "every",
    "except",
    "exists",
    "exp",
    "extract",
    "filter",
    "first_value",
    "floor",
    "format",
    "from",
    "from_unixtime",
    "gen_random_uuid",
    "generate_series",
    "greatest",
    "group",
    "group_concat",
    "having",
    "hex",
    "hour",
    "if",
    "ifnull",
    "ilike",
    "in",
    "initcap",
    "intersect",
    "interval",
    "is",
    "join",
    "json_agg",
    "json_array",
    "json_array_elements",
    "json_arrayagg",
    "json_build_array",
    "json_build_object",
    "json_extract",
    "json_object",
    "json_object_agg",
    "json_objectagg",
    "json_unquote",
    "jsonb_agg",
    "jsonb_array_elements",
    "jsonb_build_array",
    "jsonb_build_object",
    "jsonb_each",
    "jsonb_extract_path_text",
    "jsonb_object_agg",
    "jsonb_set",
    "jsonb_typeof",
    "lag",
    "last_value",
    "lateral",
    "lead",
    "least",
    "left",
    "length",
    "like",
    "limit",
    "ln",
    "localtimestamp",
    "log",
    "lower",
    "lpad",
    "ltrim",
    "make_date",
    "make_interval",
    "max",
    "md5",
    "min",
    "minute",
    "mod",
    "month",
    "not",
    "now",
    "nth_value",
    "ntile",
    "nullif",
    "numeric",
    "octet_length",
    "offset",
    "on",
    "or",
    "over",
    "partition",
    "percent_rank",
    "percentile_cont",
    "percentile_disc",
    "position",
    "power",
    "rank",
    "recursive",
    "regexp_matches",
    "regexp_replace",
    "replace",
    "reverse",
    "right",
    "round",
    "row",
    "row_number",
    "row_to_json",
    "rpad",
    "rtrim",
    "second",
    "select",
    "set",
    "sign",
    "similar",
    "some",
    "split_part",
    "sqrt",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "str_to_date",
    "string_agg",
    "string_to_array",
    "strpos",
    "substr",
    "substring",
    "sum",
    "then",
    "time",
    "timestamp",
    "timestampdiff",
    "to_char",
    "to_date",
    "to_json",
    "to_jsonb",
    "to_number",
    "to_timestamp",
    "trim",
    "trunc",
    "truncate",
    "union",
    "unix_timestamp",
    "unnest",
    "upper",
    "using",
    "values",
    "var_pop",
    "var_samp",
    "varchar",
    "variance",
    "when",
    "where",
    "within",
    "year",
];

/// Names that show or change what is kept in a session or elsewhere, without a parenthesis: settings, statements and cursors
/// of PostgreSQL, sequences and variables of MySQL and MariaDB.
const OF_SESSION: [&str; 12] = [
    "currval",
    "lastval",
    "nextval",
    "performance_schema",
    "pg_cursors",
    "pg_prepared_statements",
    "pg_settings",
    "previous",
    "sql_calc_found_rows",
    "temp",
    "temporary",
    "uescape",
];

/// Beginnings of functions of PostgreSQL that write in a transaction that only reads: large objects, notifications, other
/// servers, the server itself, pages of indexes; and those that run a text as SQL, whose functions are not seen here.
const WRITING: [&str; 39] = [
    "binary_upgrade_",
    "brin_desummarize_",
    "brin_summarize_",
    "connectby",
    "crosstab",
    "cursor_to_xml",
    "dblink",
    "gin_clean_pending_list",
    "lo_",
    "loread",
    "lowrite",
    "pg_backup_",
    "pg_buffercache_evict",
    "pg_cancel_",
    "pg_clear_",
    "pg_copy_",
    "pg_create_",
    "pg_drop_",
    "pg_file_",
    "pg_import_",
    "pg_log_",
    "pg_logical_",
    "pg_notify",
    "pg_promote",
    "pg_reload_",
    "pg_replication_",
    "pg_restore_",
    "pg_rotate_",
    "pg_start_backup",
    "pg_stat_reset",
    "pg_stat_statements_reset",
    "pg_stop_backup",
    "pg_switch_",
    "pg_sync_",
    "pg_terminate_",
    "pg_truncate_",
    "pg_wal_replay_",
    "query_to_xml",
    "xpath_table",
];
/// Names of functions that run a text as SQL, and are the beginnings of others that don't.
const RUNNING: [&str; 2] = ["ts_rewrite", "ts_stat"];

/// Whether it can write in spite of a transaction that only reads: what `EXPLAIN ANALYZE` runs may make a table, some
/// functions write outside of transactions, and rows can go to a file of MySQL's server.
pub(super) fn writes_beside(engine: Engine, tokens: &[Token<'_>]) -> bool {
    let meant: Vec<&Token<'_>> = tokens.iter().filter(|token| token.kind != TokenKind::Blank).collect();
    let words = || meant.iter().filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Name)).map(name);
    if engine == Engine::Mysql {
        return meant.iter().any(|token| {
            token.kind == TokenKind::Word
                && ["outfile", "dumpfile"].iter().any(|word| token.text.eq_ignore_ascii_case(word))
        });
    }
    let explains = words().next().is_some_and(|verb| verb == "explain");
    explains && words().any(|word| word == "analyze" || word == "analyse")
        || meant.windows(2).any(calls_what_writes)
        || meant.windows(2).any(is_escaped_name)
}

/// Whether two tokens are the name of a function that writes, and the parenthesis behind it. Elsewhere the name is that of a
/// column or a table.
fn calls_what_writes(pair: &[&Token<'_>]) -> bool {
    let [token, behind] = pair else { return false };
    let is_name = matches!(token.kind, TokenKind::Word | TokenKind::Name);
    let name = name(token);
    is_name
        && behind.text == "("
        && (RUNNING.contains(&name.as_str()) || WRITING.iter().any(|own| name.starts_with(own)))
}

/// A name without its quotes, in small letters.
fn name(token: &&Token<'_>) -> String {
    token.text.trim_matches(['"', '`']).to_ascii_lowercase()
}

/// Whether nothing of it can be seen by the session's next user, nor it see anything of the one before.
pub(super) fn keeps_session(tokens: &[Token<'_>]) -> bool {
    let meant: Vec<&Token<'_>> = tokens.iter().filter(|token| token.kind != TokenKind::Blank).collect();
    let is_verb = |token: &&Token<'_>| VERBS.iter().any(|verb| token.text.eq_ignore_ascii_case(verb));
    meant.first().is_some_and(is_verb)
        && !meant.iter().any(|token| is_of_session(token))
        && !meant.windows(2).any(is_escaped_name)
        && !meant.windows(2).any(is_next_value)
        && meant.iter().enumerate().all(|(at, _)| !calls_unknown(&meant, at))
}

/// Rows that go to a table, a file or a variable; temporary tables, settings, and variables of MySQL.
fn is_of_session(token: &Token<'_>) -> bool {
    match token.kind {
        TokenKind::Word | TokenKind::Name => {
            let name = name(&token);
            WRITES.contains(&name.as_str())
                || token.kind == TokenKind::Word && name == "into"
                || OF_SESSION.contains(&name.as_str())
                || name.starts_with("pg_temp")
                || name.contains("last_insert_id")
        }
        TokenKind::Other => token.text == "@",
        TokenKind::Blank | TokenKind::Text | TokenKind::Named | TokenKind::Numbered => false,
    }
}

/// Whether two tokens are `&` and a name in quotes, as in `U&"\0070g_temp"`, whose letters are not what they seem.
fn is_escaped_name(pair: &[&Token<'_>]) -> bool {
    matches!(pair, [sign, name] if sign.text == "&" && name.kind == TokenKind::Name)
}

/// Whether two tokens take the next value of a sequence (`NEXT VALUE FOR s`).
fn is_next_value(pair: &[&Token<'_>]) -> bool {
    matches!(pair, [next, value] if next.text.eq_ignore_ascii_case("next") && value.text.eq_ignore_ascii_case("value"))
}

/// Whether a name stands before a parenthesis that is not known.
fn calls_unknown(tokens: &[&Token<'_>], at: usize) -> bool {
    let text = |at: Option<usize>| at.and_then(|at| tokens.get(at)).map(|token| token.text);
    if text(at.checked_add(1)) != Some("(") {
        return false;
    }
    let Some(token) = tokens.get(at) else { return false };
    match token.kind {
        TokenKind::Word | TokenKind::Name => {}
        TokenKind::Blank | TokenKind::Text | TokenKind::Named | TokenKind::Numbered | TokenKind::Other => return false,
    }
    // Behind the name of a schema.
    let mut begins = at;
    while text(begins.checked_sub(1)) == Some(".") {
        begins = begins.saturating_sub(2);
    }
    let known = token.kind == TokenKind::Word
        && begins == at
        && KNOWN.binary_search(&token.text.to_ascii_lowercase().as_str()).is_ok();
    !known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(KNOWN.is_sorted());
    }
}
