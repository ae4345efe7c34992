// The errors of "lockgate/jmespath": those of the specification by their names, as `code`.

const KINDS = {
  syntax: SyntaxError,
  "unknown-function": ReferenceError,
  "invalid-arity": TypeError,
  "invalid-type": TypeError,
  "invalid-value": RangeError,
};

/** An error with one of the codes of the specification. */
export function failed(code, text) {
  return Object.assign(new KINDS[code](`jmespath: ${text}`), { code });
}

/** A mistake in an expression; `at` is its place, from 0. */
export const mistake = (at, text) => failed("syntax", `column ${at + 1}: ${text}`);
