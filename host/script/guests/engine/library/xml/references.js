// References in texts and values: `&lt;`, `&#65;`, `&#x41;`.

import { cited, forbiddenAt, nameOf, NAME_HERE } from "lockgate:xml/grammar";

const ENTITIES = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
const CHARACTER = /&#(?:x0*([0-9a-fA-F]{1,6})|0*([0-9]{1,7}));/y;

/** What stands for the reference at `at`, and where it ends. */
function reference(raw, at, wrong) {
  CHARACTER.lastIndex = at;
  const found = CHARACTER.exec(raw);
  if (found !== null) {
    const [whole, hexadecimal, decimal] = found;
    const code = hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16);
    const character = code > 0x10ffff ? "\u0000" : String.fromCodePoint(code);
    if (forbiddenAt(character) >= 0) throw wrong(`XML forbids the character ${nameOf(code)}`, at);
    return [character, at + whole.length];
  }
  NAME_HERE.lastIndex = at + 1;
  const name = NAME_HERE.exec(raw)?.[0];
  const end = at + 1 + (name?.length ?? 0);
  if (name === undefined || raw[end] !== ";") throw wrong("`&` begins no reference here: the character itself is `&amp;`", at);
  if (Object.hasOwn(ENTITIES, name)) return [ENTITIES[name], end + 1];
  throw wrong(`the entity \`&${cited(name)};\` is not known: no document type is read`, at);
}

/** A text with what its references stand for. `wrong(what, at)` makes the error for a place of it. */
export function expand(raw, wrong) {
  let mark = raw.indexOf("&");
  if (mark < 0) return raw;
  const parts = [];
  let from = 0;
  while (mark >= 0) {
    parts.push(raw.slice(from, mark));
    const [character, end] = reference(raw, mark, wrong);
    parts.push(character);
    from = end;
    mark = raw.indexOf("&", from);
  }
  parts.push(raw.slice(from));
  return parts.join("");
}
