;; Logs at a level that does not exist.
(module
  (import "lockgate:connector/log@0.1.0" "write" (func $write (param i32 i32 i32 i32 i32 i32)))
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (call $write (i32.const 99) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
    (i32.const 64)))
