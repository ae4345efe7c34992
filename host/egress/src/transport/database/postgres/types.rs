//! The types that the host knows by their number (`pg_type.oid`, which PostgreSQL never changes for its own types).

/// How a value of a type is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Boolean,
    Integer,
    Float,
    Decimal,
    Text,
    Bytes,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Interval,
    Uuid,
    Json,
    /// As the server writes it.
    Other,
}

/// A type of a column or parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Type {
    pub(super) oid: u32,
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) array: bool,
}

/// Number of the type, number of its array, name, and how it is read.
const KNOWN: [(u32, u32, &str, Kind); 36] = [
    (16, 1000, "bool", Kind::Boolean),
    (17, 1001, "bytea", Kind::Bytes),
    (18, 1002, "char", Kind::Text),
    (19, 1003, "name", Kind::Text),
    (20, 1016, "int8", Kind::Integer),
    (21, 1005, "int2", Kind::Integer),
    (23, 1007, "int4", Kind::Integer),
    (25, 1009, "text", Kind::Text),
    (26, 1028, "oid", Kind::Integer),
    (114, 199, "json", Kind::Json),
    (142, 143, "xml", Kind::Other),
    (600, 1017, "point", Kind::Other),
    (650, 651, "cidr", Kind::Other),
    (700, 1021, "float4", Kind::Float),
    (701, 1022, "float8", Kind::Float),
    (790, 791, "money", Kind::Other),
    (829, 1040, "macaddr", Kind::Other),
    (869, 1041, "inet", Kind::Other),
    (1042, 1014, "bpchar", Kind::Text),
    (1043, 1015, "varchar", Kind::Text),
    (1082, 1182, "date", Kind::Date),
    (1083, 1183, "time", Kind::Time),
    (1114, 1115, "timestamp", Kind::Timestamp),
    (1184, 1185, "timestamptz", Kind::TimestampTz),
    (1186, 1187, "interval", Kind::Interval),
    (1266, 1270, "timetz", Kind::Time),
    (1560, 1561, "bit", Kind::Other),
    (1562, 1563, "varbit", Kind::Other),
    (1700, 1231, "numeric", Kind::Decimal),
    (2950, 2951, "uuid", Kind::Uuid),
    (3614, 3643, "tsvector", Kind::Other),
    (3802, 3807, "jsonb", Kind::Json),
    (3904, 3905, "int4range", Kind::Other),
    (3908, 3909, "tsrange", Kind::Other),
    (3910, 3911, "tstzrange", Kind::Other),
    (3926, 3927, "int8range", Kind::Other),
];

impl Type {
    /// The type of a number, if it is one of PostgreSQL's own.
    pub(super) fn known(oid: u32) -> Option<Self> {
        let one = |(own, array, name, kind): &(u32, u32, &str, Kind)| {
            let is_array = *array == oid;
            (*own == oid || is_array).then(|| Self { oid, name: (*name).to_owned(), kind: *kind, array: is_array })
        };
        KNOWN.iter().find_map(one)
    }

    /// A type that the server has named.
    pub(super) fn named(oid: u32, name: String) -> Self {
        Self { oid, name, kind: Kind::Other, array: false }
    }

    /// The name as people write it.
    pub(super) fn shown(&self) -> String {
        format!("{}{}", self.name, if self.array { "[]" } else { "" })
    }
}
