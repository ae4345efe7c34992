;; Makes 100,000 of the cheapest host calls in a tight loop.
(module
  (import "lockgate:connector/context@0.1.0" "attempt" (func $attempt (result i32)))
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (local $left i32)
    (local.set $left (i32.const 100_000))
    (loop $again
      (drop (call $attempt))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $again (local.get $left)))
    (i32.const 64)))
