;; Makes handles of a resource of its own without end: no call of the host's functions, but memory of the host.
(module
  (import "[export]lockgate:hostile/things" "[resource-new]thing" (func $new (param i32) (result i32)))
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (loop $again
      (drop (call $new (i32.const 1)))
      (br $again))
    unreachable))
