//! Certificates of a test's own authority.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

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
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new([name.to_owned()]).expect("parameters");
        let cert = params.signed_by(&key, &self.0).expect("a certificate");
        Certified { cert: home.write("cert.pem", cert.pem()), key: home.write("key.pem", key.serialize_pem()) }
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
