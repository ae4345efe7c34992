// Writes what Temporal (by its polyfill) and Luxon say about dates: a line of JSON for each, `[function, arguments, expected]`.
// Arguments and results are those of `lockgate/dates`; moments are milliseconds.
import { writeFileSync } from "node:fs";
import { DateTime } from "luxon";
import { Temporal } from "temporal-polyfill";

const [out] = process.argv.slice(2);
const CASES = 400;
// With changes of an hour, of half an hour, at midnight, a day that was left out, and none.
const ZONES = [
  "UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Sao_Paulo", "America/Havana", "America/St_Johns",
  "Asia/Kolkata", "Asia/Kathmandu", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Auckland", "+02:00", "-09:30",
];
const UNITS = ["years", "months", "weeks", "days", "hours", "minutes", "seconds", "milliseconds"];
const PATTERNS = [
  "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ss.SSSZZ", "d.M.yyyy H:m:s", "dd/MM/yy", "EEEE, d MMMM yyyy", "EEE MMM d yyyy", "h:mm a",
  "hh 'oclock' a", "kkkk-'W'WW-E", "W", "ooo", "o", "q. 'quarter' yyyy", "yyyyMMdd HHmmssSSS ZZZ", "z Z",
];
const READ = ["yyyy-MM-dd HH:mm:ss.SSS ZZ", "d.M.yyyy H:m", "EEEE, d MMMM yyyy", "EEE MMM d yyyy", "dd/MM/yy", "yyyy-MM-dd h:mm a"];

// The same numbers on every machine (mulberry32).
let state = 0x5eed;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
const between = (low, high) => low + Math.floor(random() * (high - low + 1));
const one = (list) => list[between(0, list.length - 1)];

const zoned = (at, zone) => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
/** Years whose rules no version of the database changes any more, with what is added; often days in which clocks change. */
function moment(zone) {
  const at = between(Date.UTC(1971, 0, 1), Date.UTC(2017, 0, 1));
  if (random() < 0.5) return at;
  const next = zoned(at, zone).getTimeZoneTransition("next");
  return next === null ? at : next.epochMilliseconds + between(-30 * 3600, 30 * 3600) * 1000;
}
/** The end of a month, often. */
function edge(zone) {
  const at = zoned(moment(zone), zone);
  return random() < 0.5 ? at.epochMilliseconds : at.with({ day: at.daysInMonth }).epochMilliseconds;
}
const startOf = (at, unit) => {
  switch (unit) {
    case "years":
      return at.with({ month: 1, day: 1 }).startOfDay();
    case "quarters":
      return at.with({ day: 1, month: at.month - ((at.month - 1) % 3) }).startOfDay();
    case "months":
      return at.with({ day: 1 }).startOfDay();
    case "weeks":
      return at.toPlainDate().subtract({ days: at.dayOfWeek - 1 }).toZonedDateTime(at.timeZoneId);
    default:
      return at.startOfDay();
  }
};

const lines = [];
const add = (name, given, expected) => lines.push(JSON.stringify([name, given, expected]));
for (let round = 0; round < CASES; round++) {
  const zone = one(ZONES);
  const options = { zone };
  const from = edge(zone);
  const at = zoned(from, zone);

  const calendar = { years: between(-5, 5), months: between(-30, 30), weeks: between(-6, 6), days: between(-90, 90) };
  const signed = (sign) => Object.fromEntries(Object.entries(calendar).map(([unit, value]) => [unit, sign * Math.abs(value)]));
  const duration = signed(one([1, -1]));
  const exact = { hours: between(-50, 50), minutes: between(-90, 90) };
  add("add", [from, { ...duration, ...exact }, options], at.add(duration).add({ hours: exact.hours }).add({ minutes: exact.minutes }).epochMilliseconds);
  add("subtract", [from, duration, options], at.subtract(duration).epochMilliseconds);
  // Temporal has one sign in a duration: months first, by the months in a year, and then days, by the days in a week.
  const mixed = (sign) => {
    const months = sign * (calendar.years * 12 + calendar.months);
    const days = sign * (calendar.weeks * 7 + calendar.days);
    if (months === 0 && days === 0) return at;
    return at.toPlainDateTime().add({ months }).add({ days }).toZonedDateTime(zone);
  };
  add("add", [from, { ...calendar, ...exact }, options], mixed(1).add({ hours: exact.hours }).add({ minutes: exact.minutes }).epochMilliseconds);
  add("subtract", [from, calendar, options], mixed(-1).epochMilliseconds);
  // Luxon takes several signs, and differs where clocks change.
  const utc = DateTime.fromMillis(from, { zone: "utc" });
  add("add", [from, calendar], utc.plus(calendar).toMillis());
  add("subtract", [from, calendar, { zone: "UTC" }], utc.minus(calendar).toMillis());

  const to = edge(zone);
  const until = (largestUnit) => at.until(zoned(to, zone), { largestUnit });
  for (const unit of UNITS) {
    const exactly = UNITS.indexOf(unit) > UNITS.indexOf("days");
    // A day may have 23 hours, an hour always has 60 minutes.
    const size = { hours: 3_600_000, minutes: 60_000, seconds: 1000, milliseconds: 1 }[unit];
    add("difference", [from, to, unit, options], exactly ? Math.trunc((to - from) / size) + 0 : until(unit)[unit]);
  }
  const whole = until("years");
  const parts = ["years", "months", "days", "hours", "minutes", "seconds", "milliseconds"];
  add("difference", [from, to, parts, options], Object.fromEntries(parts.map((unit) => [unit, whole[unit]])));

  for (const unit of ["years", "quarters", "months", "weeks", "days"]) {
    const start = startOf(at, unit);
    const next = startOf(start.add(unit === "quarters" ? { months: 3 } : { [unit]: 1 }), unit);
    add("startOf", [from, unit, options], start.epochMilliseconds);
    add("endOf", [from, unit, options], next.epochMilliseconds - 1);
  }
  add("parts", [from, options], {
    year: at.year, month: at.month, day: at.day, hour: at.hour, minute: at.minute, second: at.second, millisecond: at.millisecond,
    weekday: at.dayOfWeek, dayOfYear: at.dayOfYear, weekYear: at.yearOfWeek, week: at.weekOfYear, daysInMonth: at.daysInMonth,
    offsetMinutes: at.offsetNanoseconds / 6e10,
  });
  // A time of the day that there may be twice, or not at all.
  const { year, month, day, hour, minute } = at.add({ minutes: between(-90, 90) });
  const plain = new Temporal.PlainDateTime(year, month, day, hour, minute);
  add("of", [{ year, month, day, hour, minute }, options], plain.toZonedDateTime(zone).epochMilliseconds);
  add("from", [plain.toString(), options], plain.toZonedDateTime(zone).epochMilliseconds);
  add("from", [at.toString({ timeZoneName: "never" }), {}], from);

  const luxon = DateTime.fromMillis(from, { zone: /^[+-]/.test(zone) ? `UTC${zone}` : zone, locale: "en-US" });
  const pattern = one(PATTERNS);
  // Luxon has names of its own for offsets.
  if (!(pattern.startsWith("z") && /^[+-]/.test(zone))) add("format", [from, pattern, options], luxon.toFormat(pattern));
  const reading = one(READ);
  const text = luxon.toFormat(reading);
  const read = DateTime.fromFormat(text, reading, { zone: luxon.zoneName, locale: "en-US" });
  const twice = read.getPossibleOffsets().length > 1;
  if (!twice && read.toFormat(reading) === text) add("parse", [text, reading, options], read.toMillis());
}
writeFileSync(out, `${lines.join("\n")}\n`);
