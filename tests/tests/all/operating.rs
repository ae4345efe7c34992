//! What an operator's commands say and ask.

mod hosts;
mod messages;
