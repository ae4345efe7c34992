;; Uses a handle that it was never given.
(module
  (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (call $block (i32.const 12345))
    (i32.const 64)))
