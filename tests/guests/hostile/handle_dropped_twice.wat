;; Drops a handle twice.
(module
  (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $after (param i64) (result i32)))
  (import "wasi:io/poll@0.2.0" "[resource-drop]pollable" (func $drop (param i32)))
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (local $handle i32)
    (local.set $handle (call $after (i64.const 0)))
    (call $drop (local.get $handle))
    (call $drop (local.get $handle))
    (i32.const 64)))
