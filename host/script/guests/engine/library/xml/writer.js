// Objects to XML. What no XML can say is a TypeError: nothing is written that `parse` refuses.

import { heldOf } from "lockgate:exact";
import { checked } from "lockgate:options";
import { cited, DEPTH, forbiddenAt, isName, nameOf } from "lockgate:xml/grammar";
import { check, OUTSIDE, scopeOf } from "lockgate:xml/namespaces";

// A carriage return would be read as a line feed, and other white space of an attribute as spaces.
const WRITTEN = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;" };
const WRITTEN_IN_ATTRIBUTES = { ...WRITTEN, '"': "&quot;", "\t": "&#9;", "\n": "&#10;" };

const wrong = (what) => new TypeError(`xml: ${what}`);

/** A value as one of JSON; what that can't hold, such as a promise, would be an empty element. */
const valueOf = (given, of) => heldOf(given, (what) => wrong(`\`${cited(of)}\` is ${what}`));

/** The text of a value that is no element. */
function textOf(given, of) {
  const value = valueOf(given, of);
  if (value === null || value === undefined) return "";
  if (!["string", "number", "bigint", "boolean"].includes(typeof value)) throw wrong(`\`${cited(of)}\` is no text, number or boolean`);
  const text = `${value}`;
  const forbidden = forbiddenAt(text);
  if (forbidden >= 0) throw wrong(`XML forbids the character ${nameOf(text.codePointAt(forbidden))}, which is in \`${cited(of)}\``);
  return text;
}

function named(name, of) {
  if (!isName(name)) throw wrong(`\`${cited(name)}\` is no name of ${of}`);
  return name;
}

const written = (text) => text.replace(/[&<>\r]/g, (character) => WRITTEN[character]);
const quoted = (text) => `"${text.replace(/[&<>"\t\n\r]/g, (character) => WRITTEN_IN_ATTRIBUTES[character])}"`;

/** An element. It calls nothing but itself for each level: the deepest document must fit into the engine's stack. */
function element(name, given, outer, depth) {
  named(name, "an element");
  if (depth > DEPTH) throw wrong(`more than ${DEPTH} elements within each other`);
  const value = valueOf(given, name);
  if (Array.isArray(value)) throw wrong(`\`${cited(name)}\` is an array within an array`);
  const object = typeof value === "object" && value !== null;
  const keys = object ? Object.keys(value) : [];
  const attributes = keys
    .filter((key) => key.startsWith("@") && value[key] !== null && value[key] !== undefined)
    .map((key) => [named(key.slice(1), "an attribute"), textOf(value[key], key)]);
  const scope = scopeOf(outer, attributes, wrong);
  check(scope, name, attributes, wrong);
  const parts = object ? [] : [written(textOf(value, name))];
  for (const key of keys) {
    if (key.startsWith("@")) continue;
    const own = value[key];
    if (key === "#text") parts.push(written(textOf(own, key)));
    else if (Array.isArray(own)) for (const item of own) parts.push(element(key, item, scope, depth + 1));
    else parts.push(element(key, own, scope, depth + 1));
  }
  const content = parts.join("");
  const tag = [name, ...attributes.map(([attribute, text]) => `${attribute}=${quoted(text)}`)].join(" ");
  return content === "" ? `<${tag}/>` : `<${tag}>${content}</${name}>`;
}

/** The document of an object in the form that `parse` gives. */
export function stringify(value, options) {
  const { declaration = true } = checked(options, { declaration: "boolean" });
  const keys = typeof value === "object" && value !== null ? Object.keys(value) : [];
  const [root] = keys;
  const given = root === undefined ? [] : value[root];
  const roots = keys.length === 1 && Array.isArray(given) ? given : keys;
  if (roots.length !== 1) throw wrong(`a document has one root, and this one would have ${roots.length}`);
  const body = element(root, Array.isArray(given) ? given[0] : given, OUTSIDE, 1);
  return declaration ? `<?xml version="1.0" encoding="UTF-8"?>${body}` : body;
}
