// XML to objects. Every error is a SyntaxError with line and column of the document.

import { checked } from "lockgate:options";
import { cited, DEPTH, forbiddenAt, isSpace, nameOf, NAME_HERE, trim } from "lockgate:xml/grammar";
import { check, OUTSIDE, scopeOf } from "lockgate:xml/namespaces";
import { expand } from "lockgate:xml/references";

const DECLARATION =
  /<\?xml[ \t\n]+version[ \t\n]*=[ \t\n]*(?:"1\.[0-9]+"|'1\.[0-9]+')(?:[ \t\n]+encoding[ \t\n]*=[ \t\n]*(?:"[A-Za-z][\w.-]*"|'[A-Za-z][\w.-]*'))?(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(?:"yes"|"no"|'yes'|'no'))?[ \t\n]*\?>/y;

class Reader {
  constructor(source, arrays) {
    // Lines end as XML has them (2.11) before anything is read.
    this.text = source.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
    this.arrays = new Set(arrays);
    this.at = 0;
    this.root = Object.create(null);
    /** The elements that are open. The first stands for the document. */
    this.stack = [{ name: "", value: this.root, texts: [], scope: OUTSIDE }];
  }

  /** The error for a place of the document. */
  wrong(what, at = this.at) {
    let line = 1;
    let begin = 0;
    for (let end = this.text.indexOf("\n"); end >= 0 && end < at; end = this.text.indexOf("\n", begin)) {
      line++;
      begin = end + 1;
    }
    let column = 1;
    for (const _ of this.text.slice(begin, at)) column++;
    return new SyntaxError(`xml: line ${line}, column ${column}: ${what}`);
  }

  /** Whether a mark is here; it is passed. */
  take(mark) {
    const here = this.text.startsWith(mark, this.at);
    if (here) this.at += mark.length;
    return here;
  }

  /** Passes white space, and gives whether there was any. */
  space() {
    const from = this.at;
    while (isSpace(this.text, this.at)) this.at++;
    return this.at > from;
  }

  /** Passes a name. */
  name(of) {
    NAME_HERE.lastIndex = this.at;
    const found = NAME_HERE.exec(this.text);
    if (found === null) throw this.wrong(`expected the name of ${of}`);
    this.at += found[0].length;
    return found[0];
  }

  /** What is up to a mark; both are passed. */
  until(mark, of) {
    const end = this.text.indexOf(mark, this.at);
    if (end < 0) throw this.wrong(`\`${mark}\` is missing: ${of} does not end`);
    const part = this.text.slice(this.at, end);
    this.at = end + mark.length;
    return part;
  }

  document() {
    const forbidden = forbiddenAt(this.text);
    if (forbidden >= 0) throw this.wrong(`XML forbids the character ${nameOf(this.text.codePointAt(forbidden))}`, forbidden);
    DECLARATION.lastIndex = 0;
    this.at = DECLARATION.exec(this.text)?.[0].length ?? 0;
    while (this.at < this.text.length) {
      if (this.text[this.at] !== "<") this.characters();
      else if (this.take("<!--")) this.comment();
      else if (this.take("<![CDATA[")) this.verbatim();
      else if (this.take("<?")) this.instruction();
      else if (this.text.startsWith("<!", this.at)) throw this.wrong("a document type is not read");
      else if (this.take("</")) this.endTag();
      else this.startTag();
    }
    if (this.stack.length > 1) throw this.wrong(`\`<${cited(this.stack.at(-1).name)}>\` is not closed`);
    if (Object.keys(this.root).length === 0) throw this.wrong("there is no root");
    return this.root;
  }

  characters() {
    const from = this.at;
    const open = this.text.indexOf("<", from);
    this.at = open < 0 ? this.text.length : open;
    const raw = this.text.slice(from, this.at);
    if (this.stack.length === 1) {
      if (trim(raw) === "") return;
      this.at = from;
      this.space();
      throw this.wrong("a text outside of the root");
    }
    const end = raw.indexOf("]]>");
    if (end >= 0) throw this.wrong("`]]>` ends nothing here: in a text it is `]]&gt;`", from + end);
    this.stack.at(-1).texts.push(expand(raw, (what, at) => this.wrong(what, from + at)));
  }

