//! `lockgate/grpc`: scripts that call the server of `grpcio`, with messages as JSON and as bytes.

use lockgate_tests::grpc_servers::GrpcServer;
use lockgate_tests::{Answer, Authority, Host, Serve};
use reqwest::Method;
use serde_json::{Value, json};

use super::{javascript, save};

const KEY: &str = "a-real-key-77ab31";

struct Setup {
    host: Host,
    server: GrpcServer,
}

impl Setup {
    fn new(more: &Value) -> Self {
        let authority = Authority::new();
        let server = GrpcServer::start(&authority);
        let host = Serve::new().reaching_addresses([server.address()]).start().with_scripts();
        let names = [
            "inventory/v1/inventory.proto",
            "lockgate/test/legacy.proto",
            "lockgate/test/probe.proto",
            "lockgate/test/types.proto",
        ];
        let files: serde_json::Map<_, _> =
            names.iter().map(|name| ((*name).to_owned(), GrpcServer::proto(name).into())).collect();
        let mut group = json!({
            "resource_type": "INTERNAL", "capabilities": ["grpc"], "certificate_authorities": [authority.pem()],
            "activation": {"credentials": {"main": {"methods": {
                "key": {"type": "api_key", "in": "header", "name": "x-api-key"},
            }}}},
            "destinations": [{"name": "test", "grpc": server.url(), "credential": "main"}],
            "protos": {"files": files}, "connectors": [javascript("export default () => 1;")],
        });
        group.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        host.group("g", group);
        let connection = json!({"name": "main", "credentials": {"main": {"method": "key", "values": {"value": KEY}}}});
        host.send(host.request(Method::POST, "/groups/g/connections").json(&connection)).status(201);
        Self { host, server }
    }

    fn call(&self, source: &str, input: &Value) -> Answer {
        let source = format!("import {{ call, reply, statusOf, stream }} from 'lockgate/grpc';\n{source}");
        save(&self.host, &javascript(&source)).status(200);
        let body = json!({"input": input, "connection": {"fixed": "main"}});
        self.host.send(self.host.request(Method::POST, "/groups/g/connectors/c/invoke").json(&body))
    }
}

#[test]
fn a_method_is_called_with_an_object_or_with_bytes() {
    let setup = Setup::new(&json!({}));
    let source = "export default async ({ sku }) => {
        const item = await call('inventory.v1.Inventory/GetItem', { sku });
        const left = await call('inventory.v1.Inventory/Reserve', { sku, pieces: 2n });
        return [item.name, item.stock, left.left];
    };";
    assert_eq!(setup.call(source, &json!({"sku": "pen-1"})).output(), json!(["Pen", "12", "10"]));
    let source = "export default async () => {
        const { message, metadata, trailers } = await reply('lockgate.test.Probe/ShowMetadata',
            { headers: { 'x-before': 'one' }, trailers: { 'x-behind': 'two' } },
            { metadata: { 'x-own': ['a', 'b'], 'x-raw-bin': new Uint8Array([0, 255]) }, totalTimeoutMs: 20_000 });
        const own = message.entries.filter((entry) => entry.name.startsWith('x-')).map((entry) => [entry.name, entry.text ?? entry.raw]);
        return { own: own.filter(([name]) => name !== 'x-api-key'), before: metadata['x-before'], behind: trailers['x-behind'] };
    };";
    let output = setup.call(source, &json!({})).output();
    assert_eq!(output["own"], json!([["x-own", "a"], ["x-own", "b"], ["x-raw-bin", "AP8="]]), "{output}");
    assert_eq!((&output["before"], &output["behind"]), (&json!(["one"]), &json!(["two"])));
    // `Blob` with three bytes of data, and the number of them.
    let source =
        "export default async () => [...await call('lockgate.test.Probe/Measure', new Uint8Array([10, 3, 1, 2, 3]))];";
    assert_eq!(setup.call(source, &json!({})).output(), json!([8, 3]));
    let source = "export default async () => (await call('lockgate.test.Probe/Measure', { data: new Uint8Array([1, 2]) })).value;";
    assert_eq!(setup.call(source, &json!({})).output(), json!("2"));
}

/// A bigint is a number wherever it stands, also where a text would be taken.
#[test]
fn a_bigint_of_a_message_is_a_number() {
    let setup = Setup::new(&json!({}));
    let source = "export default async () => {
        const { known, scalars } = await call('lockgate.test.Echo/Send', {
            scalars: { int64Value: -9007199254740993n, uint64Value: 2n ** 64n - 1n, doubleValue: 2n, int32Value: 7n },
            known: { struct: { count: 2n, list: [3n], text: '4' }, value: 5n, list: [6n] },
        });
        const text = await call('lockgate.test.Echo/Send', { scalars: { stringValue: 5n } }).catch((error) => error.code);
        return [scalars, known.struct, known.value, known.list, text];
    };";
    let expected = json!([
        {"doubleValue": 2, "int32Value": 7, "int64Value": "-9007199254740993", "uint64Value": "18446744073709551615"},
        {"count": 2, "list": [3], "text": "4"}, 5, [6], "invalid-request",
    ]);
    assert_eq!(setup.call(source, &json!({})).output(), expected);
}

