//! Messages over a stream, bounded: none is read that is larger than the call may have, and what the server says without
//! being asked is counted.

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use lockgate_domain::database::Engine;
use postgres_protocol::message::backend::{Header, Message, ParameterStatusBody};

use super::super::channel::{Channel, Unasked};
use super::super::failed::Failed;
use crate::connect::Stream;

/// What a server may say between two answers that nobody asked for: notices, notifications, settings.
const UNASKED_MAX: usize = 1024 * 1024;
/// What a server may say of columns until it is asked something else: an answer has one description of them.
const DESCRIBED_MAX: usize = 2 * 1024 * 1024;
/// Settings by which the host reads values: where one has another value, values would be read wrongly.
const FIXED: [(&str, &str); 4] = [
    ("client_encoding", "UTF8"),
    ("DateStyle", "ISO"),
    ("IntervalStyle", "iso_8601"),
    ("standard_conforming_strings", "on"),
];

/// The same of settings of which a server tells nothing: it is asked for them where a statement may have changed them.
const UNTOLD: [(&str, &[&str]); 2] = [("extra_float_digits", &["1", "2", "3"]), ("bytea_output", &["hex"])];

/// The messages of one session.
#[derive(Debug)]
pub(super) struct Wire {
    channel: Channel,
    /// The largest message that is read.
    pub(super) message_max: usize,
    /// Bytes that nobody asked for since the last answer.
    unasked: usize,
    /// Bytes of descriptions of columns since something was sent.
    described: usize,
    /// Which of the settings by which values are read the server has told, and whether they are right.
    settings: [Option<bool>; FIXED.len()],
    /// Whether the settings by which values are read have to be right.
    checked: bool,
}

impl Wire {
    pub(super) fn new(stream: Stream, message_max: usize) -> Self {
        let (channel, settings) = (Channel::new(stream), [None; FIXED.len()]);
        Self { channel, message_max, unasked: 0, described: 0, settings, checked: false }
    }

    /// The login is over. From now on a setting by which values are read ends the session when it changes. One that is
    /// another already was not taken from the login; Redshift is asked for UTF-8 and the form of dates alone.
    pub(super) fn check_settings(&mut self, engine: Engine) -> Result<(), Failed> {
        self.checked = true;
        let is_asked = |name: &str| match engine {
            Engine::Postgresql | Engine::Mysql => true,
            Engine::Redshift => name == "client_encoding" || name == "DateStyle",
        };
        let wrong =
            FIXED.iter().zip(self.settings).find(|((name, _), is_right)| is_asked(name) && *is_right == Some(false));
        match wrong {
            Some(((name, expected), _)) => Err(Failed::Login(format!(
                "the server has another `{name}` than it was asked for, by which the host reads values: expected `{expected}`"
            ))),
            None => Ok(()),
        }
    }

    /// The names of the settings by which values are read.
    pub(super) fn fixed_settings() -> impl Iterator<Item = &'static str> {
        FIXED.iter().map(|(name, _)| *name).chain(UNTOLD.iter().map(|(name, _)| *name))
    }

    /// Their values, in the same order, as the server says when it is asked. One that it tells and did not tell at the login
    /// has not to be right.
    pub(super) fn check_values<'a>(&self, mut values: impl Iterator<Item = Option<&'a [u8]>>) -> Result<(), Failed> {
        for ((fixed, told), value) in FIXED.iter().zip(self.settings).zip(&mut values) {
            if told.is_some() && !value.is_some_and(|value| value.starts_with(fixed.1.as_bytes())) {
                return Err(changed(fixed.0, fixed.1));
            }
        }
        for ((name, right), value) in UNTOLD.iter().zip(values) {
            if !right.iter().any(|right| value == Some(right.as_bytes())) {
                return Err(changed(name, right.last().copied().unwrap_or_default()));
            }
        }
        Ok(())
    }

    /// Sends what was written.
    pub(super) async fn send(&mut self) -> Result<(), Failed> {
        (self.unasked, self.described) = (0, 0);
        self.channel.send().await
    }

    /// Gives back memory that a large message took.
    pub(super) fn trim(&mut self) {
        self.channel.trim();
    }

    /// Sends what was written for a login.
    pub(super) async fn send_secret(&mut self) -> Result<(), Failed> {
        self.channel.send_secret().await
    }

    /// Where the next message is written.
    pub(super) fn out(&mut self) -> &mut BytesMut {
        &mut self.channel.out
    }

    /// The next message that belongs to an answer.
    pub(super) async fn next(&mut self) -> Result<Message, Failed> {
        loop {
            if let Some(message) = self.buffered()? {
                return Ok(message);
            }
            self.channel.receive().await?;
        }
    }

    /// Whether the server has said nothing that matters, and has not gone away, while nobody asked.
    pub(super) fn is_quiet(&mut self) -> bool {
        // A notice is no reason to close; whatever else comes without a question is.
        self.channel.look() != Unasked::End && matches!(self.buffered(), Ok(None))
    }

    fn buffered(&mut self) -> Result<Option<Message>, Failed> {
        loop {
            let Some(header) = Header::parse(&self.channel.read)? else { return Ok(None) };
            let length = usize::try_from(header.len()).unwrap_or(usize::MAX);
            if length > self.message_max {
                return Err(Failed::TooLarge);
            }
            let Some(message) = Message::parse(&mut self.channel.read)? else { return Ok(None) };
            match &message {
                Message::NoticeResponse(_) | Message::NotificationResponse(_) => {}
                Message::ParameterStatus(status) => self.setting(status)?,
                Message::RowDescription(_) => {
                    self.described = self.described.saturating_add(length);
                    if self.described > DESCRIBED_MAX {
                        return Err(Failed::Broken("the server describes columns again and again".to_owned()));
                    }
                    return Ok(Some(message));
                }
                _ => return Ok(Some(message)),
            }
            self.unasked = self.unasked.saturating_add(length);
            if self.unasked > UNASKED_MAX {
                return Err(Failed::Broken("the server says much that nobody asked for".to_owned()));
            }
        }
    }

    fn setting(&mut self, status: &ParameterStatusBody) -> Result<(), Failed> {
        let (name, value) = (status.name()?, status.value()?);
        let mut known = FIXED.iter().zip(&mut self.settings);
        let Some((fixed, is_right)) = known.find(|((fixed, _), _)| *fixed == name) else { return Ok(()) };
        let starts = value.starts_with(fixed.1);
        *is_right = Some(starts);
        if starts || !self.checked { Ok(()) } else { Err(changed(fixed.0, fixed.1)) }
    }
}

/// A statement changed a setting by which values are read.
fn changed(name: &str, expected: &str) -> Failed {
    Failed::Invalid(format!("the statement changed `{name}`, by which the host reads values: expected `{expected}`"))
}

/// The items of a message's list.
pub(super) fn items<I: FallibleIterator<Error = std::io::Error>>(list: I) -> Result<Vec<I::Item>, Failed> {
    Ok(list.collect()?)
}

/// A message that no server sends there.
pub(super) fn out_of_turn() -> Failed {
    Failed::Broken("a message came out of turn".to_owned())
}
