;; Drops a stream of which it still holds a pollable.
(module
  (import "wasi:cli/stdout@0.2.0" "get-stdout" (func $stdout (result i32)))
  (import "wasi:io/streams@0.2.0" "[method]output-stream.subscribe" (func $subscribe (param i32) (result i32)))
  (import "wasi:io/streams@0.2.0" "[resource-drop]output-stream" (func $drop (param i32)))
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (local $stream i32)
    (local.set $stream (call $stdout))
    (drop (call $subscribe (local.get $stream)))
    (call $drop (local.get $stream))
    (i32.const 64)))
