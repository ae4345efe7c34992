//! TLS towards outside systems: rustls with the public authorities, those that the operator adds, and a connection's
//! own client certificate.

use std::sync::Arc;

use lockgate_domain::destination::Host;
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::EgressError;

/// Sessions that one group and connection resumes; never another's.
const SESSIONS_MAX: usize = 32;

/// What every group starts from.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    roots: Arc<RootCertStore>,
    plain: Arc<ClientConfig>,
}

/// A chain with its key, in PEM.
pub(crate) struct Identity<'p> {
    pub(crate) pem: &'p [u8],
}

impl Tls {
    pub(crate) fn new(authorities: &[Vec<u8>]) -> Result<Self, EgressError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for authority in authorities {
            let added = roots.add(CertificateDer::from_slice(authority));
            added.map_err(|_| EgressError::Host("a trusted certificate is not valid"))?;
        }
        let roots = Arc::new(roots);
        let plain = builder(&roots)?.with_no_client_auth();
        Ok(Self { roots, plain: Arc::new(plain) })
    }

    /// The settings of one group and connection, with a store of sessions of its own.
    pub(crate) fn of(&self, identity: Option<Identity<'_>>) -> Result<Arc<ClientConfig>, EgressError> {
        let mut config = match identity {
            None => (*self.plain).clone(),
            Some(Identity { pem }) => {
                // No text of the cause: it could hold a part of the key.
                let wrong = || {
                    EgressError::Request(
                        "the client certificate of the connection is not valid: expected \
                    a chain and its private key in PEM"
                            .to_owned(),
                    )
                };
                let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
                let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(wrong)?;
                let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| wrong())?;
                builder(&self.roots)?.with_client_auth_cert(chain, key).map_err(|_| wrong())?
            }
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.resumption = Resumption::in_memory_sessions(SESSIONS_MAX);
        Ok(Arc::new(config))
    }
}

fn builder(
    roots: &Arc<RootCertStore>,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>, EgressError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|_| EgressError::Host("TLS has no protocol version"))?;
    Ok(builder.with_root_certificates(Arc::clone(roots)))
}

/// Secures a connection for the host that the request names.
pub(crate) async fn secure(
    config: Arc<ClientConfig>,
    host: &Host,
    stream: TcpStream,
    origin: &str,
) -> Result<TlsStream<TcpStream>, EgressError> {
    let failed = |cause: String| EgressError::Tls { origin: origin.to_owned(), cause };
    let name = match host {
        Host::Name(name) => ServerName::try_from(name.clone()).map_err(|error| failed(error.to_string()))?,
        Host::Address(address) => ServerName::IpAddress((*address).into()),
    };
    TlsConnector::from(config).connect(name, stream).await.map_err(|error| failed(error.to_string()))
}
