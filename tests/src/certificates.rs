//! Certificates of a test's own authority.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;

use crate::Home;

/// Signs certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, as files in the folder where commands run.
#[derive(Debug)]
pub struct Certified {
    pub cert: PathBuf,
    pub key: PathBuf,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate"))
    }

    /// Its own certificate, for those who are to trust it.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// Writes a certificate for a name or address, and its key.
    pub fn certify(&self, home: &Home, name: &str) -> Certified {
        let identity = self.identify(&[name], None);
        Certified { cert: home.write("cert.pem", identity.cert_pem()), key: home.write("key.pem", identity.key_pem()) }
    }

    /// A certificate for names and addresses, and its key. It is valid until the year 4096, or until the first day of
    /// another year.
    pub fn identify(&self, names: &[&str], until: Option<i32>) -> Identity {
        let key = KeyPair::generate().expect("a key");
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        // OpenSSL takes a certificate with the name of its authority for one that is signed by itself.
        let common = names.first().expect("a name").clone();
        let mut params = CertificateParams::new(names).expect("parameters");
        params.distinguished_name.push(DnType::CommonName, common);
        // By it a client tells two authorities of one name.
        params.use_authority_key_identifier_extension = true;
        if let Some(year) = until {
            params.not_after = date_time_ymd(year, 1, 1);
        }
        Identity { cert: params.signed_by(&key, &self.0).expect("a certificate"), key }
    }
}

/// A certificate and its key.
#[derive(Debug)]
pub struct Identity {
    cert: Certificate,
    key: KeyPair,
}

impl Identity {
    pub fn cert_pem(&self) -> String {
        self.cert.pem()
    }

    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// For a server of a test's own.
    pub fn config(&self) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let key = PrivatePkcs8KeyDer::from(self.key.serialize_der()).into();
        let config = config.expect("versions").with_no_client_auth();
        config.with_single_cert(vec![self.cert.der().clone()], key).expect("a certificate and its key")
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority")
    }
}

impl Certified {
    /// The arguments of a host that has it.
    pub fn arguments(&self) -> [String; 4] {
        let path = |path: &PathBuf| path.to_str().expect("text").to_owned();
        ["--tls-cert".to_owned(), path(&self.cert), "--tls-key".to_owned(), path(&self.key)]
    }
}
