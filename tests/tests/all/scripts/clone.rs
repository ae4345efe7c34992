//! `structuredClone`: whole copies, or errors.

use serde_json::{Value, json};

use super::{host, output_of};

/// Copies of what browsers copy, and errors of all else.
#[test]
fn a_structured_clone_is_whole_or_refused() {
    let source = r"
        import { sql } from 'lockgate/database';
        import { Failure } from 'lockgate';
        const refused = (value) => { try { structuredClone(value); return 'cloned'; } catch (error) { return `${error.name}: ${error.message}`; } };
        export default async () => {
            const blob = structuredClone(new Blob(['x'], { type: 'text/plain' }));
            const file = structuredClone(new File(['yz'], 'a.txt', { type: 'text/css', lastModified: 5 }));
            const key = await crypto.subtle.importKey('raw', new Uint8Array([1]), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
            const signature = await crypto.subtle.sign('HMAC', structuredClone({ key }).key, new Uint8Array(1));
            const end = structuredClone(new DOMException('a', 'AbortError'));
            const boxed = structuredClone([Object(1n), Object('x'), Object(false)]);
            class Named { get [Symbol.toStringTag]() { return 'Named'; } value = 1; #hidden = 2; }
            const around = { list: [] };
            around.list.push(around);
            const copy = structuredClone(around);
            return {
                blob: [await blob.text(), blob.type, blob instanceof File], file: [await file.text(), file.type, file.name, file.lastModified, file instanceof File],
                key: await crypto.subtle.verify('HMAC', key, signature, new Uint8Array(1)), end: [end.name, end.message, end instanceof DOMException],
                boxed: boxed.map((one) => [typeof one, typeof one.valueOf()]), named: structuredClone(new Named()), around: copy.list[0] === copy && copy !== around,
                odd: structuredClone(Object.assign(new Error('m'), { name: 'toString' })).message,
                refused: [
                    new Headers(), new URLSearchParams('a=1'), new Response('x'), new Request('/a'), new FormData(), new URL('https://a.example/'), sql`select 1`,
                    new AbortController(), new AbortController().signal, new Event('a'), new EventTarget(), new TextDecoder(), new TextEncoder(), Object(Symbol('a')),
                    Promise.resolve(1), new WeakMap(), [1].values(), (function* () {})(), () => 1,
                ].map((value) => refused({ value })),
            };
        };";
    let output = output_of(&host("export default () => 1;"), source, &json!(null));
    let refused: Vec<&str> = output["refused"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    let kinds = [
        "a Headers",
        "a URLSearchParams",
        "a Response",
        "a Request",
        "a FormData",
        "a URL",
        "a Promise",
        "an AbortController",
        "an AbortSignal",
        "an Event",
        "an EventTarget",
        "a TextDecoder",
        "a TextEncoder",
        "a Symbol",
        "a Promise",
        "a WeakMap",
        "an Array Iterator",
        "a Generator",
        "a function",
    ];
    let expected: Vec<String> =
        kinds.iter().map(|kind| format!("DataCloneError: structuredClone: {kind} can't be cloned")).collect();
    assert_eq!(refused, expected);
    let mut rest: Value = output.clone();
    rest.as_object_mut().unwrap().remove("refused");
    let expected = json!({
        "blob": ["x", "text/plain", false], "file": ["yz", "text/css", "a.txt", 5, true], "key": true,
        "end": ["AbortError", "a", true], "boxed": [["object", "bigint"], ["object", "string"], ["object", "boolean"]],
        "named": {"value": 1}, "around": true, "odd": "m",
    });
    assert_eq!(rest, expected);
}
