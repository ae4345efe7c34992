//! What one call, one plugin and one group may use. Every limit is stated once, in the table of this file: its default
//! with the reason, its smallest and its largest value.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ConnectorName, Violation};

const MIB: u64 = 1024 * 1024;

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident: $variant:ident = $default:expr, $min:expr, $max:expr;)*) => {
        /// The limits in force for a call: every value is set.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
        pub struct Limits {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        /// The values that a group sets, and its own values for single connectors.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct LimitsPatch {
            $(
                $(#[$doc])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                #[schemars(range(min = $min, max = $max))]
                pub $name: Option<u64>,
            )*
            /// Values for single connectors; what they leave out is as for the group.
            #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
            #[schemars(schema_with = "crate::json_schema::limits_of_connectors")]
            pub connectors: BTreeMap<ConnectorName, LimitsPatch>,
        }

        impl Limits {
            /// The largest values that can be set.
            pub(crate) fn most() -> Self {
                Self { $($name: $max,)* }
            }

            /// The same with no value above that of `most`.
            pub(crate) fn at_most(self, most: &Self) -> Self {
                Self { $($name: self.$name.min(most.$name),)* }
            }

            /// The value of a limit.
            pub(crate) fn value(&self, limit: Limit) -> u64 {
                match limit { $(Limit::$variant => self.$name,)* }
            }
        }

        impl LimitsPatch {
            pub(crate) fn over(&self, base: Limits) -> Limits {
                Limits { $($name: self.$name.unwrap_or(base.$name),)* }
            }

            /// The value of a limit, if it sets it.
            pub(crate) fn value(&self, limit: Limit) -> Option<u64> {
                match limit { $(Limit::$variant => self.$name,)* }
            }

            /// Overwrites its values with those that `other` sets.
            pub fn merge(&mut self, other: &LimitsPatch) {
                $(self.$name = other.$name.or(self.$name);)*
                for (connector, patch) in &other.connectors {
                    self.connectors.entry(connector.clone()).or_default().merge(patch);
                }
            }

            /// Whether it sets a limit, beside its values for single connectors.
            pub fn sets_itself(&self, limit: Limit) -> bool {
                match limit { $(Limit::$variant => self.$name.is_some(),)* }
            }

            /// Whether it sets a limit for a connector.
            pub fn sets(&self, name: &str, connector: &ConnectorName) -> bool {
                let own = match name { $(stringify!($name) => self.$name.is_some(),)* _ => false };
                own || self.connectors.get(connector).is_some_and(|one| one.sets(name, connector))
            }

            fn own_violations(&self, pointer: &str, violations: &mut Vec<Violation>) {
                $(check(self.$name, Limit::$variant, pointer, violations);)*
            }
        }

        /// The name of a limit.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Limit {
            $($(#[$doc])* $variant,)*
        }

        impl Limit {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Limit] = &[$(Self::$variant,)*];

            /// The key in a group's `limits`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($name),)* }
            }

            /// Smallest and largest value that can be set.
            pub fn range(self) -> (u64, u64) {
                match self { $(Self::$variant => ($min, $max),)* }
            }
        }
    };
}

