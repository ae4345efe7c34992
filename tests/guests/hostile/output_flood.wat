;; Writes 64 KiB without a line break to its standard output, without end.
(module
  (import "wasi:cli/stdout@0.2.0" "get-stdout" (func $stdout (result i32)))
  (import "wasi:io/streams@0.2.0" "[method]output-stream.write" (func $write (param i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (local $stream i32)
    (memory.fill (i32.const 65536) (i32.const 0x78) (i32.const 65536))
    (local.set $stream (call $stdout))
    (loop $again
      (call $write (local.get $stream) (i32.const 65536) (i32.const 65536) (i32.const 128))
      (br $again))
    unreachable))
