// Moments and their parts, as "lockgate/dates" takes them.

import { checked } from "lockgate:options";

const host = globalThis.__lockgate;

/** The members of what `parts` gives, in the order in which the host has them; the offset follows. */
const PARTS = [
  "year", "month", "day", "hour", "minute", "second", "millisecond",
  "weekday", "dayOfYear", "weekYear", "week", "daysInMonth",
];

/** All of them, as an object of parts may have them. */
export const NAMES = [...PARTS, "offsetMinutes"];

const ISO = /^([+-]\d{6}|\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:\s?([Zz]|[+-]\d\d(?::?\d\d)?))?)?$/;

/** The zone of the options, which is UTC unless it is given. */
export function zoneOf(options) {
  const { zone = "UTC" } = checked(options, { zone: "string" }, "dates: the options, such as `{ zone: \"Europe/Berlin\" }`,");
  return zone;
}

/** An offset as the host takes it: `+02`, `+0200` and `+02:00` are the same. */
export function offsetOf(text) {
  if (text === "Z" || text === "z") return "UTC";
  const digits = text.slice(1).replace(":", "").padEnd(4, "0");
  return `${text[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

/** The moment of a year, a month, … a millisecond. Parts that no date has are refused, such as the 30th of February. */
export const moment = (parts, zone) => host.dateOf(parts, zone);

/** Milliseconds since 1970 of a `Date`, a number of them, or a text by ISO 8601. A text without an offset is in the zone. */
export function read(value, zone) {
  if (typeof value === "number" || value instanceof Date) {
    const at = Number(value);
    if (!Number.isFinite(at)) throw new RangeError("dates: an invalid date");
    return Math.trunc(at);
  }
  const found = typeof value === "string" ? ISO.exec(value) : null;
  if (found === null) {
    const shown = typeof value === "string" ? `\`${value.slice(0, 64)}\`` : typeof value;
    throw new TypeError(`dates: expected a Date, milliseconds, or a text like 2026-11-29, 2026-11-29T10:20 or 2026-11-29T10:20:30Z, found ${shown}`);
  }
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = "", offset] = found;
  const own = offset === undefined ? zone : offsetOf(offset);
  return moment([year, month, day, hour, minute, second, fraction.slice(0, 3).padEnd(3, "0")].map(Number), own);
}

/** The parts of a moment, by their names. */
export function split(at, zone) {
  const all = host.dateParts(at, zone);
  const parts = Object.fromEntries(PARTS.map((name, index) => [name, all[index]]));
  return { ...parts, offsetMinutes: all.at(-1) / 60 };
}