limits! {
    /// Wall time of a call, in milliseconds. A caller waits no longer for a page either.
    deadline_ms: Deadline = 30_000, 1, 900_000;
    /// CPU time of the guest in a call, in milliseconds: far above honest logic, far below what hurts a neighbour.
    cpu_ms: Cpu = 1_000, 1, 300_000;
    /// All linear memories of an instance together, in bytes; tables count with 8 bytes an element.
    memory_bytes: Memory = 64 * MIB, 64 * 1024, 1024 * MIB;
    /// Input of a call, in bytes of JSON text.
    input_bytes: Input = MIB, 1, 64 * MIB;
    /// Output of a call, in bytes of JSON text.
    output_bytes: Output = 4 * MIB, 1, 64 * MIB;
    /// Body of a request to an outside system or of its answer, in bytes, decoded: more than a page of any API has.
    upstream_body_bytes: UpstreamBody = 8 * MIB, 1, 1024 * MIB;
    /// Rows of one answer of a database that is taken as a whole. One that is read in steps can have any number.
    rows: Rows = 10_000, 1, 10_000_000;
    /// Calls of host functions in a call. Each costs the host some work that is not counted as the guest's CPU time.
    host_calls: HostCalls = 1_000, 0, 1_000_000;
    /// Handles (streams, pollables, resources of its own) that an instance holds at one time, in the host's memory.
    handles: Handles = 1_000, 1, 100_000;
    /// Log lines that are kept of a call; further ones are counted and dropped.
    log_lines: LogLines = 256, 0, 65_536;
    /// Bytes that are kept of a log line; the rest is cut.
    log_line_bytes: LogLineBytes = 4_096, 64, 65_536;
    /// Bytes of log lines that are kept with the record of a call that failed, the last ones first; 0 keeps none. Enough for
    /// what led to a failure, and few beside a million records.
    record_log_bytes: RecordLog = 16 * 1024, 0, 256 * 1024;
    /// Size of a component, in bytes; a Python component has 18 MB.
    component_bytes: Component = 32 * MIB, 1, 256 * MIB;
    /// Wall time of compiling a component, in milliseconds.
    compile_ms: CompileTime = 60_000, 1, 600_000;
    /// Memory of the process that compiles a component, in bytes.
    compile_memory_bytes: CompileMemory = 1024 * MIB, 64 * MIB, 8 * 1024 * MIB;
    /// Calls of the group that run at one time. A further one waits up to a second for a permit. A connector's own
    /// value does not apply.
    calls_in_flight: CallsInFlight = 64, 1, 10_000;
    /// Calls of one tenant in the group that run at one time, so that one tenant leaves room for the others.
    tenant_calls_in_flight: TenantCallsInFlight = 32, 1, 10_000;
    /// Calls that may use one instance, one after the other. With 1 every call gets a fresh instance, and nothing that
    /// it leaves in memory reaches another; more is for authors who keep no state that callers may not share.
    calls_per_instance: CallsPerInstance = 1, 1, 1_000_000_000;
}

impl Limits {
    /// The limits of one connector in a group that has set `patch`.
    pub fn of(patch: &LimitsPatch, connector: &ConnectorName) -> Self {
        let group = patch.over(Self::default());
        patch.connectors.get(connector).map_or(group, |own| own.over(group))
    }

    /// The limits of a connector whose own definition sets `own`; the group's values for the connector override them.
    pub fn of_definition(patch: &LimitsPatch, connector: &ConnectorName, own: &LimitsPatch) -> Self {
        let defined = own.over(patch.over(Self::default()));
        patch.connectors.get(connector).map_or(defined, |named| named.over(defined))
    }

    /// The limits of a group that has set `patch`, for what concerns no single connector.
    pub fn of_group(patch: &LimitsPatch) -> Self {
        patch.over(Self::default())
    }
}

impl LimitsPatch {
    /// The limits of a connector where a scope sets these over those of its group.
    pub fn installed(&self, base: Limits, connector: &ConnectorName) -> Limits {
        let own = self.over(base);
        self.connectors.get(connector).map_or(own, |patch| patch.over(own))
    }

    /// The values that are out of range, each with its JSON pointer.
    pub fn violations(&self, pointer: &str) -> Vec<Violation> {
        let mut violations = Vec::new();
        self.own_violations(pointer, &mut violations);
        for (connector, own) in &self.connectors {
            let pointer = format!("{pointer}/connectors/{connector}");
            own.own_violations(&pointer, &mut violations);
            if !own.connectors.is_empty() {
                violations.push(Violation::new(
                    format!("{pointer}/connectors"),
                    "unknown",
                    "limits of a connector have no `connectors` of their own",
                ));
            }
        }
        violations
    }
}

