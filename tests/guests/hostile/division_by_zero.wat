;; Divides by zero, which the processor reports by a signal.
(module
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (i32.div_s (i32.const 1) (i32.const 0))))
