//! The largest values that limits can have on a host. Groups set their limits within them: an editor decides what a
//! connector needs, and the operator what the machine has.

use crate::{Limit, LimitHit, Limits, LimitsPatch, Violation};

/// The largest value of each limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceilings(Limits);

impl Default for Ceilings {
    /// The largest values that there are.
    fn default() -> Self {
        Self(Limits::most())
    }
}

impl Ceilings {
    /// Those that an operator sets; the others are the largest that there are.
    ///
    /// # Errors
    /// A value is out of the range of its limit.
    pub fn of(set: &LimitsPatch) -> Result<Self, Vec<Violation>> {
        let violations = set.violations("");
        if violations.is_empty() { Ok(Self(set.over(Limits::most()))) } else { Err(violations) }
    }

    /// The largest value of one limit, which no group, connector or installation is above.
    pub fn value(&self, limit: Limit) -> u64 {
        self.0.value(limit)
    }

    /// Limits as they are in force: none is above its ceiling, also where a group has set it before the ceiling was lower.
    pub fn hold(&self, limits: Limits) -> Limits {
        limits.at_most(&self.0)
    }

    /// The values that are set above their ceiling, each with its JSON pointer.
    pub fn violations(&self, set: &LimitsPatch, pointer: &str) -> Vec<Violation> {
        let own = Limit::ALL.iter().filter_map(|limit| {
            let (value, most) = (set.value(*limit)?, self.0.value(*limit));
            // What no host takes is told as such.
            (value > most && value <= limit.range().1).then(|| {
                let detail =
                    format!("{value} is more than this host allows: expected at most {most} ({})", key(*limit));
                Violation::new(format!("{pointer}/{}", limit.name()), "ceiling", detail)
            })
        });
        let of_connectors = set
            .connectors
            .iter()
            .flat_map(|(connector, own)| self.violations(own, &format!("{pointer}/connectors/{connector}")));
        own.chain(of_connectors).collect()
    }

    /// Names the ceiling as the setting of a limit that was reached, where the group can't raise the limit further.
    pub fn name(&self, hit: &mut LimitHit) {
        let limit = Limit::ALL.iter().find(|limit| limit.name() == hit.name);
        let is_ceiling = |limit: &Limit| hit.value >= self.0.value(*limit) && hit.value < limit.range().1;
        if let Some(limit) = limit.filter(|limit| is_ceiling(limit)) {
            hit.setting = key(*limit);
        }
    }
}

/// The setting of a ceiling, as messages name it.
fn key(limit: Limit) -> String {
    format!("ceilings.{} of the host's configuration", limit.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(json: serde_json::Value) -> LimitsPatch {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn without_any_every_value_in_range_is_allowed() {
        let most = serde_json::to_value(Limits::most()).unwrap();
        let all = patch(most);
        assert!(Ceilings::default().violations(&all, "").is_empty() && all.violations("").is_empty());
        assert_eq!(Ceilings::of(&LimitsPatch::default()), Ok(Ceilings::default()));
    }

    #[test]
    fn values_above_are_named_and_not_in_force() {
        let ceilings = Ceilings::of(&patch(serde_json::json!({"cpu_ms": 100}))).unwrap();
        let set = patch(serde_json::json!({"cpu_ms": 101, "host_calls": 9, "connectors": {"a": {"cpu_ms": 500}}}));
        let found = ceilings.violations(&set, "/limits");
        let pointers: Vec<_> = found.iter().map(|one| one.pointer.as_str()).collect();
        assert_eq!(pointers, ["/limits/cpu_ms", "/limits/connectors/a/cpu_ms"]);
        assert!(found[0].detail.contains("ceilings.cpu_ms"), "{found:?}");
        let held = ceilings.hold(Limits::of_group(&set));
        assert_eq!((held.cpu_ms, held.host_calls), (100, 9));
        let mut hit = LimitHit::new(Limit::Cpu, held.cpu_ms);
        ceilings.name(&mut hit);
        assert_eq!(hit.setting, "ceilings.cpu_ms of the host's configuration");
        let mut hit = LimitHit::new(Limit::HostCalls, 9);
        ceilings.name(&mut hit);
        assert_eq!(hit.setting, "limits.host_calls of the group");
    }

    #[test]
    fn a_ceiling_is_in_the_range_of_its_limit() {
        assert!(Ceilings::of(&patch(serde_json::json!({"cpu_ms": 0}))).is_err());
    }
}
