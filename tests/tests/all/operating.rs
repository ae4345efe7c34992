//! What an operator's commands say and ask.

mod apply;
mod hosts;
mod messages;
