;; Never returns from its start function.
(module
  (func $start (loop $again (br $again)))
  (start $start))
