use super::*;

fn fill(template: &str) -> String {
    let template: Template = template.parse().unwrap();
    let now = "2026-11-23T17:00:00.25Z".parse().unwrap();
    let field = |name: &FieldName| -> Option<&'static [u8]> {
        match name.as_str() {
            "username" => Some(b"Aladdin"),
            "password" => Some(b"open sesame"),
            "key" => Some(b"Jefe"),
            "long_key" => Some(&[0xaa; 131]),
            _ => None,
        }
    };
    String::from_utf8(template.fill(now, &field).unwrap().to_vec()).unwrap()
}

fn refused(template: &str) -> TemplateRefused {
    template.parse::<Template>().unwrap_err()
}

#[test]
fn functions_give_what_their_standards_say() {
    // RFC 7617 section 2.
    assert_eq!(fill("Basic {{base64(username, \":\", password)}}"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    // RFC 4231 test cases 2 and 6.
    assert_eq!(
        fill("{{hex(hmac(key, \"what do ya want \", \"for nothing?\"))}}"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
    assert_eq!(
        fill("{{hex(hmac(long_key, \"Test Using Larger Than Block-Size Key - Hash Key First\"))}}"),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    );
    assert_eq!(
        fill("{{key}}={{hex(sha256(\"abc\"))}}"),
        "Jefe=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn times_are_written_in_three_ways() {
    assert_eq!(fill("{{key}} {{timestamp()}}"), "Jefe 1795453200");
    assert_eq!(fill("{{key}} {{timestamp(\"ms\")}}"), "Jefe 1795453200250");
    assert_eq!(fill("{{key}} {{timestamp(\"rfc3339\")}}"), "Jefe 2026-11-23T17:00:00Z");
}

#[test]
fn blanks_between_parts_do_not_matter_and_the_spelling_is_one() {
    for text in ["a {{ base64( key , \"\\n\\\"\\\\\" ) }} b", "a {{base64(key,\"\\n\\\"\\\\\")}} b"] {
        let template: Template = text.parse().unwrap();
        assert_eq!(template.to_string(), "a {{base64(key, \"\\n\\\"\\\\\")}} b");
        assert_eq!(template.to_string().parse::<Template>().unwrap(), template);
    }
}

#[test]
fn what_is_no_template_is_refused() {
    assert_eq!(refused("plain"), TemplateRefused::Constant);
    assert_eq!(refused("{{timestamp()}}"), TemplateRefused::Constant);
    assert_eq!(refused("{{key}}\r\nx: y"), TemplateRefused::Control);
    assert_eq!(refused("{{sha256(key)}}"), TemplateRefused::Bytes("sha256"));
    assert_eq!(refused("{{hmac(key, key)}}"), TemplateRefused::Bytes("hmac"));
    assert_eq!(refused("{{md5(key)}}"), TemplateRefused::Function("md5".into()));
    assert_eq!(refused("{{hex(hmac(key))}}"), TemplateRefused::Arguments("hmac", "a key, and one part or more"));
    assert!(matches!(refused("{{base64()}}"), TemplateRefused::Arguments("base64", _)));
    assert!(matches!(refused("{{key}}{{timestamp(key)}}"), TemplateRefused::Arguments("timestamp", _)));
    for broken in [
        "{{key",
        "{{}}",
        "{{Key}}",
        "{{key}} }}",
        "{{base64(key}}",
        "{{base64(key key)}}",
        "{{base64(\"a)}}",
        "{{\"\\x\"}}",
    ] {
        assert!(matches!(refused(broken), TemplateRefused::Expected { .. }), "{broken}");
    }
    let nested = |depth: usize| format!("{{{{{}key{}}}}}", "hex(".repeat(depth), ")".repeat(depth));
    assert!(nested(8).parse::<Template>().is_ok());
    assert_eq!(refused(&nested(9)), TemplateRefused::TooLarge);
    assert_eq!(refused(&format!("{{{{key}}}}{}", "x".repeat(4096))), TemplateRefused::TooLarge);
}

#[test]
fn a_field_without_a_value_is_named() {
    let template: Template = "{{hex(key, other)}}".parse().unwrap();
    let missing = template.fill(Timestamp::UNIX_EPOCH, &|name| (name.as_str() == "key").then_some(&b"k"[..]));
    assert_eq!(missing.unwrap_err().to_string(), "field `other` has no value");
}
