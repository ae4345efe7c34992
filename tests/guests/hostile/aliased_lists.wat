;; Two components in one: the first hands 4,000 lists to the second that all are the same megabyte, which the second has
;; to hold 4,000 times.
(component
  (import "lockgate:connector/types@0.1.0" (instance $types
    (type $failure (record (field "code" string) (field "message" string) (field "retryable" bool)
      (field "retry-after-ms" (option u64)) (field "details" (option string))))
    (export "failure" (type (eq $failure)))))

  (component $taker
    (core module $module
      (memory (export "memory") 1)
      (global $free (mut i32) (i32.const 16))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (local.set 0 (global.get $free))
        (global.set $free (i32.and (i32.add (i32.add (local.get 0) (local.get 3)) (i32.const 15)) (i32.const -16)))
        (drop (memory.grow
          (i32.sub (i32.add (i32.div_u (global.get $free) (i32.const 65536)) (i32.const 1)) (memory.size))))
        (local.get 0))
      (func (export "take") (param i32 i32)))
    (core instance $instance (instantiate $module))
    (func (export "take") (param "lists" (list (list u8)))
      (canon lift (core func $instance "take") (memory (core memory $instance "memory"))
        (realloc (core func $instance "realloc")))))

  (component $giver
    (import "types" (instance $types
      (type $failure (record (field "code" string) (field "message" string) (field "retryable" bool)
        (field "retry-after-ms" (option u64)) (field "details" (option string))))
      (export "failure" (type (eq $failure)))))
    (alias export $types "failure" (type $failure))
    (import "take" (func $take (param "lists" (list (list u8)))))
    (core module $memory
      (memory (export "memory") 18)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
    (core instance $memory (instantiate $memory))
    (core func $lowered (canon lower (func $take) (memory (core memory $memory "memory"))))
    (core module $module
      (import "giver" "memory" (memory 18))
      (import "taker" "take" (func $take (param i32 i32)))
      (data (i32.const 16) "\00\04\00\00\70\00\00\00")
      (data (i32.const 72) "\00\08\00\00\01\00\00\00")
      (data (i32.const 1024) "{\22name\22:\22aliased_lists\22,\22version\22:\221\22,\22connectors\22:[{\22name\22:\22attack\22,\22input_schema\22:true,\22output_schema\22:true}]}")
      (data (i32.const 2048) "1")
      (func (export "describe") (result i32) (i32.const 16))
      (func (export "invoke") (param i32 i32 i32 i32) (result i32)
        (local $left i32)
        (local.set $left (i32.const 4000))
        (loop $again
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (i32.store offset=65536 (i32.mul (local.get $left) (i32.const 8)) (i32.const 0))
          (i32.store offset=65540 (i32.mul (local.get $left) (i32.const 8)) (i32.const 0x10_0000))
          (br_if $again (local.get $left)))
        (call $take (i32.const 65536) (i32.const 4000))
        (i32.const 64)))
    (core instance $module (instantiate $module
      (with "giver" (instance $memory))
      (with "taker" (instance (export "take" (func $lowered))))))
    (func (export "describe") (result string)
      (canon lift (core func $module "describe") (memory (core memory $memory "memory"))))
    (func (export "invoke") (param "connector" string) (param "input" string)
      (result (result string (error $failure)))
      (canon lift (core func $module "invoke") (memory (core memory $memory "memory"))
        (realloc (core func $memory "realloc")))))

  (instance $taker (instantiate $taker))
  (instance $giver (instantiate $giver
    (with "types" (instance $types))
    (with "take" (func $taker "take"))))
  (export "lockgate:connector/handler@0.1.0" (instance $giver)))
