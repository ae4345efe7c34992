// `console`: lines of the call's log.

import { inspect } from "lockgate:inspect";
import { stringify } from "lockgate:json";

const { log, now } = globalThis.__lockgate;

const TRACE = 0;
const DEBUG = 1;
const INFO = 2;
const WARN = 3;
const ERROR = 4;

const counts = {};
const timers = {};

function format(values) {
  let rest = values;
  let text = "";
  if (typeof values[0] === "string" && values[0].includes("%")) {
    let next = 1;
    text = values[0].replace(/%[sdifoOjc%]/g, (kind) => {
      if (kind === "%%") return "%";
      if (next >= values.length) return kind;
      const value = values[next++];
      switch (kind) {
        case "%d":
        case "%f":
          return typeof value === "bigint" ? `${value}n` : String(Number(value));
        case "%i":
          return typeof value === "bigint" ? `${value}n` : String(Number.parseInt(value, 10));
        case "%j":
          return stringify(value);
        case "%c":
          return "";
        case "%s":
          return typeof value === "string" ? value : inspect(value, 1);
        default:
          return inspect(value, 1);
      }
    });
    rest = values.slice(next);
  }
  const shown = rest.map((value) => inspect(value));
  if (text !== "") shown.unshift(text);
  return shown.join(" ");
}

const write = (level) => (...values) => log(level, format(values), undefined);

const info = write(INFO);
const error = write(ERROR);
const elapsed = (label) => `${label}: ${Math.round(now() - timers[label])} ms`;

globalThis.console = {
  log: info,
  info,
  debug: write(DEBUG),
  trace: write(TRACE),
  warn: write(WARN),
  error,
  dir: (value) => info(inspect(value, 1)),
  table: (value) => info(inspect(value, 1)),
  assert(condition, ...values) {
    if (!condition) error("Assertion failed", ...values);
  },
  count(label = "default") {
    counts[label] = (counts[label] ?? 0) + 1;
    info(`${label}: ${counts[label]}`);
  },
  countReset(label = "default") {
    delete counts[label];
  },
  group: info,
  groupCollapsed: info,
  groupEnd() {},
  time(label = "default") {
    timers[label] = now();
  },
  timeLog(label = "default", ...values) {
    if (label in timers) info(elapsed(label), ...values);
  },
  timeEnd(label = "default") {
    if (label in timers) info(elapsed(label));
    delete timers[label];
  },
};
