;; Logs a text that, written as it is, would be a line of the host's and would clear the reader's screen, and fields
;; that would end their object.
(module
  (import "lockgate:connector/log@0.1.0" "write" (func $write (param i32 i32 i32 i32 i32 i32)))
  (import "wasi:cli/stdout@0.2.0" "get-stdout" (func $stdout (result i32)))
  (import "wasi:io/streams@0.2.0" "[method]output-stream.write" (func $output (param i32 i32 i32 i32)))
  (data (i32.const 256) "begin\22}\0d\0a{\22level\22:\22ERROR\22,\22message\22:\22forged\22}\0a\1b[2J\00\7f\c2\9b\e2\80\ae")
  (data (i32.const 512) "\22},\22message\22:\22forged\22,\22x\22:{\22y\22:\22")
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (call $write (i32.const 2) (i32.const 256) (i32.const 57) (i32.const 1) (i32.const 512) (i32.const 32))
    (call $output (call $stdout) (i32.const 256) (i32.const 57) (i32.const 128))
    (i32.const 64)))