#[test]
fn a_stream_is_read_message_by_message() {
    let setup = Setup::new(&json!({}));
    let source = "export default async () => {
        const numbers = [];
        let ticks = 0;
        const timer = setInterval(() => { ticks += 1; }, 1);
        const messages = stream('lockgate.test.Probe/Count', { numbers: '3' });
        const before = messages.trailers;
        for await (const { value } of messages) numbers.push(value ?? '0');
        clearInterval(timer);
        const after = await messages.next();
        return { numbers, done: after.done, before: before === undefined, trailers: typeof messages.trailers };
    };";
    let output = setup.call(source, &json!({})).output();
    assert_eq!(output["numbers"].as_array().map(Vec::len), Some(3), "{output}");
    assert_eq!(
        (&output["done"], &output["before"], &output["trailers"]),
        (&json!(true), &json!(true), &json!("object"))
    );
    // Leaving the loop ends the call at the server, which would send without end.
    let source = "export default async () => {
        let count = 0;
        for await (const message of stream('lockgate.test.Probe/Count', { numbers: '-1', padding: 10_000, holdAfter: '5' })) {
            if (++count === 3) break;
        }
        return count;
    };";
    assert_eq!(setup.call(source, &json!({})).output(), json!(3));
    setup.server.happens(1, "cancelled", "Count");
    // Two at one time, and several messages asked for at once.
    let source = "export default async () => {
        const read = async (numbers) => {
            const messages = stream('lockgate.test.Probe/Count', { numbers });
            const three = await Promise.all([messages.next(), messages.next(), messages.next()]);
            await messages.return();
            return three.map(({ done }) => done);
        };
        return await Promise.all([read('5'), read('2')]);
    };";
    assert_eq!(setup.call(source, &json!({})).output(), json!([[false, false, false], [false, false, true]]));
}

#[test]
fn a_status_is_a_failure_that_a_script_can_read() {
    let setup = Setup::new(&json!({}));
    let source = "export default async () => {
        try {
            await call('lockgate.test.Probe/Fail', { code: 8, message: 'no more', errorInfo: { reason: 'QUOTA' } });
        } catch (failure) {
            const status = statusOf(failure);
            return [failure.code, failure.retryable, status.status, status.message, status.find('google.rpc.ErrorInfo').reason, statusOf(new Error()) === undefined];
        }
    };";
    let expected = json!(["grpc-resource-exhausted", true, "RESOURCE_EXHAUSTED", "no more", "QUOTA", true]);
    assert_eq!(setup.call(source, &json!({})).output(), expected);
    // Thrown on, and at the end of a stream.
    let source = "export default async () => { for await (const message of stream('lockgate.test.Probe/Count', { numbers: '1', code: 5 })); };";
    assert_eq!(setup.call(source, &json!({})).problem(422, "LG3001")["failure"]["code"], "grpc-not-found");
    for (source, code) in [
        ("export default () => call('lockgate.test.Probe/Nothing', {});", "no-descriptors"),
        ("export default () => call('inventory.v1.Inventory/GetItem', { nothing: 1 });", "invalid-request"),
        (
            "export default () => call('inventory.v1.Inventory/GetItem', {}, { metadata: { 'x-api-key': 'x' } });",
            "invalid-request",
        ),
        (
            "export default () => call('inventory.v1.Inventory/GetItem', {}, { destination: 'other' });",
            "invalid-request",
        ),
    ] {
        assert_eq!(setup.call(source, &json!({})).problem(422, "LG3001")["failure"]["code"], code, "{source}");
    }
    for (source, word) in [
        ("export default () => call('a.B/C', {}, { retries: 1 });", "`retries` is not known"),
        ("export default () => call('a.B/C', {}, { metadata: { x: new Uint8Array(1) } });", "ends in `-bin`"),
        ("export default () => call('a.B/C', () => 1);", "what JSON can hold: it is a function"),
    ] {
        let told = setup.call(source, &json!({})).problem(500, "LG3003").to_string();
        assert!(told.contains(word), "{source}: {told}");
    }
}

#[test]
fn a_group_grants_it() {
    let setup = Setup::new(&json!({"capabilities": []}));
    let failure = setup.call("export default () => call('a.B/C', {});", &json!({})).problem(422, "LG3001");
    assert_eq!(failure["failure"]["code"], "denied");
    assert!(failure.to_string().contains("capabilities"), "{failure}");
}
