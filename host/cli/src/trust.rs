//! The certificate authorities that client commands trust: those of the web, or those of a file.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::environment;
use crate::exit::Usage;

/// A client that speaks HTTP to hosts of this machine and HTTPS to all others.
pub(crate) fn http_client() -> anyhow::Result<reqwest::Client> {
    let roots = match environment::get(environment::CA) {
        None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
        Some(file) => authorities(Path::new(&file)).with_context(|| format!("{} = {file}", environment::CA))?,
    };
    let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let tls = tls.with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth();
    // A proxy of the environment is for the web, not for the host of this machine.
    #[expect(clippy::disallowed_methods, reason = "the program's own client talks to the host, for no connector")]
    let client = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls);
    client.build().context("no HTTP client")
}

fn authorities(file: &Path) -> anyhow::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file)? {
        roots.add(certificate?)?;
    }
    if roots.is_empty() {
        return Err(Usage("expected `-----BEGIN CERTIFICATE-----`".to_owned()).into());
    }
    Ok(roots)
}
