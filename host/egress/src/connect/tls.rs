//! TLS towards outside systems: rustls with the authorities that a group trusts, and a connection's own client certificate.

use std::sync::Arc;

use lockgate_domain::Authority;
use lockgate_domain::destination::Host;
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::any_name::any_name;
use super::trust::Trust;
use crate::EgressError;

/// Sessions that one group and connection resumes; never another's.
const SESSIONS_MAX: usize = 32;

/// What every group starts from.
#[derive(Debug)]
pub(crate) struct Tls {
    trust: Trust,
    /// Of groups without authorities of their own.
    plain: Arc<ClientConfig>,
}

/// What is checked of a server's certificate, and which protocols are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Checks {
    /// Authority and name, for HTTP.
    Http,
    /// Authority and name, for HTTP/2 alone.
    Grpc,
    /// Authority and name, for a protocol without ALPN (RFC 7301).
    Name,
    /// The authority alone.
    Authority,
}

/// A chain with its key, in PEM.
pub(crate) struct Identity<'p> {
    pub(crate) pem: &'p [u8],
}

impl Tls {
    pub(crate) fn new(authorities: &[Vec<u8>]) -> Result<Self, EgressError> {
        let trust = Trust::new(authorities)?;
        let plain = builder(trust.of(&[])?)?.with_no_client_auth();
        Ok(Self { trust, plain: Arc::new(plain) })
    }

    /// The settings of one group and connection, with a store of sessions of its own. The authorities are the group's.
    pub(crate) fn of(
        &self,
        authorities: &[Authority],
        identity: Option<Identity<'_>>,
        checks: Checks,
    ) -> Result<Arc<ClientConfig>, EgressError> {
        let mut config = match identity {
            None if authorities.is_empty() => (*self.plain).clone(),
            None => builder(self.trust.of(authorities)?)?.with_no_client_auth(),
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
                builder(self.trust.of(authorities)?)?.with_client_auth_cert(chain, key).map_err(|_| wrong())?
            }
        };
        match checks {
            Checks::Http => config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            Checks::Grpc => config.alpn_protocols = vec![b"h2".to_vec()],
            Checks::Name => {}
            Checks::Authority => config.dangerous().set_certificate_verifier(any_name(self.trust.of(authorities)?)?),
        }
        config.resumption = Resumption::in_memory_sessions(SESSIONS_MAX);
        Ok(Arc::new(config))
    }
}

fn builder(
    roots: Arc<RootCertStore>,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>, EgressError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|_| EgressError::Host("TLS has no protocol version"))?;
    Ok(builder.with_root_certificates(roots))
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
    TlsConnector::from(config).connect(name, stream).await.map_err(|error| failed(explained(&error)))
}

/// What was wrong, with what to do where the server's certificate is of an authority that the group does not trust.
fn explained(error: &std::io::Error) -> String {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer)) => format!(
            "{error}: the group does not trust the authority of the server's certificate; one of your own belongs into its \
             `certificate_authorities`"
        ),
        _ => error.to_string(),
    }
}
