//! `upstream_authorities`: the certificate authorities that requests of groups trust, beside those of the web.

use std::path::PathBuf;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::exit::Usage;

/// Reads the certificates of some PEM files, as DER.
pub(super) fn read(files: &[PathBuf]) -> Result<Vec<Vec<u8>>, Usage> {
    let mut found = Vec::new();
    for file in files {
        let wrong = |cause: String| Usage(format!("`upstream_authorities`: `{}`: {cause}", file.display()));
        let before = found.len();
        for certificate in CertificateDer::pem_file_iter(file).map_err(|error| wrong(error.to_string()))? {
            found.push(certificate.map_err(|error| wrong(error.to_string()))?.to_vec());
        }
        if found.len() == before {
            return Err(wrong("it has no certificate: expected one or more in PEM".to_owned()));
        }
    }
    Ok(found)
}
