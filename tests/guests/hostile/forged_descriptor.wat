;; Opens /etc/passwd below a folder that it was never given.
(module
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.open-at"
    (func $open (param i32 i32 i32 i32 i32 i32 i32)))
  (data (i32.const 256) "/etc/passwd")
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (call $open (i32.const 3) (i32.const 1) (i32.const 256) (i32.const 11) (i32.const 0) (i32.const 1) (i32.const 128))
    (i32.const 64)))
