;; Returns a failure whose details are neither there nor not there.
(module
  (data (i32.const 256) "\01")
  (data (i32.const 304) "\07")
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (i32.const 256)))
