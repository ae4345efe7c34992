//! Parameters of `lockgate/database`: bytes of every kind arrive as bytes, and what is neither bytes nor JSON is refused.

use lockgate_tests::database_group::connect;
use lockgate_tests::database_servers::{DATABASE, PostgreSql, USER};
use lockgate_tests::{Authority, Serve};
use reqwest::Method;
use serde_json::json;

use super::javascript;

const SOURCE: &str = r"
    import { sql } from 'lockgate/database';
    const bytes = new Uint8Array([0, 1, 2, 254, 255, 6, 7, 8]);
    const hex = async (value) => (await sql`select encode(${value}::bytea, 'hex') as hex`.one()).hex;
    const told = (work) => work().then((value) => value, (error) => `${error.name}: ${error.message}`);
    export default async () => {
        await sql`insert into kept values (${await crypto.subtle.digest('SHA-1', bytes)}, ${{ list: [1n, new Date(0)] }})`.execute();
        const { hash, value } = await sql`select encode(hash, 'hex') as hash, value from kept`.one();
        const sent = [
            bytes, bytes.buffer, bytes.subarray(3, 5), new DataView(bytes.buffer, 1, 3), new Uint16Array(bytes.buffer, 2, 1),
            new Uint8ClampedArray([300]), new ArrayBuffer(0), new BigInt64Array([-1n]), await new Response(bytes).arrayBuffer(),
        ];
        const refused = [
            new Map([[1, 2]]), new Set(), new Blob([bytes]), new Response(bytes), /a/, new Error('e'), { at: bytes }, { deep: [NaN] },
            Promise.resolve(1), () => 1, [1, [2]], [[1], 2], ['a', ['b'], 'c'], [{ a: 1 }, [2]], [null, [1]], [[[1]], [2]], [[1], [2, 3]],
        ];
        const mixed = (await sql`select ${JSON.stringify([1, [2]])}::text::jsonb as value`.one()).value;
        const nested = (await sql`select ${[[1, 2], [3, null]]}::int[] as value`.one()).value;
        return {
            hash, value, mixed, nested, sent: await Promise.all(sent.map(hex)), all: (await sql`select array_length(${[bytes, bytes.buffer]}::bytea[], 1) as n`.one()).n,
            refused: await Promise.all(refused.map((one) => told(() => sql`select ${one}::text as value`.one()))),
        };
    };";

#[test]
fn bytes_of_every_kind_are_bytes() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    server.sql(&format!("CREATE TABLE kept (hash bytea, value jsonb); ALTER TABLE kept OWNER TO {USER}"));
    let address = format!("127.0.0.1:{}", server.port()).parse().expect("an address");
    let host = Serve::new().reaching_addresses([address]).start().with_scripts();
    let database = json!({"engine": "postgresql", "host": "localhost", "port": server.port(), "name": DATABASE});
    host.group(
        "g",
        json!({
            "resource_type": "INTERNAL", "certificate_authorities": [authority.pem()], "capabilities": ["database"],
            "activation": {"credentials": {"main": {"methods": {"login": {"type": "basic"}}}}},
            "destinations": [{"database": database, "credential": "main"}], "connectors": [javascript(SOURCE)],
        }),
    );
    connect(&host, "g", USER);
    let body = json!({"input": null, "connection": {"fixed": "main"}});
    let output = host.send(host.request(Method::POST, "/groups/g/connectors/c/invoke").json(&body)).output();
    assert_eq!(output["hash"].as_str().unwrap().len(), 40, "{output}");
    assert_eq!(output["value"], json!({"list": [1, "1970-01-01T00:00:00.000Z"]}));
    let expected = json!([
        "000102feff060708",
        "000102feff060708",
        "feff",
        "0102fe",
        "02fe",
        "ff",
        "",
        "ffffffffffffffff",
        "000102feff060708",
    ]);
    assert_eq!((&output["sent"], &output["all"]), (&expected, &json!(2)));
    let beside = "lists beside values: if it is JSON, write `${JSON.stringify(list)}::text::jsonb`";
    let expected = [
        "it is a Map",
        "it is a Set",
        "it is a Blob",
        "it is a Response",
        "it is a RegExp",
        "it is an Error",
        "`at` is a Uint8Array",
        "`0` is NaN",
        "a promise can't be a parameter: did you forget `await`?",
        "a function can't be a parameter",
        beside,
        beside,
        beside,
        beside,
        beside,
        beside,
        "the arrays within an array of a parameter have one length: if it is JSON, write",
    ];
    assert_eq!((&output["mixed"], &output["nested"]), (&json!([1, [2]]), &json!([[1, 2], [3, null]])));
    assert_eq!(output["refused"].as_array().map(Vec::len), Some(expected.len()));
    for (found, expected) in output["refused"].as_array().unwrap().iter().zip(expected) {
        let found = found.as_str().unwrap();
        assert!(found.starts_with("TypeError: ") && found.contains(expected), "expected {expected}, found {found}");
    }
}
