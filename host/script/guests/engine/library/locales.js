// What the language has for locales and time zones. The engine has the rules of none: it would ignore the parameters and
// write a text that looks right. So what they ask for is `en-US` and UTC, written as everywhere, or refused.

/** `en` has the same rules. */
const LOCALES = ["en-US", "en"];
const UTC = ["UTC", "GMT", "Etc/UTC", "Etc/GMT"];
/** Languages in which letters have an upper or lower case of their own. */
const OWN_CASES = /^(tr|az|lt|el|hy)\b/i;
/** What a number has at most behind its point, if nothing else is said. */
const FRACTION = 3;

const DATES = 'Format its parts: `date.toISOString()`, `date.getUTCDate()`, …';
const NUMBERS = "Use `toFixed(2)` and `replace`";
const ORDER = "Compare with `<`, or what `normalize` and `toLowerCase` give";

const { isArray } = Array;
const { apply } = Reflect;
const show = (value) => (typeof value === "symbol" ? "a symbol" : `${value}`);

/** The locale that counts, which is the first; undefined for the default. */
const first = (locales) => (isArray(locales) ? locales[0] : locales);

function refuse(method, what, hint) {
  throw new RangeError(`${method}: ${what} is not known: there are en-US and UTC alone. ${hint}`);
}

function check(method, hint, locales, options) {
  const locale = first(locales);
  if (locale !== undefined && !LOCALES.includes(show(locale))) refuse(method, `the locale ${show(locale)}`, hint);
  for (const key of Object.keys(options ?? {})) {
    const value = options[key];
    if (value === undefined || (key === "timeZone" && UTC.includes(value))) continue;
    refuse(method, `the option ${key}: ${show(value)}`, hint);
  }
}

const two = (number) => `${number}`.padStart(2, "0");
const date = (at) => `${at.getMonth() + 1}/${at.getDate()}/${at.getFullYear()}`;
const time = (at) =>
  `${(at.getHours() + 11) % 12 + 1}:${two(at.getMinutes())}:${two(at.getSeconds())} ${at.getHours() < 12 ? "AM" : "PM"}`;
const valid = (at, text) => (Number.isNaN(at.getTime()) ? "Invalid Date" : text(at));

/** Digits with a comma before each three. */
function grouped(digits) {
  let text = digits.slice(0, digits.length % 3 || 3);
  for (let at = text.length; at < digits.length; at += 3) text += `,${digits.slice(at, at + 3)}`;
  return text;
}

/** The decimal digits of a size, without an exponent: before the point, and behind it. */
function decimal(size) {
  const [mantissa, exponent = "0"] = `${size}`.split("e");
  const [whole, fraction = ""] = mantissa.split(".");
  const shift = Number(exponent);
  // A number with a negative exponent is below 10^-6, which is nothing here.
  if (shift < 0) return ["0", ""];
  return [(whole + fraction.slice(0, shift)).padEnd(shift + 1, "0"), fraction.slice(shift)];
}

/** A number rounded to thousandths, with commas. */
function amount(value) {
  if (Number.isNaN(value)) return "NaN";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const size = Math.abs(value);
  if (size === Infinity) return `${sign}∞`;
  const [whole, fraction] = decimal(size);
  const up = fraction.length > FRACTION && fraction[FRACTION] >= "5" ? 1n : 0n;
  const thousandths = `${BigInt(whole + fraction.slice(0, FRACTION).padEnd(FRACTION, "0")) + up}`.padStart(FRACTION + 1, "0");
  const rest = thousandths.slice(-FRACTION).replace(/0+$/, "");
  return sign + grouped(thousandths.slice(0, -FRACTION)) + (rest === "" ? "" : `.${rest}`);
}

/** Puts methods in place of those of the engine. */
function replace(prototype, methods) {
  for (const name of Object.keys(methods)) {
    Object.defineProperty(prototype, name, { value: methods[name], writable: true, enumerable: false, configurable: true });
  }
}

replace(Date.prototype, {
  toLocaleString(locales, options) {
    check("toLocaleString", DATES, locales, options);
    return valid(this, (at) => `${date(at)}, ${time(at)}`);
  },
  toLocaleDateString(locales, options) {
    check("toLocaleDateString", DATES, locales, options);
    return valid(this, date);
  },
  toLocaleTimeString(locales, options) {
    check("toLocaleTimeString", DATES, locales, options);
    return valid(this, time);
  },
});

const number = Number.prototype.valueOf;
const bigint = BigInt.prototype.valueOf;

replace(Number.prototype, {
  toLocaleString(locales, options) {
    check("toLocaleString", NUMBERS, locales, options);
    return amount(apply(number, this, []));
  },
});

replace(BigInt.prototype, {
  toLocaleString(locales, options) {
    check("toLocaleString", NUMBERS, locales, options);
    const digits = `${apply(bigint, this, [])}`;
    return digits.startsWith("-") ? `-${grouped(digits.slice(1))}` : grouped(digits);
  },
});

for (const prototype of [Array.prototype, Object.getPrototypeOf(Uint8Array.prototype)]) {
  const { toLocaleString: joined } = prototype;
  replace(prototype, {
    toLocaleString(locales, options) {
      check("toLocaleString", "Format each item", locales, options);
      return apply(joined, this, []);
    },
  });
}

const { localeCompare: compare, toLocaleLowerCase: lower, toLocaleUpperCase: upper } = String.prototype;
const CASES = 'Replace its own letters first, such as `"ı"`';

function checkCase(method, locales) {
  const locale = first(locales);
  if (locale !== undefined && OWN_CASES.test(show(locale))) refuse(method, `the locale ${show(locale)}`, CASES);
}

replace(String.prototype, {
  localeCompare(that, locales, options) {
    check("localeCompare", ORDER, locales, options);
    return apply(compare, this, [that]);
  },
  toLocaleLowerCase(locales) {
    checkCase("toLocaleLowerCase", locales);
    return apply(lower, this, []);
  },
  toLocaleUpperCase(locales) {
    checkCase("toLocaleUpperCase", locales);
    return apply(upper, this, []);
  },
});
