//! What client and server agree on, as bits (`CLIENT_…` in the protocol).

pub(super) const LONG_PASSWORD: u32 = 1;
/// An `UPDATE` counts the rows that it found, as PostgreSQL does, and not only those that it made different.
pub(super) const FOUND_ROWS: u32 = 1 << 1;
pub(super) const LONG_FLAG: u32 = 1 << 2;
pub(super) const CONNECT_WITH_DB: u32 = 1 << 3;
pub(super) const PROTOCOL_41: u32 = 1 << 9;
pub(super) const SSL: u32 = 1 << 11;
pub(super) const TRANSACTIONS: u32 = 1 << 13;
pub(super) const SECURE_CONNECTION: u32 = 1 << 15;
pub(super) const MULTI_RESULTS: u32 = 1 << 17;
pub(super) const PS_MULTI_RESULTS: u32 = 1 << 18;
pub(super) const PLUGIN_AUTH: u32 = 1 << 19;
pub(super) const PLUGIN_AUTH_LENENC: u32 = 1 << 21;
pub(super) const SESSION_TRACK: u32 = 1 << 23;

/// What a session can't do without.
pub(super) const REQUIRED: u32 = PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH;
/// What it takes if the server has it. Several statements in one text (`MULTI_STATEMENTS`), files of the client
/// (`LOCAL_FILES`) and compression are left out for good.
pub(super) const WANTED: u32 = REQUIRED
    | LONG_PASSWORD
    | FOUND_ROWS
    | LONG_FLAG
    | TRANSACTIONS
    | MULTI_RESULTS
    | PS_MULTI_RESULTS
    | PLUGIN_AUTH_LENENC
    | SESSION_TRACK;
