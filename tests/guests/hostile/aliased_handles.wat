;; Lends one handle 100,000 times at once.
(module
  (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $after (param i64) (result i32)))
  (import "wasi:io/poll@0.2.0" "poll" (func $poll (param i32 i32 i32)))
  (memory (export "memory") 16)
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (local $handle i32) (local $left i32)
    (local.set $handle (call $after (i64.const 0)))
    (local.set $left (i32.const 100_000))
    (loop $again
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (i32.store offset=65536 (i32.mul (local.get $left) (i32.const 4)) (local.get $handle))
      (br_if $again (local.get $left)))
    (call $poll (i32.const 65536) (i32.const 100_000) (i32.const 128))
    (i32.const 64)))