fn check(value: Option<u64>, limit: Limit, pointer: &str, violations: &mut Vec<Violation>) {
    let (min, max) = limit.range();
    if let Some(value) = value.filter(|value| !(min..=max).contains(value)) {
        let detail = format!("{value} is out of range: expected {min} to {max}");
        violations.push(Violation::new(format!("{pointer}/{}", limit.name()), "range", detail));
    }
}

/// A limit that was reached: its name, its value, and the setting that raises it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LimitHit {
    /// Such as `memory_bytes`.
    pub name: String,
    /// The value in force.
    pub value: u64,
    /// The setting that raises it.
    pub setting: String,
}

impl LimitHit {
    /// A hit of a limit that the group sets.
    pub fn new(limit: Limit, value: u64) -> Self {
        Self { name: limit.name().to_owned(), value, setting: format!("limits.{} of the group", limit.name()) }
    }
}

impl fmt::Display for LimitHit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} ({})", self.name, self.value, self.setting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(json: serde_json::Value) -> LimitsPatch {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_connector_overrides_its_group_and_the_group_the_default() {
        let patch = patch(serde_json::json!({"cpu_ms": 50, "host_calls": 7, "connectors": {"slow": {"cpu_ms": 90}}}));
        let slow = Limits::of(&patch, &"slow".parse().unwrap());
        assert_eq!((slow.cpu_ms, slow.host_calls, slow.deadline_ms), (90, 7, 30_000));
        assert_eq!(Limits::of(&patch, &"other".parse().unwrap()).cpu_ms, 50);
    }

    #[test]
    fn a_scope_overrides_the_group_for_itself() {
        let (slow, other) = ("slow".parse().unwrap(), "other".parse().unwrap());
        let base = Limits::of(&patch(serde_json::json!({"cpu_ms": 50, "host_calls": 7})), &slow);
        let own = patch(serde_json::json!({"cpu_ms": 60, "connectors": {"slow": {"cpu_ms": 70}}}));
        let (slowed, others) = (own.installed(base, &slow), own.installed(base, &other));
        assert_eq!((slowed.cpu_ms, others.cpu_ms, others.host_calls), (70, 60, 7));
        assert!(own.sets("cpu_ms", &other) && !own.sets("host_calls", &slow));
    }

    #[test]
    fn values_out_of_range_are_named() {
        let violations =
            patch(serde_json::json!({"cpu_ms": 0, "connectors": {"a": {"memory_bytes": 1}}})).violations("/limits");
        let pointers: Vec<_> = violations.iter().map(|violation| violation.pointer.as_str()).collect();
        assert_eq!(pointers, ["/limits/cpu_ms", "/limits/connectors/a/memory_bytes"]);
    }

    #[test]
    fn an_unknown_limit_is_an_error() {
        assert!(serde_json::from_str::<LimitsPatch>(r#"{"memory": 1}"#).is_err());
    }

    #[test]
    fn an_empty_patch_is_the_default() {
        assert_eq!(Limits::of_group(&LimitsPatch::default()), Limits::default());
    }

    #[test]
    fn the_operators_guide_has_the_same_table() {
        let guide = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operators.md");
        let guide = std::fs::read_to_string(guide).unwrap();
        let defaults = serde_json::to_value(Limits::default()).unwrap();
        let rows: Vec<_> = guide.lines().filter(|line| line.ends_with('|') && line.matches('|').count() == 6).collect();
        let rows: Vec<_> = rows.iter().filter(|row| row.starts_with("| `")).map(|row| row.replace(',', "")).collect();
        assert_eq!(rows.len(), Limit::ALL.len(), "{rows:#?}");
        for (limit, row) in Limit::ALL.iter().zip(rows) {
            let (name, (least, most)) = (limit.name(), limit.range());
            let expected = format!("| `{name}` | {} | {least} | {most} | ", defaults[name]);
            assert!(row.starts_with(&expected), "expected {expected:?}, found {row:?}");
        }
    }
}
