//! What a host that starts says of its console.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::Path;

use lockgate_flow::Host;
use lockgate_vault::TokenHash;

use crate::{data_folder, output};

/// Prints a link that signs in as the first admin, to the person who started the host. Into a log that others may read goes
/// no such link: `lockgate console` prints one.
pub(super) async fn announce(host: &Host, folder: &Path, local: SocketAddr) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    let address = format!("http://{local}/console");
    match link(host, folder).await {
        Some(code) => output::note(format!("console, signs in once within 10 minutes: {address}#link={code}")),
        None => output::note(format!("console: {address}")),
    }
}

/// None where the data folder has no admin token, or one that is not taken any more.
async fn link(host: &Host, folder: &Path) -> Option<String> {
    let token = std::fs::read_to_string(folder.join(data_folder::ADMIN_TOKEN)).ok()?;
    let caller = host.queries().caller(&TokenHash::of(token.trim()), true).ok()?;
    let (code, _) = host.changes().create_sign_in_link(&caller).await.ok()?;
    Some(code)
}
