;; Returns, and traps while cleaning up.
(module
  (func (export "cabi_post_lockgate:connector/handler@0.1.0#invoke") (param i32)
    unreachable))
