;; Reads beyond its memory, into the guard pages.
(module
  (func (export "lockgate:connector/handler@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
    (i32.load (i32.const -4))))
