// The module "lockgate/xml": XML to plain objects and back. No entity but the five of XML is expanded, and no document
// type is read, so a document can't refer to anything.

const ENTITIES = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
const DEPTH = 128;

function text(raw) {
  return raw.replace(/&([^;&\s]{1,16});/g, (whole, name) => {
    if (Object.hasOwn(ENTITIES, name)) return ENTITIES[name];
    const code = name.startsWith("#x") ? Number.parseInt(name.slice(2), 16) : name.startsWith("#") ? Number(name.slice(1)) : NaN;
    if (Number.isInteger(code) && code > 0 && code <= 0x10ffff) return String.fromCodePoint(code);
    throw new SyntaxError(`xml: the entity \`${whole}\` is not known`);
  });
}

/**
 * The root of a document as an object with one member. An element is its text, or an object of its attributes (`@name`),
 * its children (arrays where there are several of a name) and its text (`#text`).
 */
export function parse(source, options = {}) {
  const { arrays = [] } = options;
  const document = `${source}`.replace(/^\ufeff/, "");
  const root = Object.create(null);
  const stack = [{ name: "", value: root, text: "" }];
  let at = 0;
  const wrong = (what) => {
    const line = document.slice(0, at).split("\n").length;
    return new SyntaxError(`xml: line ${line}: ${what}`);
  };
  const end = (mark) => {
    const found = document.indexOf(mark, at);
    if (found < 0) throw wrong(`\`${mark}\` is missing`);
    return found;
  };
  const close = () => {
    const { name, value, text: own } = stack.pop();
    const parent = stack.at(-1).value;
    const trimmed = own.trim();
    const keys = Object.keys(value);
    const item = keys.length === 0 ? trimmed : trimmed === "" ? value : Object.assign(value, { "#text": trimmed });
    if (Object.hasOwn(parent, name)) {
      if (!Array.isArray(parent[name])) parent[name] = [parent[name]];
      parent[name].push(item);
    } else {
      parent[name] = arrays.includes(name) ? [item] : item;
    }
  };
  while (at < document.length) {
    const open = document.indexOf("<", at);
    const until = open < 0 ? document.length : open;
    const between = document.slice(at, until);
    if (stack.length === 1 && between.trim() !== "") throw wrong("text outside of the root");
    stack.at(-1).text += text(between);
    at = until;
    if (open < 0) break;
    if (document.startsWith("<!--", at)) {
      at = end("-->") + 3;
    } else if (document.startsWith("<![CDATA[", at)) {
      const stop = end("]]>");
      stack.at(-1).text += document.slice(at + 9, stop);
      at = stop + 3;
    } else if (document.startsWith("<?", at)) {
      at = end("?>") + 2;
    } else if (document.startsWith("<!", at)) {
      throw wrong("a document type is not read");
    } else if (document.startsWith("</", at)) {
      const stop = end(">");
      const name = document.slice(at + 2, stop).trim();
      if (stack.length === 1 || stack.at(-1).name !== name) throw wrong(`\`</${name}>\` closes nothing`);
      at = stop + 1;
      close();
    } else {
      const tag = /<([^\s<>/="']+)((?:\s+[^\s<>/="']+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
      tag.lastIndex = at;
      const found = tag.exec(document);
      if (found === null) throw wrong("a tag that is not well formed");
      if (stack.length > DEPTH) throw wrong(`more than ${DEPTH} elements within each other`);
      if (stack.length === 1 && Object.keys(root).length > 0) throw wrong("a second root");
      at = tag.lastIndex;
      const value = Object.create(null);
      for (const [, name, double, single] of found[2].matchAll(/([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
        value[`@${name}`] = text(double ?? single);
      }
      stack.push({ name: found[1], value, text: "" });
      if (found[3] === "/") close();
    }
  }
  if (stack.length > 1) throw wrong(`\`<${stack.at(-1).name}>\` is not closed`);
  if (Object.keys(root).length === 0) throw wrong("no root");
  return root;
}

const escape = (value) => `${value}`.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

function element(name, value) {
  if (!/^[A-Za-z_:][\w:.-]*$/.test(name)) throw new TypeError(`xml: \`${name}\` is no name of an element`);
  if (Array.isArray(value)) return value.map((item) => element(name, item)).join("");
  if (value === null || value === undefined || value === "") return `<${name}/>`;
  if (typeof value !== "object") return `<${name}>${escape(value)}</${name}>`;
  const keys = Object.keys(value);
  const attributes = keys.filter((key) => key.startsWith("@")).map((key) => ` ${key.slice(1)}="${escape(value[key])}"`).join("");
  const children = keys.filter((key) => !key.startsWith("@")).map((key) => (key === "#text" ? escape(value[key]) : element(key, value[key]))).join("");
  return children === "" ? `<${name}${attributes}/>` : `<${name}${attributes}>${children}</${name}>`;
}

/** The document of an object in the form that `parse` gives. */
export function stringify(value, options = {}) {
  const { declaration = true } = options;
  const body = Object.keys(value).map((name) => element(name, value[name])).join("");
  return declaration ? `<?xml version="1.0" encoding="UTF-8"?>${body}` : body;
}
