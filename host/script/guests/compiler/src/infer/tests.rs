use serde_json::{Value, json};

use crate::{Language, reading};

/// The schemas of both sides.
fn inferred(source: &str) -> (Option<Value>, Option<Value>) {
    let reading = reading(Language::TypeScript, source);
    assert_eq!(reading.mistakes, [], "{source}");
    (reading.input_schema, reading.output_schema)
}

/// The schema of an input of this type.
fn input(r#type: &str) -> Value {
    inferred(&format!("export default function (input: {type}) {{}}")).0.unwrap()
}

#[test]
fn plain_types_have_schemas() {
    for (r#type, expected) in [
        ("string", json!({"type": "string"})),
        ("number | null", json!({"type": ["number", "null"]})),
        ("'a' | 'b'", json!({"enum": ["a", "b"]})),
        ("-1 | 2.5 | true", json!({"enum": [-1, 2.5, true]})),
        ("bigint", json!({"type": "integer"})),
        ("number | bigint | null", json!({"type": ["number", "null"]})),
        ("5n | 7n", json!({"enum": [5, 7]})),
        ("99999999999999999999n", json!({"type": "integer"})),
        ("'a' | null", json!({"enum": ["a", null]})),
        ("'a' | number", json!({"anyOf": [{"const": "a"}, {"type": "number"}]})),
        ("unknown", json!({})),
        ("any[]", json!({"type": "array", "items": {}})),
        ("ReadonlyArray<(string)>", json!({"type": "array", "items": {"type": "string"}})),
        (
            "readonly [a: string, b?: number, ...boolean[]]",
            json!({"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}], "minItems": 1, "items": {"type": "boolean"}}),
        ),
        ("[string]", json!({"type": "array", "prefixItems": [{"type": "string"}], "minItems": 1, "items": false})),
        ("Record<string, number>", json!({"type": "object", "additionalProperties": {"type": "number"}})),
        (
            "Record<'a' | 'b', boolean>",
            json!({"type": "object", "properties": {"a": {"type": "boolean"}, "b": {"type": "boolean"}}, "required": ["a", "b"]}),
        ),
        (
            "{ a: string; b?: number; c: boolean | undefined; readonly 'd e': null }",
            json!({
                "type": "object", "required": ["a", "d e"],
                "properties": {"a": {"type": "string"}, "b": {"type": "number"}, "c": {"type": "boolean"}, "d e": {"type": "null"}},
            }),
        ),
        (
            "{ a: 1 } & { b: 2 }",
            json!({"type": "object", "properties": {"a": {"const": 1}, "b": {"const": 2}}, "required": ["a", "b"]}),
        ),
        (
            "{ [key: string]: string[] }",
            json!({"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}),
        ),
        ("Pick<{ a: 1; b: 2 }, 'a'>", json!({"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]})),
        ("Omit<Partial<{ a: 1; b: 2 }>, 'a'>", json!({"type": "object", "properties": {"b": {"const": 2}}})),
        ("keyof { a: 1; b: 2 }", json!({"enum": ["a", "b"]})),
        ("{ a: string }['a']", json!({"type": "string"})),
        ("string[][number]", json!({"type": "string"})),
        ("NonNullable<string | null>", json!({"type": ["string"]})),
    ] {
        assert_eq!(input(r#type), expected, "{type}");
    }
}

#[test]
fn names_are_definitions_and_comments_descriptions() {
    let source = "
        /** What is ordered.
         * Twice.
         * @see nothing */
        export interface Order { /** In cents. */ price: number; parts?: Order[]; state: State }
        type State = (typeof STATES)[number];
        const STATES = ['open', 'paid'] as const;
        /** One of many. */
        type Color = (typeof Color)[keyof typeof Color];
        const Color = { Red: 'red', Blue: 'blue' } as const;
        interface Base { id: string }
        interface Item extends Base { color: Color; page: Page<Base> }
        interface Item { more: boolean }
        type Page<T> = { items: T[]; next: string | null };
        export default async (order: Order, ctx): Promise<Item> => ({} as Item);";
    let (input, output) = inferred(source);
    assert_eq!(
        input.unwrap(),
        json!({"$ref": "#/$defs/Order", "$defs": {
            "Order": {
                "type": "object", "description": "What is ordered.\nTwice.", "required": ["price", "state"],
                "properties": {
                    "price": {"type": "number", "description": "In cents."},
                    "parts": {"type": "array", "items": {"$ref": "#/$defs/Order"}},
                    "state": {"$ref": "#/$defs/State"},
                },
            },
            "State": {"enum": ["open", "paid"]},
        }})
    );
    let output = output.unwrap();
    assert_eq!(output["required"], json!(["id", "color", "page", "more"]));
    assert_eq!(output["$defs"]["Color"], json!({"enum": ["red", "blue"], "description": "One of many."}));
    let page = &output["properties"]["page"]["properties"];
    assert_eq!(page["items"], json!({"type": "array", "items": {"$ref": "#/$defs/Base"}}));
    assert_eq!(page["next"], json!({"type": ["string", "null"]}));
}

#[test]
fn every_form_of_a_default_export_is_found() {
    for source in [
        "export default function (a: string): number { return 1 }",
        "export default async function name(a: string): Promise<number> { return 1 }",
        "function f(a: string): number;\nfunction f(a: any): any {}\nexport default f;",
        "const f = async (a: string): Promise<number> => 1;\nexport { f as default };",
        "const f = function (a: string): number { return 1 };\nexport default f satisfies Function;",
        "export default ((a: string): number => 1);",
    ] {
        assert_eq!(inferred(source), (Some(json!({"type": "string"})), Some(json!({"type": "number"}))), "{source}");
    }
    for source in
        ["export default (a) => 1;", "export const request = (a: string): number => 1;", "export default class {}"]
    {
        assert_eq!(inferred(source), (None, None), "{source}");
    }
}

#[test]
fn what_is_no_data_is_named_with_its_place() {
    for (r#type, word) in [
        ("Date", "JSON has no Date"),
        ("() => void", "a function is no data"),
        ("Map<string, string>", "`Map` is no plain data"),
        ("Missing", "`Missing` is no plain data"),
        ("string extends string ? 1 : 2", "a conditional type"),
        ("typeof globalThis", "`typeof` of a value"),
        ("{ [K in 'a']: K }", "a mapped type"),
        ("Partial<string>", "`Partial` of what is no plain object"),
    ] {
        let schema = input(r#type);
        let comment = schema["$comment"].as_str().unwrap_or_default();
        assert!(comment.starts_with("line 1, column 33: ") && comment.contains(word), "{type}: {schema}");
    }
    let schema = input("{ a: string; f(): void; [Symbol.iterator]: 1 }");
    assert_eq!(schema["required"], json!(["a"]));
    assert!(schema["$comment"].as_str().unwrap().contains("a function is no data; anything"), "{schema}");
    let (_, output) =
        inferred("class A {}\nexport default (): { at: Date; a: A; nothing: undefined | 1 } => 1 as any;");
    let properties = output.unwrap()["properties"].take();
    assert_eq!(properties["at"], json!({"type": "string", "format": "date-time"}));
    assert!(properties["a"]["$comment"].as_str().unwrap().contains("is a class"));
}

#[test]
fn hostile_types_end() {
    let deep = format!("{}string{}", "{ a: ".repeat(100), " }".repeat(100));
    assert!(input(&deep).to_string().contains("too large for a schema"));
    let wide = (0..5_000).map(|index| format!("a{index}: string")).collect::<Vec<_>>().join("; ");
    assert!(input(&format!("{{ {wide} }}")).to_string().contains("too large for a schema"));
    for (types, used) in [
        ("type A = A;", "A"),
        ("type A = B; type B = A;", "A"),
        ("type A = A[];", "A"),
        ("interface A extends A { b: 1 }", "A"),
        ("type P<T> = { a: P<T[]> };", "P<string>"),
        ("type D<T> = { a: T; b: T }; type E<T> = D<D<D<D<T>>>>;", "E<E<E<E<string>>>>"),
        ("type A = Pick<A, 'a'>;", "A"),
        ("type A = A['a'];", "A"),
        ("interface __proto__ { a: 1 }", "__proto__"),
    ] {
        let source = format!("{types}\nexport default (input: {used}) => 1;");
        let (schema, _) = inferred(&source);
        assert!(schema.unwrap().to_string().len() < 4_000_000, "{types}");
    }
}
