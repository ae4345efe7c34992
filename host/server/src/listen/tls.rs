//! TLS of the listener: a certificate chain and its key, read from PEM files and read again when they change.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// How often the files are looked at: a renewal comes days before the old certificate ends.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// What is spoken over TLS, the preferred one first (RFC 7301).
const PROTOCOLS: [&[u8]; 2] = [H2, b"http/1.1"];
/// HTTP/2 as ALPN names it.
pub(crate) const H2: &[u8] = b"h2";

/// Why the files can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read, or holds no PEM of its kind.
    #[error("`{setting} = {}`: {why}", .path.display())]
    File {
        /// Which setting names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Certificate and key don't belong together, or are of a kind that is not supported.
    #[error("`tls_cert` and `tls_key`: {0}")]
    Pair(rustls::Error),
}

/// What a listener answers TLS with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tls(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    cert: PathBuf,
    key: PathBuf,
    config: ArcSwap<ServerConfig>,
}

impl Tls {
    /// Reads a certificate chain (the host's own first) and its private key.
    ///
    /// # Errors
    /// [`TlsError`] names the file and what is wrong with it.
    pub fn read(cert: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        let config = ArcSwap::from_pointee(config(&cert, &key)?);
        Ok(Self(Arc::new(Inner { cert, key, config })))
    }

    /// Reads the files again. New connections get what is in them; if they can't be used, what was read before stays.
    pub fn reload(&self) {
        match config(&self.0.cert, &self.0.key) {
            Ok(config) => {
                self.0.config.store(Arc::new(config));
                tracing::info!("the TLS certificate was read again");
            }
            Err(error) => tracing::error!(%error, "the TLS certificate was not read again: the one before stays"),
        }
    }

    /// Reloads whenever a file changes. Never ends.
    pub async fn follow(self) {
        let mut seen = self.changed_at();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let now = self.changed_at();
            if now != seen {
                seen = now;
                self.reload();
            }
        }
    }

    fn changed_at(&self) -> [Option<SystemTime>; 2] {
        [&self.0.cert, &self.0.key].map(|path| std::fs::metadata(path).and_then(|file| file.modified()).ok())
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.0.config.load_full())
    }
}

fn config(cert: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let failed = |setting, path: &Path, why: String| TlsError::File { setting, path: path.to_owned(), why };
    let chain = CertificateDer::pem_file_iter(cert).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| failed("tls_cert", cert, error.to_string()))?;
    if chain.is_empty() {
        return Err(failed("tls_cert", cert, "expected `-----BEGIN CERTIFICATE-----`".to_owned()));
    }
    let private = PrivateKeyDer::from_pem_file(key);
    let private = private.map_err(|error| failed("tls_key", key, format!("expected a private key in PEM: {error}")))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(TlsError::Pair)?;
    let mut config = builder.with_no_client_auth().with_single_cert(chain, private).map_err(TlsError::Pair)?;
    config.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
    Ok(config)
}
