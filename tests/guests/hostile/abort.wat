;; Panics with a message of 1 MB, control characters first.
(module
  (import "lockgate:connector/context@0.1.0" "abort" (func $abort (param i32 i32)))
  (memory (export "memory") 32)
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (memory.fill (i32.const 65536) (i32.const 0x78) (i32.const 1_000_000))
    (memory.fill (i32.const 65536) (i32.const 0x1b) (i32.const 10))
    (call $abort (i32.const 65536) (i32.const 1_000_000))
    (i32.const 64)))
