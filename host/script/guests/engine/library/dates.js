// The module "lockgate/dates": the calendar with its time zones. Dates are given as `Date`; one may also be a number of
// milliseconds, or a text by ISO 8601.

import { lostOf } from "lockgate:exact";
import { moment, NAMES, read, split, zoneOf } from "lockgate:dates/moments";

export { format, parse } from "lockgate:dates/patterns";

const host = globalThis.__lockgate;

/** How many milliseconds units of a fixed length have. */
const EXACT = { hours: 3_600_000, minutes: 60_000, seconds: 1000, milliseconds: 1 };
/** Units of the calendar, and what they are of those that the host counts. */
const CALENDAR = { years: ["years", 1], quarters: ["months", 3], months: ["months", 1], weeks: ["weeks", 1], days: ["days", 1] };
/** From the largest to the smallest. */
const UNITS = [...Object.keys(CALENDAR), ...Object.keys(EXACT)];

/** A unit in the plural, as it is called inside. */
function unitOf(name) {
  const unit = `${name}`.endsWith("s") ? `${name}` : `${name}s`;
  if (UNITS.includes(unit)) return unit;
  throw new RangeError(`dates: there is no unit \`${`${name}`.slice(0, 32)}\`: expected ${UNITS.join(", ")}`);
}

/** A duration as the host adds it. */
function duration(by, sign) {
  if (typeof by !== "object" || by === null || Array.isArray(by) || lostOf(by) !== undefined) {
    throw new TypeError("dates: a duration is an object such as `{ months: 1, days: -3 }`");
  }
  const calendar = { years: 0, months: 0, weeks: 0, days: 0 };
  let exact = 0;
  for (const [name, given] of Object.entries(by)) {
    const unit = unitOf(name);
    const value = typeof given === "bigint" ? Number(given) : given;
    const inCalendar = Object.hasOwn(CALENDAR, unit);
    if (inCalendar ? !Number.isInteger(value) : !Number.isFinite(value)) {
      throw new RangeError(`dates: \`${name}\` is ${inCalendar ? "a whole number" : "a number"}`);
    }
    if (inCalendar) calendar[CALENDAR[unit][0]] += sign * value * CALENDAR[unit][1];
    else exact += sign * value * EXACT[unit];
  }
  return [...Object.values(calendar), Math.round(exact)];
}

/** A date later by a duration: by years and months of the zone first, then by weeks and days, then by hours and less. */
export function add(date, by, options) {
  const zone = zoneOf(options);
  return new Date(host.dateAdd(read(date, zone), zone, duration(by, 1)));
}

/** The same to the other side. */
export function subtract(date, by, options) {
  const zone = zoneOf(options);
  return new Date(host.dateAdd(read(date, zone), zone, duration(by, -1)));
}

/** How many whole units are between two moments, beyond what is counted already. */
function count(from, to, zone, unit, counted) {
  const after = (more) => host.dateAdd(from, zone, duration({ ...counted, [unit]: more }, 1));
  const base = after(0);
  if (Object.hasOwn(EXACT, unit)) return Math.trunc((to - base) / EXACT[unit]) + 0;
  const [own, times] = CALENDAR[unit];
  const sign = to < from ? -1 : 1;
  let whole = Math.trunc(host.dateUntil(base, to, zone, own) / times) + 0;
  // What is counted already may have ended at the end of a shorter month, from where less is missing.
  while (whole !== 0 && sign * (after(whole) - to) > 0) whole -= sign;
  return whole + 0;
}

/** How many whole units are from one date to another, negative if that is earlier. Of several units, an object. */
export function difference(from, to, units = "days", options = undefined) {
  const zone = zoneOf(options);
  const [start, end] = [read(from, zone), read(to, zone)];
  if (!Array.isArray(units)) return count(start, end, zone, unitOf(units), {});
  const wanted = units.map(unitOf);
  const counted = {};
  for (const unit of UNITS.filter((unit) => wanted.includes(unit))) counted[unit] = count(start, end, zone, unit, counted);
  return counted;
}

/** The moment at which a unit begins. Weeks begin on Monday. */
function start(at, unit, zone) {
  if (Object.hasOwn(EXACT, unit)) {
    const local = at + split(at, zone).offsetMinutes * EXACT.minutes;
    return at - (((local % EXACT[unit]) + EXACT[unit]) % EXACT[unit]);
  }
  const { year, month, day, weekday } = split(at, zone);
  const midnight = (own, ofMonth) => moment([year, own, ofMonth, 0, 0, 0, 0], zone);
  switch (unit) {
    case "years":
      return midnight(1, 1);
    case "quarters":
      return midnight(month - ((month - 1) % 3), 1);
    case "months":
      return midnight(month, 1);
    case "weeks": {
      const monday = split(host.dateAdd(midnight(month, day), zone, duration({ days: 1 - weekday }, 1)), zone);
      return moment([monday.year, monday.month, monday.day, 0, 0, 0, 0], zone);
    }
    default:
      return midnight(month, day);
  }
}

/** The first moment of the year, the quarter, the month, the week, the day, … of a date. */
export function startOf(date, unit, options) {
  const zone = zoneOf(options);
  return new Date(start(read(date, zone), unitOf(unit), zone));
}

/** The last millisecond of it. */
export function endOf(date, unit, options) {
  const [zone, own] = [zoneOf(options), unitOf(unit)];
  const next = host.dateAdd(start(read(date, zone), own, zone), zone, duration({ [own]: 1 }, 1));
  return new Date(start(next, own, zone) - 1);
}

/** The `Date` of what is given as one; a text without an offset is in the zone. */
export const from = (date, options) => new Date(read(date, zoneOf(options)));

/**
 * The `Date` of its parts in the zone. What is left out is the first: January, the 1st, midnight. What else `parts` gives, such
 * as the day of the week, follows from them.
 */
export function of(given, options) {
  const unknown = Object.keys(given).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new TypeError(`dates: there is no part \`${unknown.slice(0, 32)}\`: expected ${NAMES.join(", ")}`);
  const { year, month = 1, day = 1, hour = 0, minute = 0, second = 0, millisecond = 0 } = given;
  const parts = [year, month, day, hour, minute, second, millisecond];
  if (!parts.every(Number.isInteger)) throw new TypeError("dates: year, month, day, hour, minute, second and millisecond are whole numbers");
  return new Date(moment(parts, zoneOf(options)));
}

/** Year, month (1 is January), day, …, the day of the week (1 is Monday), the ISO week, and minutes before UTC. */
export function parts(date, options) {
  const zone = zoneOf(options);
  return split(read(date, zone), zone);
}
