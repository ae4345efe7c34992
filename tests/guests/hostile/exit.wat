;; Ends the process, as it thinks.
(module
  (import "wasi:cli/exit@0.2.0" "exit" (func $exit (param i32)))
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (call $exit (i32.const 0))
    (i32.const 64)))
