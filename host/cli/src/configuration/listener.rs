//! The address of the host's listener. Every request has a token, so what other machines can reach has TLS: its own, or
//! that of a proxy.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::file::File;
use super::{LISTEN, Overrides};
use crate::exit::Usage;

/// The configuration of the listener in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<TlsFiles>,
    /// Whether a proxy with TLS is before it.
    pub(crate) behind_proxy: bool,
}

/// Files in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

impl Listener {
    pub(super) fn of(overrides: &Overrides, file: &File) -> Result<Self, Usage> {
        let address = match overrides.listen.as_ref().or(file.listen.as_ref()) {
            None => LISTEN,
            Some(text) => {
                let expected = || Usage(format!("`listen = {text}`: expected an address and a port, such as {LISTEN}"));
                text.parse().map_err(|_| expected())?
            }
        };
        let given = |own: &Option<PathBuf>, of_file: &Option<PathBuf>| {
            own.clone().or_else(|| of_file.clone()).filter(|path| !path.as_os_str().is_empty())
        };
        let cert = given(&overrides.tls_cert, &file.tls_cert);
        let tls = match (cert, given(&overrides.tls_key, &file.tls_key)) {
            (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
            (None, None) => None,
            (Some(_), None) => return Err(Usage("`tls_cert` is set and `tls_key` is not: expected both".to_owned())),
            (None, Some(_)) => return Err(Usage("`tls_key` is set and `tls_cert` is not: expected both".to_owned())),
        };
        let behind_proxy = overrides.behind_proxy.or(file.behind_proxy).unwrap_or(false);
        if !address.ip().is_loopback() && !behind_proxy && tls.is_none() {
            let text = format!(
                "`listen = {address}` is reachable from other machines, and tokens would travel in the clear: give a \
                 certificate with `--tls-cert` and `--tls-key`, or put a proxy with TLS before it and say \
                 `--behind-proxy`, or listen on 127.0.0.1"
            );
            return Err(Usage(text));
        }
        Ok(Self { address, tls, behind_proxy })
    }
}
