;; Describes itself with bytes that are no UTF-8.
(module
  (data (i32.const 256) "\08\01\00\00\04\00\00\00\22\ff\c0\22")
  (func (export "lockgate:connector/handler@0.1.0#describe") (result i32)
    (i32.const 256)))