  comment() {
    this.until("--", "a comment");
    if (!this.take(">")) throw this.wrong("a comment has no `--` within", this.at - 2);
  }

  verbatim() {
    if (this.stack.length === 1) throw this.wrong("a text outside of the root", this.at - 9);
    this.stack.at(-1).texts.push(this.until("]]>", "a section `<![CDATA[`"));
  }

  instruction() {
    const began = this.at;
    const target = this.name("a processing instruction");
    if (target.toLowerCase() === "xml") throw this.wrong('`<?xml` is `<?xml version="1.0"?>`, and only at the start', began - 2);
    if (target.includes(":")) throw this.wrong("the name of a processing instruction has no prefix", began);
    if (!this.space() && !this.text.startsWith("?>", this.at)) throw this.wrong("expected white space or `?>`");
    this.until("?>", "a processing instruction");
  }

  endTag() {
    const began = this.at - 2;
    const name = this.name("an element");
    this.space();
    if (!this.take(">")) throw this.wrong("expected `>`");
    if (this.stack.length === 1 || this.stack.at(-1).name !== name) throw this.wrong(`\`</${cited(name)}>\` closes nothing`, began);
    this.close();
  }

  startTag() {
    const began = this.at;
    if (this.stack.length > DEPTH) throw this.wrong(`more than ${DEPTH} elements within each other`);
    if (this.stack.length === 1 && Object.keys(this.root).length > 0) throw this.wrong("a second root");
    this.at++;
    const name = this.name("an element");
    const value = Object.create(null);
    const attributes = [];
    const places = Object.create(null);
    let spaced = this.space();
    while (!this.text.startsWith(">", this.at) && !this.text.startsWith("/>", this.at)) {
      if (!spaced) throw this.wrong("expected white space, `>` or `/>`");
      const at = this.at;
      const attribute = this.name("an attribute, `>` or `/>`");
      if (Object.hasOwn(value, `@${attribute}`)) throw this.wrong(`the attribute \`${cited(attribute)}\` is there twice`, at);
      const given = this.attributeValue();
      attributes.push([attribute, given]);
      places[attribute] = at;
      value[`@${attribute}`] = given;
      spaced = this.space();
    }
    const wrong = (what, of) => this.wrong(what, places[of] ?? began);
    const scope = scopeOf(this.stack.at(-1).scope, attributes, wrong);
    check(scope, name, attributes, wrong);
    this.stack.push({ name, value, texts: [], scope });
    const empty = this.take("/");
    this.at++;
    if (empty) this.close();
  }

  attributeValue() {
    this.space();
    if (!this.take("=")) throw this.wrong("expected `=`");
    this.space();
    const quote = this.text[this.at];
    if (quote !== '"' && quote !== "'") throw this.wrong("expected a value in quotation marks");
    this.at++;
    const from = this.at;
    const raw = this.until(quote, "the value of an attribute");
    const open = raw.indexOf("<");
    if (open >= 0) throw this.wrong("`<` in the value of an attribute is `&lt;`", from + open);
    // White space becomes spaces (3.3.3), but where it is a reference.
    return expand(raw.replace(/[\t\n]/g, " "), (what, at) => this.wrong(what, from + at));
  }

  /** Puts the innermost element into the one around it. */
  close() {
    const { name, value, texts } = this.stack.pop();
    const parent = this.stack.at(-1).value;
    const text = trim(texts.join(""));
    const item = Object.keys(value).length === 0 ? text : text === "" ? value : Object.assign(value, { "#text": text });
    if (!Object.hasOwn(parent, name)) parent[name] = this.arrays.has(name) ? [item] : item;
    else if (Array.isArray(parent[name])) parent[name].push(item);
    else parent[name] = [parent[name], item];
  }
}

/**
 * The root of a document as an object with one member. An element is its text, or an object of its attributes (`@name`),
 * its children (arrays where there are several of a name) and its text (`#text`).
 */
export function parse(source, options) {
  const { arrays = [] } = checked(options, { arrays: "array" });
  if (typeof source !== "string") throw new TypeError("xml: a document is a text");
  return new Reader(source, arrays).document();
}
