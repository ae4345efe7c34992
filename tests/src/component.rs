//! Components that no SDK would make: a manifest and an answer of any bytes, encoded with the published contract.

use serde_json::{Value, json};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{PackageId, Resolve};

use crate::root;

/// A plugin whose connectors all give the same answer.
#[derive(Debug, Clone)]
pub struct Crafted {
    manifest: String,
    output: String,
    invoke: String,
}

/// What stands in a stamped answer until the code writes over it.
const BLANK: &str = "................";
/// A stamped answer, up to the first of its three marks.
const STAMP: &str = r#"{"data":""#;
/// Between two marks.
const AND_BEGIN: &str = r#"","begin":""#;
const AND_END: &str = r#"","end":""#;

impl Crafted {
    /// A plugin without connectors yet.
    pub fn plugin(name: &str, version: &str) -> Self {
        let manifest = json!({"name": name, "version": version, "connectors": []});
        Self { output: json!(version).to_string(), ..Self::describing(&manifest.to_string()) }
    }

    /// `describe` returns this text.
    pub fn describing(manifest: &str) -> Self {
        Self { manifest: manifest.to_owned(), output: "null".to_owned(), invoke: String::new() }
    }

    /// Adds a connector that takes anything and may give anything.
    pub fn connector(self, name: &str) -> Self {
        self.typed(name, json!(true), json!(true))
    }

    /// Adds a connector with schemas.
    pub fn typed(self, name: &str, input: Value, output: Value) -> Self {
        self.change(|manifest| {
            let connector = json!({"name": name, "input_schema": input, "output_schema": output});
            manifest["connectors"].as_array_mut().expect("connectors").push(connector);
        })
    }

    /// Wants a capability.
    pub fn wants(self, capability: &str) -> Self {
        self.change(|manifest| manifest["capabilities"] = json!([capability]))
    }

    /// Every connector returns this text; without it, the plugin's version.
    pub fn returns(mut self, output: &str) -> Self {
        self.output = output.to_owned();
        self
    }

    /// Every connector returns [`stamp`] of this mark. One of the three comes from static data; the others are constants
    /// of the code, written when the call begins and when it ends. Between them it counts to a million for each byte of
    /// input after the first.
    pub fn stamped(mut self, mark: u64) -> Self {
        let mark = text(mark);
        self.output = format!("{STAMP}{mark}{AND_BEGIN}{BLANK}{AND_END}{BLANK}\"}}");
        let output = 1024 + self.manifest.len();
        let begin = output + STAMP.len() + mark.len() + AND_BEGIN.len();
        let end = begin + BLANK.len() + AND_END.len();
        let write = |at: usize| -> String {
            let halves = mark.as_bytes().chunks(8).enumerate();
            let store = |(half, bytes): (usize, &[u8])| {
                let number = u64::from_le_bytes(bytes.try_into().expect("eight digits"));
                format!("(i64.store (i32.const {}) (i64.const {number}))", at + 8 * half)
            };
            halves.map(store).collect()
        };
        self.invoke = format!(
            "(local $left i64) {} \
             (local.set $left (i64.mul (i64.const 1000000) (i64.extend_i32_u (i32.sub (local.get 3) (i32.const 1)))))
             (block $done (loop $again
                (br_if $done (i64.eqz (local.get $left)))
                (local.set $left (i64.sub (local.get $left) (i64.const 1)))
                (br $again)))
             {}",
            write(begin),
            write(end)
        );
        self
    }

    fn change(mut self, change: impl FnOnce(&mut Value)) -> Self {
        let mut manifest = serde_json::from_str(&self.manifest).expect("a manifest");
        change(&mut manifest);
        self.manifest = manifest.to_string();
        self
    }

    /// The component.
    pub fn component(&self) -> Vec<u8> {
        component(&self.module())
    }

