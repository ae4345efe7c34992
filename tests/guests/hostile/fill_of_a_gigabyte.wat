;; Grows to 1 GiB but a page, and fills that again and again.
(module
  (memory (export "memory") 1)
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (drop (memory.grow (i32.const 16_382)))
    (loop $again
      (memory.fill (i32.const 65_536) (i32.const 0x55) (i32.const 0x3ffe_0000))
      (br $again))
    unreachable))
