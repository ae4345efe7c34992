//! The machine's hosts file: names that are resolved without asking anybody. The system's resolver finds them only under
//! the name as it is written there, and so not under an absolute name, which ends with a dot.

use std::net::IpAddr;

/// Where it is (hosts(5)).
const PATH: &str = "/etc/hosts";

/// The addresses of a name; none if the file has no such name.
pub(super) async fn addresses(name: &str) -> Vec<IpAddr> {
    let text = tokio::fs::read(PATH).await.unwrap_or_default();
    named(&String::from_utf8_lossy(&text), name)
}

fn named(text: &str, name: &str) -> Vec<IpAddr> {
    let line = |line: &str| -> Option<IpAddr> {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let address = words.next()?;
        words.find(|own| own.eq_ignore_ascii_case(name))?;
        address.parse().ok()
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_addresses_of_its_lines() {
        let text = "127.0.0.1\tlocalhost\n# 10.0.0.9 shop\n10.0.0.1 shop.corp.example shop # old\n10.0.0.2 SHOP\n\
                    ::1 localhost ip6-localhost\nbroken shop\n10.0.0.3\n";
        let found = |name: &str| named(text, name).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(found("localhost"), ["127.0.0.1", "::1"]);
        assert_eq!(found("shop"), ["10.0.0.1", "10.0.0.2"]);
        assert_eq!(found("shop.corp.example"), ["10.0.0.1"]);
        assert!(found("old").is_empty() && found("corp.example").is_empty() && found("10.0.0.3").is_empty());
    }
}
