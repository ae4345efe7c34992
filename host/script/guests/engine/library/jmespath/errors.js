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

/** An expression that is not right; `at` is the index of the character, from 0. */
export const syntaxError = (at, text) => failed("syntax", `column ${at + 1}: ${text}`);