    /// Results lie in static memory: that of `describe` at 16 (pointer, length), that of `invoke` at 64 (the case `ok`,
    /// then pointer and length at the alignment of a failure's 64-bit number), the texts from 1024 on.
    fn module(&self) -> String {
        let (manifest, output) = (self.manifest.as_bytes(), self.output.as_bytes());
        let place = 1024 + manifest.len();
        let heap = (place + output.len()).next_multiple_of(16);
        let text =
            |at: usize, text: &[u8]| [at, text.len()].map(|number| escaped(&(number as u32).to_le_bytes())).concat();
        format!(
            r#"(module
                (memory (export "memory") {pages})
                (global $free (mut i32) (i32.const {heap}))
                (data (i32.const 16) "{described}") (data (i32.const 72) "{answered}")
                (data (i32.const 1024) "{manifest}{output}")
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                    (local.tee 0 (global.get $free))
                    (global.set $free (i32.and (i32.add (i32.add (local.get 0) (local.get 3)) (i32.const 15)) (i32.const -16))))
                (func (export "{HANDLER}#describe") (result i32) (i32.const 16))
                (func (export "{HANDLER}#invoke") (param i32 i32 i32 i32) (result i32) {invoke} (i32.const 64)))"#,
            invoke = self.invoke,
            pages = heap / 65536 + 2,
            described = text(1024, manifest),
            answered = text(place, output),
            manifest = escaped(manifest),
            output = escaped(output),
        )
    }
}

/// What a plugin that is stamped with this mark answers.
pub fn stamp(mark: u64) -> Value {
    let mark = text(mark);
    json!({"data": mark, "begin": mark, "end": mark})
}

fn text(mark: u64) -> String {
    format!("{mark:016x}")
}

/// The exported interface.
pub const HANDLER: &str = "lockgate:connector/handler@0.1.0";

/// Encodes a core module in text form as a component of the published world.
pub fn component(module: &str) -> Vec<u8> {
    let (resolve, package) = contract();
    encoded(module, &resolve, package, "connector")
}

/// The same for a world of the hostile guests, which has WASI beside the contract.
pub(crate) fn component_of(module: &str, world: &str) -> Vec<u8> {
    let (mut resolve, _) = contract();
    let package = resolve.push_file(root().join("tests/guests/hostile/hostile.wit")).expect("the worlds");
    encoded(module, &resolve, package, world)
}

fn contract() -> (Resolve, PackageId) {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(root().join("wit/connector")).expect("the published contract");
    (resolve, package)
}

fn encoded(module: &str, resolve: &Resolve, package: PackageId, world: &str) -> Vec<u8> {
    let world = resolve.select_world(&[package], Some(world)).expect("its world");
    let mut module = wat::parse_str(module).expect("a module");
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8).expect("metadata");
    ComponentEncoder::default().module(&module).expect("a module").validate(true).encode().expect("a component")
}

/// A component that compiles for more than two seconds on any machine: values that are alive over all of a large function
/// are the worst for what assigns registers.
pub fn slow_to_compile() -> Vec<u8> {
    let load = |local: usize| format!("(local.set {local} (i64.load (i32.const {})))", local * 8);
    let add = |round: usize| {
        let (one, other) = (round * 7 % 1000, round * 13 % 1000);
        format!(
            "(if (i64.eqz (local.get {one})) (then (local.set {other} (i64.add (local.get {one}) (local.get {other})))))"
        )
    };
    let body: String = (0..1000).map(load).chain((0..100_000).map(add)).collect();
    let function = format!("(memory 1) (func (export \"f\") (local {}) {body})", "i64 ".repeat(1000));
    wat::parse_str(format!("(component (core module {function}))")).expect("a component")
}

/// A component with so many instances of a core module beside what it has: they take part of the pool and do nothing.
pub fn with_instances(component: &[u8], module: &str, number: u8) -> Vec<u8> {
    let mut modules = 0;
    let mut rest = &component[HEADER.len()..];
    while let [id, after @ ..] = rest {
        modules += u8::from(*id == CORE_MODULE);
        let bytes = after.iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
        let length = after[..bytes].iter().rev().fold(0, |length, byte| length << 7 | usize::from(byte & 0x7f));
        rest = &after[bytes + length..];
    }
    assert!(modules < 0x80 && number < 0x80, "one byte each");
    let module = section(CORE_MODULE, &wat::parse_str(module).expect("a module"));
    // Each is instantiated (0) from the module with this index, with no arguments.
    let instances = [vec![number], [0, modules, 0].repeat(number.into())].concat();
    [component, &module, &section(CORE_INSTANCES, &instances)].concat()
}

/// Sections of a component, by their ids.
const CORE_MODULE: u8 = 1;
const CORE_INSTANCES: u8 = 2;

/// A section of a component in binary form.
pub fn section(id: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![id];
    let mut length = content.len();
    // LEB128: seven bits a byte, the last without the high bit.
    while length > 0x7f {
        bytes.push(0x80 | (length & 0x7f) as u8);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend(content);
    bytes
}

/// The first bytes of a component.
pub const HEADER: &[u8] = b"\0asm\x0d\0\x01\0";

pub(crate) fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}
