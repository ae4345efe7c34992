//! What may be reached: the kinds of addresses, what the operator's settings say about them, and the decision.

pub(crate) mod address;
pub(crate) mod interfaces;
pub(crate) mod rules;
pub(crate) mod settings;
