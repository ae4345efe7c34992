//! What a call that fails may have changed: whoever would repeat it has to know.

use lockgate_domain::Problem;

/// What is known of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing was changed, as far as the host can tell.
    #[default]
    None,
    /// Something was sent that changes something, and nobody knows what became of it.
    Possible,
    /// Something was changed, and will not be undone.
    Done,
}

impl Effect {
    /// The same problem, which says so.
    pub(crate) fn told(self, problem: Problem) -> Problem {
        let told = match self {
            Self::None => return problem,
            Self::Possible => "the statement may have taken effect: look before it is sent again",
            Self::Done => "the statement has taken effect",
        };
        let mut problem = Problem { retryable: false, retry_after_s: None, ..problem };
        problem.detail = format!("{}; {told}", problem.detail);
        if let Some(failure) = &mut problem.failure {
            failure.message = format!("{}; {told}", failure.message);
            (failure.retryable, failure.retry_after_ms) = (false, None);
        }
        problem
    }
}

#[cfg(test)]
mod tests {
    use lockgate_domain::Code;

    use super::*;

    #[test]
    fn what_has_an_effect_is_not_sent_again_unseen() {
        let problem = || Problem::new(Code::UpstreamTimeout, "it took too long").retryable(Some(1));
        assert_eq!(Effect::None.told(problem()), problem());
        for (effect, words) in [(Effect::Possible, "may have taken effect"), (Effect::Done, "has taken effect")] {
            let told = effect.told(problem());
            assert!(told.detail.contains(words) && !told.retryable && told.retry_after_s.is_none(), "{told:?}");
        }
    }
}
