// What names and characters are in XML 1.0 (fifth edition) with Namespaces.

/** How many elements may lie within each other. */
export const DEPTH = 128;

const START =
  "A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}\\u{200D}\\u{2070}-\\u{218F}" +
  "\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}";
const NCNAME = `[${START}][${START}\\-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}\\u{2040}]*`;

/** A name with at most one prefix, where `lastIndex` is. */
export const NAME_HERE = new RegExp(`${NCNAME}(?::${NCNAME})?`, "uy");
const NAME = new RegExp(`^${NCNAME}(?::${NCNAME})?$`, "u");
// A surrogate without the other half is a character of its own here.
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/** Whether a text is the name of an element or attribute. */
export const isName = (text) => NAME.test(text);

/** Where a text has a character that XML forbids, also as a reference; -1 if nowhere. */
export const forbiddenAt = (text) => text.search(FORBIDDEN);

/** How an error names a character. */
export const nameOf = (code) => `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;

/** How an error cites what a document says. */
export const cited = (text) => (text.length > 64 ? `${text.slice(0, 64)}…` : text);

/** Whether the white space of XML is there. */
export const isSpace = (text, at) => " \t\n\r".includes(text[at] ?? "no");

/** A text without the white space of XML around it; others, such as a no-break space, are part of the text. */
export function trim(text) {
  let from = 0;
  let to = text.length;
  while (from < to && isSpace(text, from)) from++;
  while (from < to && isSpace(text, to - 1)) to--;
  return text.slice(from, to);
}
