use super::*;

fn erased(source: &str) -> String {
    let Reading { code, diagnostics, .. } = reading(Language::TypeScript, source);
    assert_eq!(diagnostics, [], "{source}");
    assert_eq!(code.encode_utf16().count(), source.encode_utf16().count(), "{source}");
    code
}

fn told(source: &str) -> Vec<(u32, u32, String)> {
    let diagnostics = reading(Language::TypeScript, source).diagnostics;
    diagnostics.into_iter().map(|diagnostic| (diagnostic.line, diagnostic.column, diagnostic.message)).collect()
}

#[test]
fn types_become_blanks() {
    for (source, expected) in [
        ("const a: number = 1;", "const a         = 1;"),
        ("let b!: string", "let b         "),
        ("function f<T>(a?: T, ...r: T[]): T { return a! }", "function f   (a    , ...r     )    { return a  }"),
        ("const g = <T,>(x: T): T => x as T;", "const g =     (x   )    => x     ;"),
        ("class A<T> extends B<T> implements C, D { }", "class A    extends B                    { }"),
        (
            "class A { private readonly a?: number = 1; static b: string }",
            "class A {                  a          = 1; static b         }",
        ),
        (
            "abstract class A { abstract f(): void; g(): void; g() {} }",
            "         class A {                                g() {} }",
        ),
        ("interface A { a: 1 }\nf()", "                    \nf()"),
        ("f()\ntype A = 1\n(g)", "f()\n;         \n(g)"),
        (
            "import type { A } from 'a'; import { type B, log } from 'lockgate';",
            "                            import {         log } from 'lockgate';",
        ),
        ("export type { A };\nexport { b, type C };", "                  \nexport { b,        };"),
        ("declare const x: number;\nx", "                        \nx"),
        ("const a = b satisfies C\n[1].d", "const a = b ;          \n[1].d"),
        ("f<string>('a'); new M<A, B>(); t<A>`x`", "f        ('a'); new M      (); t   `x`"),
        ("try {} catch (e: unknown) {}", "try {} catch (e         ) {}"),
        ("function f(this: A, b: B) {}", "function f(         b   ) {}"),
        ("const ä: 'ü' = 1", "const ä      = 1"),
        ("const f = (a): {\n  b: 1\n} => a", "const f = (a    \n      \n) => a"),
        ("return_ = async <T>(\n  a: T) => a", "return_ = async    (\n  a   ) => a"),
        ("class A { get\n: string\nfoo() {} }", "class A { get\n;       \nfoo() {} }"),
        (
            "export default function f(a: 1): void;\nexport default function f(a) {}",
            "                                      \nexport default function f(a) {}",
        ),
        (
            "/** A. */\ntype A = 1\nexport namespace N { type B = 1 }\nf()",
            "/** A. */\n          \n                                 \nf()",
        ),
        ("for (const a of b as C[]) {}", "for (const a of b       ) {}"),
    ] {
        assert_eq!(erased(source), expected);
    }
}

#[test]
fn what_makes_code_is_refused_with_its_place() {
    for (source, line, column, word) in [
        ("\n  enum A {}", 2, 3, "as const"),
        ("namespace A { const a = 1 }", 1, 1, "namespace"),
        ("class A { constructor(readonly a: 1) {} }", 1, 23, "constructor"),
        ("const a = <B>c", 1, 11, "as Type"),
        ("import a = require('b')", 1, 1, "import"),
        ("export = a", 1, 1, "export default"),
        ("@d class A {}", 1, 1, "decorators"),
        ("const ü = 'ö', a = <B>c", 1, 20, "as Type"),
    ] {
        let told = told(source);
        assert_eq!((told[0].0, told[0].1), (line, column), "{source}: {told:?}");
        assert!(told[0].2.contains(word), "{source}: {told:?}");
    }
}

#[test]
fn what_is_exported_is_listed() {
    let source = "export default () => 1; export function request() {} export const response = 1; export type A = 1; export { b };";
    let exports = reading(Language::TypeScript, &format!("{source} const b = 1;")).exports;
    assert_eq!(exports, ["default", "request", "response", "b"]);
}

#[test]
fn javascript_has_no_types() {
    let diagnostics = reading(Language::JavaScript, "const a: number = 1;").diagnostics;
    assert_eq!((diagnostics[0].line, diagnostics[0].column), (1, 7));
    assert_eq!(reading(Language::JavaScript, "export default () => 1;").diagnostics, []);
}

#[test]
fn a_schema_that_types_make_of_a_few_lines_is_bounded() {
    let text = "x".repeat(2000);
    let source = format!(
        "type P<T> = [T, T, T, T, T, T, T, T];\nexport default (input: P<P<P<\"{text}\">>>): {{ a: string }} => input;"
    );
    let reading = reading(Language::TypeScript, &source);
    assert_eq!(reading.diagnostics, []);
    let schema = reading.input_schema.unwrap().to_string();
    assert!(schema.len() <= 256 * 1024, "{}", schema.len());
    assert!(schema.contains("line 2, column ") && schema.contains("too large for a schema"), "{schema}");
    assert!(reading.output_schema.unwrap().get("properties").is_some());
}
