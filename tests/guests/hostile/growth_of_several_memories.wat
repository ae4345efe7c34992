;; Grows four memories of as many modules in turn, a page at a time, to 96 MiB together: none of them alone goes past
;; the default limit.
(component
  (import "lockgate:connector/types@0.1.0" (instance $types
    (type $failure (record (field "code" string) (field "message" string) (field "retryable" bool)
      (field "retry-after-ms" (option u64)) (field "details" (option string))))
    (export "failure" (type (eq $failure)))))
  (alias export $types "failure" (type $failure))

  (core module $one
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
  (core instance $first (instantiate $one))
  (core instance $second (instantiate $one))
  (core instance $third (instantiate $one))
  (core instance $fourth (instantiate $one))
  (core module $grower
    (import "first" "memory" (memory $first 1))
    (import "second" "memory" (memory $second 1))
    (import "third" "memory" (memory $third 1))
    (import "fourth" "memory" (memory $fourth 1))
    (data (i32.const 16) "\00\04\00\00\7d\00\00\00")
    (data (i32.const 72) "\00\08\00\00\01\00\00\00")
    (data (i32.const 1024) "{\22name\22:\22growth_of_several_memories\22,\22version\22:\221\22,\22connectors\22:[{\22name\22:\22attack\22,\22input_schema\22:true,\22output_schema\22:true}]}")
    (data (i32.const 2048) "1")
    (func (export "describe") (result i32) (i32.const 16))
    (func (export "invoke") (param i32 i32 i32 i32) (result i32)
      (local $left i32)
      (local.set $left (i32.const 384))
      (loop $again
        (drop (memory.grow $first (i32.const 1)))
        (drop (memory.grow $second (i32.const 1)))
        (drop (memory.grow $third (i32.const 1)))
        (drop (memory.grow $fourth (i32.const 1)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br_if $again (local.get $left)))
      (i32.const 64)))
  (core instance $grower (instantiate $grower
    (with "first" (instance $first)) (with "second" (instance $second))
    (with "third" (instance $third)) (with "fourth" (instance $fourth))))

  (func $describe (result string)
    (canon lift (core func $grower "describe") (memory (core memory $first "memory"))))
  (func $invoke (param "connector" string) (param "input" string) (result (result string (error $failure)))
    (canon lift (core func $grower "invoke") (memory (core memory $first "memory"))
      (realloc (core func $first "realloc"))))
  (instance $handler (export "describe" (func $describe)) (export "invoke" (func $invoke)))
  (export "lockgate:connector/handler@0.1.0" (instance $handler)))
