;; Logs bytes that are no UTF-8.
(module
  (import "lockgate:connector/log@0.1.0" "write" (func $write (param i32 i32 i32 i32 i32 i32)))
  (data (i32.const 256) "\22\ff\c0\22")
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (call $write (i32.const 2) (i32.const 256) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 0))
    (i32.const 64)))
