//! The figures of a whole run, as `--output json` prints them.

use crate::{machine::Machine, sample::Sample};
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct Results {
    pub(crate) date: String,
    pub(crate) machine: Machine,
    pub(crate) rounds: usize,
    pub(crate) seconds: u64,
    pub(crate) connections: usize,
    pub(crate) rows: Vec<Row>,
}

/// One rival.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) transport: Transport,
    /// Program, version and flags.
    pub(crate) description: String,
    /// Anonymous resident memory of its processes after the last round.
    pub(crate) memory_bytes: u64,
    /// One sample per round.
    pub(crate) all_cores: Vec<Sample>,
    pub(crate) one_core: Vec<Sample>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Transport {
    Http,
    InProcess,
}

/// On how many processors a rival runs: HTTP servers are confined to one, the others run that many threads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cores {
    All,
    One,
}

impl Cores {
    pub(crate) const BOTH: [Self; 2] = [Self::All, Self::One];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::All => "all cores",
            Self::One => "one core",
        }
    }
}

impl Row {
    pub(crate) fn samples(&self, cores: Cores) -> &[Sample] {
        match cores {
            Cores::All => &self.all_cores,
            Cores::One => &self.one_core,
        }
    }

    pub(crate) fn push(&mut self, cores: Cores, sample: Sample) {
        match cores {
            Cores::All => self.all_cores.push(sample),
            Cores::One => self.one_core.push(sample),
        }
    }

    pub(crate) fn spread(&self, cores: Cores, figure: fn(&Sample) -> f64) -> Spread {
        Spread::of(self.samples(cores).iter().map(figure).collect())
    }

    /// Requests per second over those of another, round by round: what disturbs one round disturbs both.
    pub(crate) fn ratio(&self, other: &Self, cores: Cores) -> Spread {
        let pairs = self.samples(cores).iter().zip(other.samples(cores));
        Spread::of(pairs.map(|(own, others)| own.per_second() / others.per_second()).collect())
    }

    pub(crate) fn errors(&self) -> u64 {
        Cores::BOTH.iter().flat_map(|cores| self.samples(*cores)).map(|sample| sample.errors).sum()
    }

    pub(crate) fn first_error(&self) -> Option<&str> {
        Cores::BOTH.iter().flat_map(|cores| self.samples(*cores)).find_map(|sample| sample.first_error.as_deref())
    }
}

/// A figure over all rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) max: f64,
}

impl Spread {
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        let middle = values.len().saturating_sub(1);
        Self { min: at(0), median: (at(middle / 2) + at(middle.div_ceil(2))) / 2.0, max: at(middle) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_count_is_between_the_middle_two() {
        assert_eq!(Spread::of(vec![4.0, 1.0, 3.0, 2.0]), Spread { min: 1.0, median: 2.5, max: 4.0 });
        assert_eq!(Spread::of(vec![9.0, 1.0, 5.0]).median, 5.0);
        assert!(Spread::of(vec![]).median.is_nan());
    }
}
