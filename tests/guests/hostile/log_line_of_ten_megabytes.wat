;; Logs one line of 10 MB.
(module
  (import "lockgate:connector/log@0.1.0" "write" (func $write (param i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 160)
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (memory.fill (i32.const 65536) (i32.const 0x78) (i32.const 10_000_000))
    (call $write (i32.const 2) (i32.const 65536) (i32.const 10_000_000) (i32.const 0) (i32.const 0) (i32.const 0))
    (i32.const 64)))
