//! `certificate_authorities`: the certificate authorities that a group's requests trust, beside those that every group
//! trusts.

use crate::reader::Node;
use crate::{Digest, pem};

/// An outside system shows certificates of one authority, and of a second one while it changes over.
pub(crate) const CERTIFICATES_MAX: usize = 16;
/// Of PEM. As many certificates with long keys take half of it.
pub(crate) const BYTES_MAX: usize = 64 * 1024;

/// A certificate authority that a group trusts beside those of the web.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// The text that it is in, as a JSON pointer into the definition.
    pub pointer: String,
    /// In DER. Whether it is a certificate (RFC 5280) is checked where TLS is spoken.
    pub der: Vec<u8>,
}

impl Authority {
    /// The SHA-256 digest of the certificate, as people compare it.
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.der)
    }
}

pub(crate) fn read(node: &Node<'_>) -> Vec<Authority> {
    if node.value.as_array().is_some_and(Vec::is_empty) {
        return Vec::new();
    }
    let items = node.items(CERTIFICATES_MAX);
    let texts: Vec<_> = items.iter().filter_map(|node| Some((node, node.text()?))).collect();
    if texts.iter().map(|(_, text)| text.len()).sum::<usize>() > BYTES_MAX {
        node.wrong("size", format!("expected at most {BYTES_MAX} bytes together"));
        return Vec::new();
    }
    let mut read = Vec::new();
    for (node, text) in texts {
        match pem::blocks(text) {
            Some(blocks) if blocks.iter().all(|block| block.label == "CERTIFICATE") => {
                let authority =
                    |block: &pem::Block<'_>| Authority { pointer: node.pointer.clone(), der: block.bytes.to_vec() };
                read.extend(blocks.iter().map(authority));
            }
            Some(_) | None => {
                let detail = "expected certificates in PEM and nothing else: `-----BEGIN CERTIFICATE-----`, base64, and \
                              `-----END CERTIFICATE-----`";
                node.wrong("pem", detail);
            }
        }
    }
    if items.len() <= CERTIFICATES_MAX && read.len() > CERTIFICATES_MAX {
        node.wrong("size", format!("expected at most {CERTIFICATES_MAX} certificates together"));
    }
    read
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{EgressDefinition, ResourceType};

    const ONE: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

    fn read(list: Value) -> Result<Vec<Authority>, Vec<(String, String)>> {
        EgressDefinition::read(ResourceType::External, None, None, None, Some(&list))
            .map(|egress| egress.authorities)
            .map_err(|found| found.into_iter().map(|violation| (violation.pointer, violation.rule)).collect())
    }

    #[test]
    fn each_certificate_knows_its_text() {
        let other = ONE.replace("MIIB", "MIIC").replace('\n', "\r\n");
        let authorities = read(json!([ONE, format!("{other}\n{ONE}")])).unwrap();
        let pointers: Vec<_> = authorities.iter().map(|authority| authority.pointer.as_str()).collect();
        let places = [0, 1, 1].map(|place| format!("/certificate_authorities/{place}"));
        assert_eq!(pointers, places);
        assert_eq!(authorities[0].fingerprint(), authorities[2].fingerprint());
        assert_ne!(authorities[0].fingerprint(), authorities[1].fingerprint());
        assert_eq!(read(json!([])), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_list_of_certificates_is_named() {
        let second = ("/certificate_authorities/1".to_owned(), "pem".to_owned());
        for wrong in [
            "",
            "MIIB",
            "-----BEGIN CERTIFICATE-----\nMIIB\n",
            "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
            "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----",
            &format!("{ONE}-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----"),
            &format!("a comment\n{ONE}"),
        ] {
            assert_eq!(read(json!([ONE, wrong])), Err(vec![second.clone()]), "{wrong}");
        }
        let whole = |rule: &str| Err(vec![("/certificate_authorities".to_owned(), rule.to_owned())]);
        assert_eq!(read(json!(ONE)), whole("type"));
        assert_eq!(read(json!([7])), Err(vec![("/certificate_authorities/0".to_owned(), "type".to_owned())]));
        assert_eq!(read(json!(vec![ONE; 17])), whole("size"));
        assert_eq!(read(json!([ONE.repeat(16), ONE])), whole("size"));
        assert_eq!(read(json!([ONE.repeat(16)])).unwrap().len(), 16);
        assert_eq!(read(json!([ONE, ONE.replace("MIIB", &"MIIB".repeat(16_384))])), whole("size"));
    }
}
