//! What signals mean to a host.

use lockgate_server::Tls;
use tokio::signal::unix::{SignalKind, signal};

/// SIGHUP, and a file that changed, read the certificate again. Without TLS the signal does nothing, and does not end
/// the host either.
pub(super) fn hang_up(tls: Option<Tls>) -> anyhow::Result<()> {
    let mut hang_up = signal(SignalKind::hangup())?;
    if let Some(tls) = tls.clone() {
        tokio::spawn(tls.follow());
    }
    tokio::spawn(async move {
        while hang_up.recv().await.is_some() {
            tls.iter().for_each(Tls::reload);
        }
    });
    Ok(())
}

/// Completes at SIGTERM or SIGINT, with its name.
pub(super) fn stop() -> anyhow::Result<impl Future<Output = &'static str>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}
