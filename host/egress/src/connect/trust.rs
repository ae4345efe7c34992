//! The certificate authorities that requests trust: the public ones, those that the operator adds, and those of their own group.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use lockgate_domain::{Authority, Digest, Violation};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

use crate::EgressError;

/// What a host trusts, and what groups trust beside that.
#[derive(Debug)]
pub(crate) struct Trust {
    host: Arc<RootCertStore>,
    /// By the group's own certificates, as long as TLS settings hold them: its connections, of which there can be
    /// thousands, share one copy of the public authorities.
    groups: Mutex<HashMap<Vec<Digest>, Weak<RootCertStore>>>,
}

impl Trust {
    /// Adds the operator's certificates, in DER, to the public authorities.
    pub(crate) fn new(authorities: &[Vec<u8>]) -> Result<Self, EgressError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for authority in authorities {
            add(&mut roots, authority, "a trusted certificate is not valid")?;
        }
        Ok(Self { host: Arc::new(roots), groups: Mutex::default() })
    }

    /// The trust of a group with these authorities of its own.
    pub(crate) fn of(&self, authorities: &[Authority]) -> Result<Arc<RootCertStore>, EgressError> {
        if authorities.is_empty() {
            return Ok(Arc::clone(&self.host));
        }
        let key: Vec<_> = authorities.iter().map(Authority::fingerprint).collect();
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = groups.get(&key).and_then(Weak::upgrade) {
            return Ok(known);
        }
        let mut roots = RootCertStore::clone(&self.host);
        for authority in authorities {
            // Definitions are checked for this when they are saved; here it is certain.
            add(&mut roots, &authority.der, "a certificate of the group's authorities is not valid")?;
        }
        let roots = Arc::new(roots);
        groups.retain(|_, roots| roots.strong_count() > 0);
        groups.insert(key, Arc::downgrade(&roots));
        Ok(roots)
    }
}

fn add(roots: &mut RootCertStore, der: &[u8], wrong: &'static str) -> Result<(), EgressError> {
    roots.add(CertificateDer::from_slice(der)).map_err(|_| EgressError::Host(wrong))
}

/// The certificates of a definition that TLS could not read, one for each text.
pub fn unreadable_authorities(authorities: &[Authority]) -> Vec<Violation> {
    let mut roots = RootCertStore::empty();
    let wrong = authorities.iter().filter(|one| roots.add(CertificateDer::from_slice(&one.der)).is_err());
    let detail = "it holds something that is no X.509 certificate: expected certificates of authorities";
    let mut found: Vec<_> = wrong.map(|one| Violation::new(&one.pointer, "certificate", detail)).collect();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::pem::PemObject;

    use super::*;

    /// Of an authority that signs nothing.
    const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----
MIIBPjCB8aADAgECAhQz6pi3jSt4T0HEMHR6kOY5XgIJCDAFBgMrZXAwFDESMBAG
A1UEAwwJQXV0aG9yaXR5MCAXDTI2MTEyNzAyMDk1OVoYDzIxMjYxMTAzMDIwOTU5
WjAUMRIwEAYDVQQDDAlBdXRob3JpdHkwKjAFBgMrZXADIQCNQuc5in3JIAFv11H0
OmQAkAtDQLTGYsXBbLHppIECpKNTMFEwHQYDVR0OBBYEFD65C5ITNJGvtMjtiDIO
Xd3unhZZMB8GA1UdIwQYMBaAFD65C5ITNJGvtMjtiDIOXd3unhZZMA8GA1UdEwEB
/wQFMAMBAf8wBQYDK2VwA0EAM9d/4kbouGsOA0oo4bvW3fp7k1GEw9CEBn5nbOHC
ksuwsqdIbmB8QzBTlsFOGHU/Fkp6BZmpW5DpCBvehOxADQ==
-----END CERTIFICATE-----";

    fn authority(place: usize, change: fn(&mut Vec<u8>)) -> Authority {
        let mut der = CertificateDer::from_pem_slice(PEM).unwrap().to_vec();
        change(&mut der);
        Authority { pointer: format!("/certificate_authorities/{place}"), der }
    }

    #[test]
    fn a_groups_authorities_are_its_own_and_shared_by_its_connections() {
        let trust = Trust::new(&[]).unwrap();
        let public = webpki_roots::TLS_SERVER_ROOTS.len();
        let own = [authority(0, |_| {})];
        let (one, other) = (trust.of(&own).unwrap(), trust.of(&own).unwrap());
        assert!(Arc::ptr_eq(&one, &other) && one.len() == public + 1);
        let none = trust.of(&[]).unwrap();
        assert!(Arc::ptr_eq(&none, &trust.host) && none.len() == public);
        let held = Arc::downgrade(&one);
        drop((one, other));
        assert!(held.upgrade().is_none(), "kept for nobody");
        assert_eq!(trust.of(&own).unwrap().len(), public + 1);
    }

    #[test]
    fn what_is_no_certificate_is_named_and_never_trusted() {
        let all = [
            authority(0, |_| {}),
            authority(1, |der| der.truncate(100)),
            authority(1, |der| der.push(0)),
            authority(2, Vec::clear),
        ];
        let found = unreadable_authorities(&all);
        let pointers: Vec<_> = found.iter().map(|one| one.pointer.as_str()).collect();
        assert_eq!(pointers, ["/certificate_authorities/1", "/certificate_authorities/2"]);
        assert!(Trust::new(&[]).unwrap().of(&all).is_err());
    }
}
