//! Locales and time zones, of which the engine has no rules: what it writes is that of `en-US`, all else is refused.

use serde_json::{Value, json};

use super::{call, host, javascript, save};

#[test]
fn a_text_for_another_locale_is_refused_and_never_a_wrong_one() {
    let host = host("export default () => 1;");
    let output = |expression: &str| -> Value {
        let source = format!(
            "const date = new Date(Date.UTC(2026, 0, 2, 23, 4, 5));
            export default () => {{ try {{ return {expression}; }} catch (error) {{ return `${{error.name}}: ${{error.message}}`; }} }};"
        );
        save(&host, &javascript(&source)).status(200);
        call(&host, &json!({})).output()
    };
    // What `Intl` of other engines gives.
    for (expression, expected) in [
        ("date.toLocaleString()", "1/2/2026, 11:04:05 PM"),
        ("date.toLocaleDateString('en-US', { timeZone: 'UTC' })", "1/2/2026"),
        ("date.toLocaleTimeString(['en', 'de'], { timeZone: undefined })", "11:04:05 PM"),
        ("new Date(NaN).toLocaleString()", "Invalid Date"),
        ("(-1234567.8915).toLocaleString()", "-1,234,567.892"),
        (
            "[1.0005, 1e23, 1e-9, -0, NaN, -Infinity].map((value) => value.toLocaleString('en-US')).join(' ')",
            "1.001 100,000,000,000,000,000,000,000 0 -0 NaN -∞",
        ),
        ("(-1234567n).toLocaleString()", "-1,234,567"),
        ("[1234, date, null].toLocaleString()", "1,234,1/2/2026, 11:04:05 PM,"),
        ("'i'.toLocaleUpperCase('de-DE') + 'I'.toLocaleLowerCase()", "Ii"),
        ("['b', 'a'].sort((a, b) => a.localeCompare(b, 'en-US')).join('')", "ab"),
    ] {
        assert_eq!(output(expression), json!(expected), "{expression}");
    }
    for (expression, told) in [
        ("date.toLocaleDateString('de-DE', { timeZone: 'Europe/Berlin' })", "toLocaleDateString: the locale de-DE"),
        ("date.toLocaleString(undefined, { timeZone: 'Europe/Berlin' })", "the option timeZone: Europe/Berlin"),
        ("date.toLocaleTimeString('en-US', { hour12: false })", "the option hour12: false"),
        ("(5).toLocaleString('de')", "toLocaleString: the locale de"),
        ("(5).toLocaleString('en-US', { minimumFractionDigits: 2 })", "the option minimumFractionDigits: 2"),
        ("5n.toLocaleString(['fr', 'en-US'])", "the locale fr"),
        ("[date].toLocaleString('de')", "the locale de"),
        ("new Uint8Array(1).toLocaleString('de')", "the locale de"),
        ("'a'.localeCompare('ä', 'sv')", "localeCompare: the locale sv"),
        ("'a'.localeCompare('A', undefined, { sensitivity: 'base' })", "the option sensitivity: base"),
        ("'i'.toLocaleUpperCase('tr-TR')", "toLocaleUpperCase: the locale tr-TR"),
        ("'I'.toLocaleLowerCase(['az'])", "toLocaleLowerCase: the locale az"),
    ] {
        let found = output(expression);
        let found = found.as_str().unwrap_or_default();
        assert!(
            found.starts_with("RangeError: ") && found.contains(told) && found.contains("en-US and UTC alone"),
            "{expression}: {found}"
        );
    }
    save(&host, &javascript("export default () => new Intl.NumberFormat('de').format(5);")).status(200);
    let told = call(&host, &json!({})).problem(500, "LG3003")["detail"].as_str().unwrap().to_owned();
    assert!(told.contains("there are no rules of locales") && told.contains("c.js:1:"), "{told}");
}
