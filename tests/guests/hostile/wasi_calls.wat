;; Reads the clock of WASI in a tight loop, without end.
(module
  (import "wasi:clocks/wall-clock@0.2.0" "now" (func $now (param i32)))
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (loop $again
      (call $now (i32.const 128))
      (br $again))
    unreachable))
