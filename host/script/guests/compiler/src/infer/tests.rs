use serde_json::{Value, json};

use crate::{Language, reading};

/// The schemas of both sides.
fn inferred(source: &str) -> (Option<Value>, Option<Value>) {
    let reading = reading(Language::TypeScript, source);
    assert_eq!(reading.diagnostics, [], "{source}");
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
        ("-5n", json!({"const": -5})),
        ("[]", json!({"type": "array", "items": false})),
        ("object", json!({"type": ["object", "array"]})),
        ("boolean | true | 'a' | string | 'b' | number | 'c'", json!({"type": ["boolean", "string", "number"]})),
        ("string | number | string | null | number", json!({"type": ["string", "number", "null"]})),
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
        ("NonNullable<string | null>", json!({"type": "string"})),
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
        ("99999999999999999999n", "so many digits; any whole number is accepted here"),
        ("1e999", "this literal can't be expressed"),
        ("string & { brand: 1 }", "write the type alone"),
        ("[...string[], number]", "elements after those of any number"),
        ("`a${string}`", "any text is accepted here"),
        ("Promise<string>", "a promise is no data"),
        ("Array", "`Array` is no plain data"),
        ("keyof string", "the keys of this type are not known"),
        ("{ a: 1 }['b']", "this part of a type"),
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
        assert!(schema.unwrap().to_string().len() < 256 * 1024, "{types}");
    }
}

#[test]
fn types_of_nothing_but_themselves_are_named() {
    for (types, used) in [
        ("type A = A;", "A"),
        ("type A = B; type B = A;", "A"),
        ("type A = A | string;", "A"),
        ("type A = (B & { a: 1 }) | null; type B = A | string;", "A"),
        ("type A<T> = A<T> | T;", "A<string>"),
        ("type A = Promise<A>;", "A"),
        ("const a: typeof a = 1;", "typeof a"),
        ("type A = { b: A['b'] };", "A"),
        ("type A = { a: NonNullable<A> } | null;", "A"),
    ] {
        let schema = inferred(&format!("{types}\nexport default (input: {used}) => 1;")).0.unwrap();
        assert!(schema.to_string().contains("$comment"), "{types}: {schema}");
    }
}

/// The size of what is written is bounded, however short its types are.
#[test]
fn what_is_copied_is_bounded() {
    let text = "x".repeat(20_000);
    let doubled = "type P<T> = [T, T]; type Q<T> = P<P<P<P<T>>>>;";
    for used in [format!("Q<'{text}'>"), "Q<Q<Q<Q<Q<string>>>>>".to_owned()] {
        let schema = inferred(&format!("{doubled}\nexport default (input: {used}) => 1;")).0.unwrap();
        assert!(schema["$comment"].as_str().unwrap().contains("too large for a schema"), "{schema}");
    }
    let boxed = "type B<T> = { a: { a: { a: { a: T } } } }; type C<T> = B<B<B<B<T>>>>;";
    let schema = inferred(&format!("{boxed}\nexport default (input: C<C<C<string>>>) => 1;")).0.unwrap();
    assert!(schema.to_string().contains("too large for a schema"));
    assert!(depth(&schema) <= 64, "{}", depth(&schema));
}

/// Values within values.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// A member that may be `undefined` may be absent, however that is said; in an array of an output it is `null`.
#[test]
fn undefined_is_seen_through_names() {
    for (types, of) in [
        ("", "string | undefined"),
        ("", "(undefined | (string))"),
        ("type M = string | undefined;", "M"),
        ("type M<T> = T | undefined;", "M<string>"),
        ("type M<T> = T; type N = M<undefined | string>;", "N"),
        ("type M<T = undefined> = T | string;", "M"),
        ("interface O { m?: string }", "O['m']"),
        ("", "string | void"),
    ] {
        let source = format!("{types}\nexport default (input: {{ a: {of}; b: 1 }}): {{ a: {of}; b: ({of})[] }} => 1;");
        let (input, output) = inferred(&source);
        assert_eq!(input.unwrap()["required"], json!(["b"]), "{of}");
        let output = output.unwrap();
        assert_eq!(output["required"], json!(["b"]), "{of}");
        assert!(output["properties"]["b"]["items"].to_string().contains("null"), "{of}: {output}");
        assert!(!output["properties"]["a"].to_string().contains("null"), "{of}: {output}");
    }
    let (_, output) = inferred("export default (): { a: unknown; b: string } | undefined => 1 as any;");
    let object = json!({"type": "object", "required": ["b"], "properties": {"a": {}, "b": {"type": "string"}}});
    assert_eq!(output.unwrap(), json!({"anyOf": [object, {"type": "null"}]}));
}

