;; Asks the host for handles without end, and drops none.
(module
  (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $after (param i64) (result i32)))
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (loop $again
      (drop (call $after (i64.const 0)))
      (br $again))
    unreachable))
