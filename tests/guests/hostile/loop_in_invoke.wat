;; Never returns from `invoke`.
(module
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (loop $again (br $again))
    unreachable))