#[test]
fn a_default_sees_the_parameters_of_its_own_type() {
    let source = "
        type Page<T, U = T[]> = { list: U };
        type Wrap<T> = { page: Page<number>; t: T };
        export default (input: Wrap<string>) => 1;";
    let properties = inferred(source).0.unwrap()["properties"].take();
    assert_eq!(properties["page"]["properties"]["list"], json!({"type": "array", "items": {"type": "number"}}));
    assert_eq!(properties["t"], json!({"type": "string"}));
    let missing = inferred("type Page<T> = T[];\nexport default (input: Page) => 1;").0.unwrap();
    assert!(missing["items"]["$comment"].as_str().unwrap().contains("write `Page<…>`"), "{missing}");
}

#[test]
fn types_with_arguments_may_refer_to_themselves() {
    let source = "
        /** Of a value. */
        interface Tree<T> { value: T; children: Tree<T>[] }
        export default (input: { a: Tree<string>; b: Tree<number> }) => 1;";
    let schema = inferred(source).0.unwrap();
    assert_eq!(schema["properties"]["a"], json!({"$ref": "#/$defs/Tree"}));
    assert_eq!(schema["properties"]["b"], json!({"$ref": "#/$defs/Tree2"}));
    let tree = &schema["$defs"]["Tree2"];
    assert_eq!(
        (&tree["description"], &tree["properties"]["value"]),
        (&json!("Of a value."), &json!({"type": "number"}))
    );
    assert_eq!(tree["properties"]["children"]["items"], json!({"$ref": "#/$defs/Tree2"}));
}

#[test]
fn what_both_have_takes_what_both_take() {
    let text = json!({"type": "string"});
    for (r#type, a) in [
        ("{ a: string | number } & { a: boolean | string }", text.clone()),
        ("{ a?: string } & { a: string | number }", text.clone()),
        ("{ a: string } & { [key: string]: string | number }", text.clone()),
        ("{ a: string } & { a: number }", json!(false)),
        ("{ a: { b: 1 } } & { a: { c: 2 } }", input("{ b: 1; c: 2 }")),
    ] {
        let schema = input(r#type);
        assert_eq!((&schema["properties"]["a"], &schema["required"]), (&a, &json!(["a"])), "{type}");
    }
    // What an interface says of a member of its own stands in place of what it extends.
    let source =
        "interface A { a?: string | number } interface B extends A { a: 'x' }\nexport default (input: B) => 1;";
    let schema = inferred(source).0.unwrap();
    assert_eq!((&schema["properties"]["a"], &schema["required"]), (&json!({"const": "x"}), &json!(["a"])));
}

#[test]
fn values_are_typed_as_the_compiler_types_them() {
    for (value, of, expected) in [
        ("['a', 'b'] as const", "(typeof V)[number]", json!({"enum": ["a", "b"]})),
        ("['a', 'b'] as const", "(typeof V)[1]", json!({"const": "b"})),
        ("['a', 'b']", "(typeof V)[number]", json!({"type": "string"})),
        ("{ Red: 'r', Blue: 'b' } as const", "(typeof V)['Red']", json!({"const": "r"})),
        ("{ Red: 'r', Blue: 1 }", "(typeof V)[keyof typeof V]", json!({"type": ["string", "number"]})),
        ("{ Red: 'r' } as const satisfies object", "typeof V", input("{ Red: 'r' }")),
        ("{ Red: ['r'] as string[] }", "(typeof V)['Red']", input("string[]")),
        ("-1n", "typeof V", json!({"const": -1})),
    ] {
        let schema = inferred(&format!("const V = {value};\nexport default (input: {of}) => 1;")).0.unwrap();
        assert_eq!(schema, expected, "{value}");
    }
    for value in [
        "{ a: 'r' } satisfies { a: 'r' }",
        "[]",
        "[{ a: 1 }, { b: 1 }]",
        "Object.freeze(['a'])",
        "[...X]",
        "{ __proto__: X }",
    ] {
        let schema = inferred(&format!("const V = {value};\nexport default (input: typeof V) => 1;")).0.unwrap();
        assert!(schema.to_string().contains("write its type, or a literal with `as const`"), "{value}: {schema}");
    }
    let typed = "const V: { a: string }[] = load();\nexport default (input: (typeof V)[number]) => 1;";
    assert_eq!(inferred(typed).0.unwrap(), input("{ a: string }"));
}

#[test]
fn names_are_those_that_the_script_sees() {
    let imported = "import type { Record } from 'lockgate';\nexport default (input: Record<string, number>) => 1;";
    assert!(inferred(imported).0.unwrap()["$comment"].as_str().unwrap().contains("`Record` is of another module"));
    let own = "interface T { a: 1 }\nexport default <T extends string>(input: T): T[] => [input];";
    let text = json!({"type": "string"});
    assert_eq!(inferred(own), (Some(text.clone()), Some(json!({"type": "array", "items": text}))));
    // Callers may use each of several signatures.
    let several = "export default function (a: string): 1;\nexport default function (a: number): 2;\nexport default function (a: any) { return a; }";
    assert_eq!(inferred(several), (Some(json!({"type": ["string", "number"]})), Some(json!({"enum": [1, 2]}))));
}
