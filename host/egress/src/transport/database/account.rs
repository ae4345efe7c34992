//! What a credential places into the login of a database.

use lockgate_domain::auth::Location;
use zeroize::Zeroizing;

use super::failed::Failed;
use crate::auth::Placed;

/// User, password and options of a login. Wiped from memory when it is dropped.
#[derive(Default)]
pub(super) struct Account {
    user: Option<Zeroizing<Vec<u8>>>,
    password: Option<Zeroizing<Vec<u8>>>,
    options: Vec<(String, Zeroizing<Vec<u8>>)>,
}

/// Whether logins have this location. A client certificate is part of the TLS settings.
pub(crate) fn carries(location: &Location) -> bool {
    match location {
        Location::User | Location::Password | Location::Option(_) => true,
        Location::Header(_) | Location::Query(_) | Location::Cookie(_) | Location::Body(_) | Location::Certificate => {
            false
        }
    }
}

impl Account {
    pub(super) fn of(placed: Vec<Placed<'_>>) -> Self {
        let mut account = Self::default();
        for Placed { location, value } in placed {
            match location {
                Location::User => account.user = Some(value),
                Location::Password => account.password = Some(value),
                Location::Option(name) => account.options.push((name.clone(), value)),
                Location::Header(_)
                | Location::Query(_)
                | Location::Cookie(_)
                | Location::Body(_)
                | Location::Certificate => {}
            }
        }
        account
    }

    /// The user. A server is never told the name of the one who runs the host.
    pub(super) fn user(&self) -> Result<&str, Failed> {
        let user = self.user.as_ref().ok_or_else(|| {
            Failed::Invalid("the credential has no user: a database takes `basic`, or `custom` with `in: user`".into())
        })?;
        text(user).ok_or_else(|| Failed::Invalid("the user of the connection is no text".to_owned()))
    }

    pub(super) fn password(&self) -> Option<&[u8]> {
        self.password.as_ref().map(|password| password.as_slice())
    }

    /// Options of the session whose values are the connection's.
    pub(super) fn options(&self) -> impl Iterator<Item = (&str, &str)> {
        self.options.iter().filter_map(|(name, value)| Some((name.as_str(), text(value)?)))
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}
