;; Grows four memories in turn, a page at a time, to 96 MiB together: none of them alone goes past the default limit.
(module
  (memory (export "memory") 1)
  (memory $second 1)
  (memory $third 1)
  (memory $fourth 1)
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (local $left i32)
    (local.set $left (i32.const 384))
    (loop $again
      (drop (memory.grow 0 (i32.const 1)))
      (drop (memory.grow $second (i32.const 1)))
      (drop (memory.grow $third (i32.const 1)))
      (drop (memory.grow $fourth (i32.const 1)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $again (local.get $left)))
    (i32.const 64)))
