// Namespaces in XML 1.0: which prefixes are declared, and which attributes are the same one. Names stay as they are written.

import { cited } from "lockgate:xml/grammar";

const XML = "http://www.w3.org/XML/1998/namespace";
const XMLNS = "http://www.w3.org/2000/xmlns/";

/** What is declared outside of the root: prefixes and their namespaces. */
export const OUTSIDE = Object.assign(Object.create(null), { xml: XML });

/** What is declared within an element with these attributes. `wrong(what, name)` makes the error for one of them. */
export function scopeOf(outer, attributes, wrong) {
  let scope = outer;
  for (const [name, namespace] of attributes) {
    if (name !== "xmlns" && !name.startsWith("xmlns:")) continue;
    const prefix = name.slice(6);
    if (prefix === "xmlns" || namespace === XMLNS) throw wrong("`xmlns` and its namespace are not declared", name);
    if ((prefix === "xml") !== (namespace === XML)) throw wrong(`only \`xml\` stands for ${XML}, and for nothing else`, name);
    if (prefix !== "" && namespace === "") throw wrong(`the prefix \`${cited(prefix)}\` is declared without a namespace`, name);
    if (scope === outer) scope = Object.create(outer);
    scope[prefix] = namespace;
  }
  return scope;
}

/** Refuses prefixes that are not declared, and attributes of one name and namespace by two prefixes. */
export function check(scope, element, attributes, wrong) {
  const namespaceOf = (name) => {
    const colon = name.indexOf(":");
    if (colon < 0) return "";
    const namespace = scope[name.slice(0, colon)];
    if (namespace === undefined) throw wrong(`the prefix of \`${cited(name)}\` is not declared`, name);
    return namespace;
  };
  namespaceOf(element);
  const seen = new Set();
  for (const [name] of attributes) {
    if (!name.includes(":") || name.startsWith("xmlns:")) continue;
    // No local name has a brace.
    const whole = `${namespaceOf(name)}}${name.slice(name.indexOf(":") + 1)}`;
    if (seen.has(whole)) throw wrong(`\`${cited(name)}\` is there twice, by another prefix`, name);
    seen.add(whole);
  }
}
