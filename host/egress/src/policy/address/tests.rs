use super::*;

fn class(text: &str) -> &'static str {
    match classify(text.parse().unwrap()) {
        Class::Public => "public",
        Class::Private(_) => "private",
        Class::Never(_) => "never",
    }
}

/// Each range with its first and last address, and the public neighbours outside where there are some.
#[test]
fn every_range_begins_and_ends_where_it_says() {
    for (expected, inside, outside) in [
        ("never", ["0.0.0.0", "0.255.255.255"], &["1.0.0.0"][..]),
        ("private", ["10.0.0.0", "10.255.255.255"], &["9.255.255.255", "11.0.0.0"]),
        ("private", ["100.64.0.0", "100.127.255.255"], &["100.63.255.255", "100.128.0.0"]),
        ("private", ["100.100.100.199", "100.100.100.201"], &[]),
        ("never", ["100.100.100.200", "100.100.100.200"], &[]),
        ("never", ["127.0.0.0", "127.255.255.255"], &["126.255.255.255", "128.0.0.0"]),
        ("never", ["168.63.129.16", "168.63.129.16"], &["168.63.129.15", "168.63.129.17"]),
        ("never", ["169.254.0.0", "169.254.255.255"], &["169.253.255.255", "169.255.0.0"]),
        ("private", ["172.16.0.0", "172.31.255.255"], &["172.15.255.255", "172.32.0.0"]),
        ("never", ["192.0.0.0", "192.0.0.255"], &["191.255.255.255", "192.0.1.0"]),
        ("never", ["192.0.2.0", "192.0.2.255"], &["192.0.1.255", "192.0.3.0"]),
        ("never", ["192.88.99.0", "192.88.99.255"], &["192.88.98.255", "192.88.100.0"]),
        ("private", ["192.168.0.0", "192.168.255.255"], &["192.167.255.255", "192.169.0.0"]),
        ("never", ["198.18.0.0", "198.19.255.255"], &["198.17.255.255", "198.20.0.0"]),
        ("never", ["198.51.100.0", "198.51.100.255"], &["198.51.99.255", "198.51.101.0"]),
        ("never", ["203.0.113.0", "203.0.113.255"], &["203.0.112.255", "203.0.114.0"]),
        ("never", ["224.0.0.0", "239.255.255.255"], &["223.255.255.255"]),
        ("never", ["240.0.0.0", "255.255.255.255"], &[]),
        ("never", ["::", "::1"], &[]),
        ("never", ["::2", "::fffe:ffff:ffff"], &[]),
        ("never", ["100::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"], &["2000::"]),
        ("never", ["2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff"], &["2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]),
        ("never", ["2001:1::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"], &["2001:200::"]),
        (
            "never",
            ["2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"],
            &["2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"],
        ),
        (
            "never",
            ["2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
            &["2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::"],
        ),
        (
            "never",
            ["3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"],
            &["3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"],
        ),
        ("never", ["4000::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"], &["3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]),
        ("private", ["fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"], &[]),
        ("private", ["fd00:ec1:ffff:ffff:ffff:ffff:ffff:ffff", "fd00:ec3::"], &[]),
        ("never", ["fd00:ec2::", "fd00:ec2::254"], &[]),
        ("never", ["fd20:ce::254", "fd20:ce::"], &[]),
        ("never", ["fd00:c1::a9fe:a9fe", "fd00:42::42"], &[]),
        ("private", ["fd00:c1::a9fe:a9fd", "fd00:c1::a9fe:a9ff"], &[]),
        ("private", ["fd00:42::41", "fd00:42::43"], &[]),
        ("never", ["fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"], &[]),
        ("never", ["fe00::", "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff"], &[]),
        ("never", ["fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"], &[]),
        ("never", ["ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"], &[]),
    ] {
        for address in inside {
            assert_eq!(class(address), expected, "{address}");
        }
        for address in outside {
            assert_eq!(class(address), "public", "{address}");
        }
    }
}

#[test]
fn an_embedded_address_is_checked_too() {
    for (address, expected) in [
        // Mapped: the IPv4 address itself.
        ("::ffff:8.8.8.8", "public"),
        ("::ffff:10.0.0.1", "private"),
        ("::ffff:7f00:1", "never"),
        ("::ffff:169.254.169.254", "never"),
        // Compatible and translated: of no use today.
        ("::8.8.8.8", "never"),
        ("::127.0.0.1", "never"),
        ("::ffff:0:8.8.8.8", "never"),
        ("::ffff:0:10.0.0.1", "never"),
        // NAT64.
        ("64:ff9b::8.8.8.8", "public"),
        ("64:ff9b::10.0.0.1", "never"),
        ("64:ff9b::a9fe:a9fe", "never"),
        ("64:ff9b::127.0.0.1", "never"),
        ("64:ff9b::100.64.0.1", "never"),
        ("64:ff9b::100.63.255.255", "public"),
        ("64:ff9b:0:0:0:1::", "never"),
        ("64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", "never"),
        // A NAT64 of somebody's own network, with both of its lengths.
        ("64:ff9b:1::8.8.8.8", "private"),
        ("64:ff9b:1::10.0.0.1", "never"),
        ("64:ff9b:1:a00:0:100::", "never"),
        ("64:ff9b:1:808:8:800:808:808", "private"),
        ("64:ff9b:1:a00:0:100:808:808", "never"),
        ("64:ff9b:1:a00:ff00:1ff:808:808", "never"),
        ("64:ff9b:1:808:8:800:a00:1", "never"),
        ("64:ff9b:1:c0a8:1:100:808:808", "never"),
        ("64:ff9b:2::8.8.8.8", "never"),
        // 6to4 and Teredo, whatever they carry.
        ("2002:808:808::1", "never"),
        ("2002:a00:1::1", "never"),
        ("2001:0:808:808:0:0:f7f7:f7f7", "never"),
        // ISATAP, under a public prefix.
        ("2600::5efe:8.8.8.8", "public"),
        ("2600::5efe:10.0.0.1", "never"),
        ("2600::200:5efe:192.168.1.1", "never"),
        ("2600::1:5efe:10.0.0.1", "public"),
        ("fd00::5efe:8.8.8.8", "private"),
        // Plain ones.
        ("2606:4700:4700::1111", "public"),
        ("2a00:1450:4001::200e", "public"),
        ("1.1.1.1", "public"),
        ("140.82.121.4", "public"),
    ] {
        assert_eq!(class(address), expected, "{address}");
    }
}

/// Who reads the refusal learns which of the ranges it was.
#[test]
fn each_range_is_named() {
    for (address, named) in [
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("64:ff9b:1::8.8.8.8", "NAT64"),
        ("fd00:ec2::254", "metadata"),
        ("fd00::1", "fc00::/7"),
        ("fe80::1", "link-local"),
        ("ff02::1", "multicast"),
        ("2001::1", "Teredo"),
        ("2001:10::1", "protocol"),
        ("2001:db8::1", "2001:db8::/32"),
        ("2002:808:808::1", "6to4"),
        ("3fff::1", "3fff::/20"),
        ("4000::1", "reserved"),
        ("64:ff9b::10.0.0.1", "carries an IPv4 address"),
    ] {
        let (Class::Private(text) | Class::Never(text)) = classify(address.parse().unwrap()) else {
            panic!("{address} is public")
        };
        assert!(text.contains(named), "{address}: {text}");
    }
}
