;; Sleeps for 3 seconds in its start function.
(module
  (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $after (param i64) (result i32)))
  (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))
  (func $start (call $block (call $after (i64.const 3_000_000_000))))
  (start $start))
