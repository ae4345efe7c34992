//! The hostile guests, by name: what an untrusted component may do to a host. Tests show how each of them ends, the
//! benchmark what it costs a neighbour.
//!
//! Each is a file in `tests/guests/hostile`. A module has only what is hostile about it; what else a plugin needs is
//! added here: memory, `cabi_realloc`, `describe` with one connector `attack`, and `invoke`, which answers `1`. Its
//! static memory is laid out so:
//!
//! | from | what |
//! | ---: | --- |
//! | 16 | what `describe` returns: pointer and length of the manifest |
//! | 64 | what `invoke` returns: the case `ok`, at 72 pointer and length of the text |
//! | 128 | results of host functions |
//! | 256 | the guest's own |
//! | 1024, 2048 | the manifest, the answer |
//! | 4096 | what `cabi_realloc` gives, growing |

use serde_json::{Value, json};

use crate::component::{HANDLER, component_of, escaped};

/// A guest, and when it strikes.
#[derive(Debug, Clone, Copy)]
pub struct Hostile {
    pub name: &'static str,
    text: &'static str,
    pub strikes: Strikes,
    /// Limits of its group, as JSON: what it needs to get as far as its harm.
    limits: &'static str,
}

/// When a guest does its harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strikes {
    /// When it is loaded: it is refused.
    Load,
    /// When its connector is called.
    Call,
}

macro_rules! guests {
    ($($name:ident $file:ident $strikes:ident $limits:literal,)*) => {
        $(
            pub const $name: Hostile = Hostile {
                name: stringify!($file),
                text: include_str!(concat!("../guests/hostile/", stringify!($file), ".wat")),
                strikes: Strikes::$strikes,
                limits: $limits,
            };
        )*
        /// All of them; a test compares it with the folder.
        pub const ALL: &[Hostile] = &[$($name,)*];
    };
}

guests! {
    LOOP_IN_INVOKE loop_in_invoke Call "{}",
    LOOP_IN_DESCRIBE loop_in_describe Load "{}",
    LOOP_IN_START loop_in_start Load "{}",
    LOOP_IN_REALLOC loop_in_realloc Call "{}",
    LOOP_IN_REALLOC_OF_A_RESULT loop_in_realloc_of_a_result Call "{}",
    LOOP_IN_POST_RETURN loop_in_post_return Call "{}",
    LONG_START long_start Call "{}",
    SLEEP_IN_START sleep_in_start Call "{}",
    SLEEP_IN_INVOKE sleep_in_invoke Call r#"{"deadline_ms": 500}"#,
    RECURSION recursion Call "{}",
    RECURSION_TO_A_HOST_CALL recursion_to_a_host_call Call "{}",
    GROWTH_OF_SEVERAL_MEMORIES growth_of_several_memories Call "{}",
    FILL_OF_A_GIGABYTE fill_of_a_gigabyte Call r#"{"memory_bytes": 1073741824}"#,
    HOST_CALLS host_calls Call "{}",
    WASI_CALLS wasi_calls Call "{}",
    RESULT_OF_A_GIGABYTE result_of_a_gigabyte Call r#"{"memory_bytes": 1073741824}"#,
    RESULT_OUT_OF_BOUNDS result_out_of_bounds Call "{}",
    POINTER_OUT_OF_BOUNDS pointer_out_of_bounds Call "{}",
    LIST_OUT_OF_BOUNDS list_out_of_bounds Call "{}",
    ALIASED_LISTS aliased_lists Call "{}",
    ALIASED_HANDLES aliased_handles Call "{}",
    INVALID_UTF8 invalid_utf8 Call "{}",
    INVALID_UTF8_IN_THE_MANIFEST invalid_utf8_in_the_manifest Load "{}",
    INVALID_UTF8_TO_THE_HOST invalid_utf8_to_the_host Call "{}",
    INVALID_RESULT_CASE invalid_result_case Call "{}",
    INVALID_OPTION_CASE invalid_option_case Call "{}",
    INVALID_LOG_LEVEL invalid_log_level Call "{}",
    FORGED_HANDLE forged_handle Call "{}",
    FORGED_DESCRIPTOR forged_descriptor Call "{}",
    DROPPED_HANDLE dropped_handle Call "{}",
    HANDLE_DROPPED_TWICE handle_dropped_twice Call "{}",
    FOREIGN_HANDLE foreign_handle Call "{}",
    PARENT_DROPPED_BEFORE_ITS_CHILD parent_dropped_before_its_child Call "{}",
    ENDLESS_HANDLES endless_handles Call r#"{"host_calls": 1000000}"#,
    ENDLESS_HANDLES_OF_ITS_OWN endless_handles_of_its_own Call "{}",
    MANY_HANDLES many_handles Call r#"{"host_calls": 1000000}"#,
    LOG_FLOOD log_flood Call "{}",
    OUTPUT_FLOOD output_flood Call "{}",
    LOG_LINE_OF_TEN_MEGABYTES log_line_of_ten_megabytes Call "{}",
    FORGED_LOG_LINES forged_log_lines Call "{}",
    UNREACHABLE unreachable Call "{}",
    DIVISION_BY_ZERO division_by_zero Call "{}",
    ACCESS_OUT_OF_BOUNDS access_out_of_bounds Call "{}",
    ABORT abort Call "{}",
    EXIT exit Call "{}",
    TRAP_IN_POST_RETURN trap_in_post_return Call "{}",
    TRAP_WITH_HANDLES trap_with_handles Call "{}",
    REACH reach Call "{}",
    MARKERS markers Call "{}",
}

