;; Hands over a list of handles whose length reaches beyond its memory.
(module
  (import "wasi:io/poll@0.2.0" "poll" (func $poll (param i32 i32 i32)))
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (call $poll (i32.const 4096) (i32.const 0x3fff_ffff) (i32.const 128))
    (i32.const 64)))
