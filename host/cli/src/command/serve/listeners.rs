//! The listeners of a host.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::Context;
use lockgate_server::{BoundListener, Tls};
use tokio::net::TcpListener;

use crate::configuration::{Listener, TlsFiles};

/// Reads the certificate and key of a listener, if it has them.
pub(super) fn tls(listener: &Listener) -> anyhow::Result<Option<Tls>> {
    let read = |files: &TlsFiles| Tls::read(files.cert.clone(), files.key.clone());
    Ok(listener.tls.as_ref().map(read).transpose()?)
}

/// The listeners of a host.
pub(super) struct Listeners {
    pub(super) open: Vec<BoundListener>,
    /// The configured address.
    pub(super) address: SocketAddr,
    /// Where commands on this machine connect.
    pub(super) local: SocketAddr,
}

/// Opens what is configured. Where that is no plain listener on loopback, one of those is opened beside it: commands on
/// this machine know no name that the certificate has, and from another of its addresses they would not be local.
pub(super) async fn open(listener: &Listener, tls: Option<Tls>) -> anyhow::Result<Listeners> {
    let configured = bind(listener.address).await?;
    let (address, plain) = (configured.local_addr()?, tls.is_none());
    let mut open = vec![BoundListener { socket: configured, tls, behind_proxy: listener.behind_proxy }];
    let local = match address {
        _ if plain && address.ip().is_loopback() => address,
        // Every address includes the local one.
        SocketAddr::V4(_) if plain && address.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, address.port()).into(),
        SocketAddr::V6(_) if plain && address.ip().is_unspecified() => (Ipv6Addr::LOCALHOST, address.port()).into(),
        SocketAddr::V4(_) | SocketAddr::V6(_) => {
            let beside = bind((Ipv4Addr::LOCALHOST, 0).into()).await?;
            let local = beside.local_addr()?;
            open.push(BoundListener { socket: beside, tls: None, behind_proxy: false });
            local
        }
    };
    Ok(Listeners { open, address, local })
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("can't listen on {address}: is another host running? (`--listen 127.0.0.1:0` takes a free port)")
    })
}
