// Patterns of "lockgate/dates": how a date is written, letter by letter.

import { moment, offsetOf, read, split, zoneOf } from "lockgate:dates/moments";

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const short = (names) => names.map((name) => name.slice(0, 3));

const padded = (value, width) => (value < 0 ? "-" : "") + `${Math.abs(value)}`.padStart(width, "0");
/** Two digits of a year are from 1961 to 2060. */
const century = (year) => year + (year > 60 ? 1900 : 2000);

function shift({ offsetMinutes }, hours, between) {
  const minutes = Math.trunc(Math.abs(offsetMinutes));
  return `${offsetMinutes < 0 ? "-" : "+"}${padded(Math.trunc(minutes / 60), hours)}${between(padded(minutes % 60, 2))}`;
}

const number = (part, width, from = (value) => value) => ({
  write: (parts) => padded(from(parts[part]), width),
  expression: width > 1 ? `\\d{${width}}` : "\\d{1,2}",
  part,
  value: Number,
});
const named = (part, names) => ({
  write: (parts) => names[parts[part] - 1],
  expression: names.join("|"),
  part,
  value: (text) => names.findIndex((name) => name.toLowerCase() === text.toLowerCase()) + 1,
});
const zoned = (write) => ({ write, expression: "[Zz]|[+-]\\d\\d:?\\d\\d", part: "offset", value: offsetOf });

/** What the letters of a pattern stand for. What has no `part` is written, and not read. */
const FIELDS = {
  yyyy: { ...number("year", 4), expression: "-?\\d{4}" },
  yy: { ...number("year", 2, (year) => ((year % 100) + 100) % 100), value: (text) => century(Number(text)) },
  y: { ...number("year", 1), expression: "-?\\d{1,4}" },
  q: { write: ({ month }) => `${Math.ceil(month / 3)}` },
  MMMM: named("month", MONTHS),
  MMM: named("month", short(MONTHS)),
  MM: number("month", 2),
  M: number("month", 1),
  kkkk: { write: ({ weekYear }) => padded(weekYear, 4) },
  WW: { write: ({ week }) => padded(week, 2) },
  W: { write: ({ week }) => `${week}` },
  ooo: { write: ({ dayOfYear }) => padded(dayOfYear, 3) },
  o: { write: ({ dayOfYear }) => `${dayOfYear}` },
  dd: number("day", 2),
  d: number("day", 1),
  EEEE: named("weekday", DAYS),
  EEE: named("weekday", short(DAYS)),
  E: { write: ({ weekday }) => `${weekday}` },
  HH: number("hour", 2),
  H: number("hour", 1),
  hh: { ...number("hour", 2, (hour) => hour % 12 || 12), part: "half" },
  h: { ...number("hour", 1, (hour) => hour % 12 || 12), part: "half" },
  mm: number("minute", 2),
  m: number("minute", 1),
  ss: number("second", 2),
  s: number("second", 1),
  SSS: number("millisecond", 3),
  a: { write: ({ hour }) => (hour < 12 ? "AM" : "PM"), expression: "[AaPp][Mm]", part: "noon", value: (text) => /p/i.test(text) },
  ZZZ: zoned((parts) => shift(parts, 2, (minutes) => minutes)),
  ZZ: zoned((parts) => shift(parts, 2, (minutes) => `:${minutes}`)),
  Z: { write: (parts) => shift(parts, 1, (minutes) => (minutes === "00" ? "" : `:${minutes}`)) },
  z: { write: (parts, zone) => zone },
};

/** A pattern longer than this is no pattern of a date. */
const PATTERN_MAX = 256;

/** The fields of a pattern, and the texts between them. Letters in `'…'` stand for themselves, and `''` is a quotation mark. */
function fields(pattern) {
  if (typeof pattern !== "string") throw new TypeError("dates: a pattern is a text such as `yyyy-MM-dd`");
  if (pattern.length > PATTERN_MAX) throw new RangeError(`dates: a pattern has at most ${PATTERN_MAX} characters`);
  return [...pattern.matchAll(/'((?:[^']|'')*)'|([A-Za-z])\2*|[^]/g)].map(([whole, quoted, letter]) => {
    if (whole === "''") return "'";
    if (quoted !== undefined) return quoted.replaceAll("''", "'");
    if (letter === undefined) {
      if (whole === "'") throw new RangeError("dates: a `'` of the pattern is not closed");
      return whole;
    }
    if (Object.hasOwn(FIELDS, whole)) return { letters: whole, ...FIELDS[whole] };
    throw new RangeError(`dates: \`${whole}\` of the pattern stands for nothing: expected ${Object.keys(FIELDS).join(", ")}, or letters in '…' for themselves`);
  });
}

/** A date as text. */
export function format(date, pattern, options) {
  const zone = zoneOf(options);
  const parts = split(read(date, zone), zone);
  return fields(pattern).map((field) => (typeof field === "string" ? field : field.write(parts, zone))).join("");
}

const literal = (text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/** The `Date` that a text names. What the pattern leaves out is the first: January, the 1st, midnight. */
export function parse(text, pattern, options) {
  const all = fields(pattern);
  const unread = all.find((field) => typeof field !== "string" && field.part === undefined);
  if (unread !== undefined) throw new RangeError(`dates: \`${unread.letters}\` can be written and not read`);
  const expression = all.map((field) => (typeof field === "string" ? literal(field) : `(${field.expression})`)).join("");
  const found = new RegExp(`^${expression}$`, "i").exec(`${text}`);
  const wrong = (why) => new RangeError(`dates: \`${`${text}`.slice(0, 64)}\` is no date by the pattern \`${pattern}\`${why}`);
  if (found === null) throw wrong("");
  const values = {};
  all.filter((field) => typeof field !== "string").forEach((field, index) => {
    const value = field.value(found[index + 1]);
    if ((values[field.part] ?? value) !== value) throw wrong(": it says two things of one part");
    values[field.part] = value;
  });
  const { year, month = 1, day = 1, half, noon, minute = 0, second = 0, millisecond = 0, weekday, offset } = values;
  if (year === undefined) throw new RangeError("dates: the pattern has no year");
  if (half !== undefined && (half < 1 || half > 12)) throw wrong(": the hours of half a day are 1 to 12");
  if (values.hour === undefined && (half === undefined) !== (noon === undefined)) {
    throw new RangeError("dates: `h` and `a` of a pattern stand beside each other: one alone is no hour");
  }
  const { hour = half === undefined ? 0 : (half % 12) + (noon ? 12 : 0) } = values;
  if ((noon ?? hour >= 12) !== hour >= 12 || (half ?? hour) % 12 !== hour % 12) throw wrong(": it says two things of one part");
  const zone = offset ?? zoneOf(options);
  let at;
  try {
    at = moment([year, month, day, hour, minute, second, millisecond], zone);
  } catch (error) {
    throw wrong(error.message.replace(/^dates/, ""));
  }
  if ((weekday ?? split(at, zone).weekday) !== split(at, zone).weekday) throw wrong(": it is another day of the week");
  return new Date(at);
}
