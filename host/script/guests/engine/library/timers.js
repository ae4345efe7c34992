// Timers, microtasks and the monotonic clock.

const { setTimer, clearTimer, now } = globalThis.__lockgate;

const DAY_MS = 86_400_000;

function milliseconds(value) {
  const given = Number(value);
  return given > 0 ? Math.min(given, DAY_MS) : 0;
}

function callable(callback, name) {
  if (typeof callback !== "function") throw new TypeError(`${name}: expected a function`);
  return callback;
}

/** Calls a function later; gives what `clearTimeout` takes. */
export function setTimeout(callback, ms = 0, ...values) {
  callable(callback, "setTimeout");
  return setTimer(milliseconds(ms), () => callback(...values));
}

/** Forgets a timer. */
export function clearTimeout(id) {
  const own = intervals.get(id);
  intervals.delete(id);
  if (own !== undefined) clearTimer(own);
  else if (typeof id === "number") clearTimer(id);
}

const intervals = new Map();

function setInterval(callback, ms = 0, ...values) {
  callable(callback, "setInterval");
  const first = setTimer(milliseconds(ms), tick);
  intervals.set(first, first);
  function tick() {
    intervals.set(first, setTimer(Math.max(1, milliseconds(ms)), tick));
    callback(...values);
  }
  return first;
}

function queueMicrotask(callback) {
  callable(callback, "queueMicrotask");
  Promise.resolve().then(callback);
}

const performance = {
  now,
  get timeOrigin() {
    return Date.now() - now();
  },
};

Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval: clearTimeout, queueMicrotask, performance });
