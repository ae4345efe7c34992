;; Returns a text of nearly 1 GiB that really is there.
(module
  (memory (export "memory") 1)
  (data (i32.const 256) "\00\00\00\00\00\00\00\00\00\00\01\00\00\00\fe\3f")
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (drop (memory.grow (i32.const 16_382)))
    (i32.const 256)))
