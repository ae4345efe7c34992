;; Computes for a while in its start function: more than 20 ms on any machine, less than the default limit.
(module
  (func $start (local $left i64)
    (local.set $left (i64.const 300_000_000))
    (loop $again
      (local.set $left (i64.sub (local.get $left) (i64.const 1)))
      (br_if $again (i64.ne (local.get $left) (i64.const 0)))))
  (start $start))