impl Hostile {
    /// The limits of its group.
    pub fn limits(&self) -> Value {
        serde_json::from_str(self.limits).expect("JSON")
    }

    /// The component.
    pub fn component(&self) -> Vec<u8> {
        self.version("1")
    }

    /// The component with another version in its manifest, and so with another digest.
    pub fn version(&self, version: &str) -> Vec<u8> {
        let code = self.text.lines().find(|line| !line.starts_with(";;")).unwrap_or_default();
        if code.starts_with("(component") {
            return wat::parse_str(self.text).expect("a component");
        }
        let world = if self.text.contains("[export]") { "owner" } else { "guest" };
        component_of(&self.completed(version), world)
    }

    /// The module with what it leaves out.
    fn completed(&self, version: &str) -> String {
        let manifest = json!({
            "name": self.name, "version": version,
            "connectors": [{"name": "attack", "input_schema": true, "output_schema": true}],
        });
        let manifest = manifest.to_string();
        let mut module = self.text.trim_end().strip_suffix(')').expect("a module").to_owned();
        let mut add = |unless: &str, field: &str| {
            if !self.text.contains(unless) {
                module.push_str(field);
            }
        };
        add(r#"(export "memory")"#, r#"(memory (export "memory") 1)"#);
        let allocator = r#"(global $free (mut i32) (i32.const 4096))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (local.tee 0 (global.get $free))
                (global.set $free
                    (i32.and (i32.add (i32.add (local.get 0) (local.get 3)) (i32.const 15)) (i32.const -16))))"#;
        add(r#"(export "cabi_realloc")"#, allocator);
        let describe = format!(r#"(func (export "{HANDLER}#describe") (result i32) (i32.const 16))"#);
        add(&format!("\"{HANDLER}#describe\""), &describe);
        let invoke =
            format!(r#"(func (export "{HANDLER}#invoke") (param i32 i32 i32 i32) (result i32) (i32.const 64))"#);
        add(&format!("\"{HANDLER}#invoke\""), &invoke);
        let number = |value: usize| escaped(&u32::try_from(value).expect("a length").to_le_bytes());
        format!(
            r#"{module}
            (data (i32.const 16) "{manifest_at}{length}") (data (i32.const 72) "{answer_at}{one}")
            (data (i32.const 1024) "{manifest}") (data (i32.const 2048) "1"))"#,
            manifest_at = number(1024),
            length = number(manifest.len()),
            answer_at = number(2048),
            one = number(1),
            manifest = escaped(manifest.as_bytes()),
        )
    }
}
