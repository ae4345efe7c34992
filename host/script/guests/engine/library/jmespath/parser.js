// From the words of a JMESPath expression to its tree, by precedence of operators.

import { syntaxError } from "lockgate:jmespath/errors";
import { tokens } from "lockgate:jmespath/tokens";

/** How strongly a sign binds what stands before it. What is not named ends an expression. */
const POWER = {
  "|": 1, "||": 2, "&&": 3,
  "==": 5, "!=": 5, "<": 5, "<=": 5, ">": 5, ">=": 5,
  "[]": 9, "*": 20, "[?": 21, ".": 40, "!": 45, "{": 50, "[": 55,
};
/** What binds less ends a projection. */
const PROJECTION = 10;
/** Parts within each other; what is nested more deeply would end the stack. */
const DEPTH = 40;

const CURRENT = { type: "current" };

/** One after the other: a chain stays flat, so that its length is no depth. */
function chain(left, right) {
  if (left.type === "current") return right;
  if (left.type !== "chain") return { type: "chain", steps: [left, right] };
  left.steps.push(right);
  return left;
}

/** The same of `||` and `&&`. */
function joined(type, left, right) {
  if (left.type !== type) return { type, parts: [left, right] };
  left.parts.push(right);
  return left;
}

class Parser {
  constructor(text) {
    this.tokens = tokens(text);
    this.at = 0;
    this.depth = 0;
  }

  get next() {
    return this.tokens[this.at];
  }

  take() {
    return this.tokens[this.at++];
  }

  wrong(expected, token = this.next) {
    return syntaxError(token.at, `expected ${expected}, found ${token.kind === "end" ? "the end" : `\`${token.value}\``}`);
  }

  expect(kind) {
    if (this.next.kind !== kind) throw this.wrong(`\`${kind}\``);
    return this.take();
  }

  /** Takes a sign if it is the next word. */
  takes(kind) {
    const is = this.next.kind === kind;
    if (is) this.at++;
    return is;
  }

  whole() {
    const tree = this.expression(0);
    if (this.next.kind !== "end") throw this.wrong("the end of the expression");
    return tree;
  }

  expression(power) {
    if (++this.depth > DEPTH) throw syntaxError(this.next.at, `more than ${DEPTH} parts within each other`);
    let tree = this.first();
    while ((POWER[this.next.kind] ?? 0) > power) tree = this.behind(tree);
    this.depth--;
    return tree;
  }

  /** What an expression begins with. */
  first() {
    const token = this.take();
    switch (token.kind) {
      case "literal":
        return { type: "literal", value: token.value };
      case "name":
        return this.takes("(") ? this.call(token) : { type: "field", name: token.value };
      case "quoted":
        if (this.next.kind === "(") throw this.wrong("a function's name without quotation marks", token);
        return { type: "field", name: token.value };
      case "@":
        return CURRENT;
      case "*":
        return this.projection("values", CURRENT, POWER["*"]);
      case "[]":
        return this.projection("flatten", CURRENT, POWER["[]"]);
      case "[?":
        return this.filter(CURRENT);
      case "[":
        return this.isPlace() ? this.bracket(CURRENT) : this.list();
      case "{":
        return this.object();
      case "!":
        return { type: "not", part: this.expression(POWER["!"]) };
      case "&":
        return { type: "expression", part: this.expression(0) };
      case "(": {
        const tree = this.expression(0);
        this.expect(")");
        return tree;
      }
      default:
        throw this.wrong("a name, a literal, `@`, `*`, `[`, `{`, `!`, `&` or `(`", token);
    }
  }

  /** An operator, and what stands on its right. */
  behind(left) {
    const token = this.take();
    switch (token.kind) {
      case ".":
        if (this.takes("*")) return this.projection("values", left, POWER["*"]);
        return chain(left, this.member(POWER["."]));
      case "|":
        return chain(left, this.expression(POWER["|"]));
      case "||":
        return joined("or", left, this.expression(POWER["||"]));
      case "&&":
        return joined("and", left, this.expression(POWER["&&"]));
      case "[]":
        return this.projection("flatten", left, POWER["[]"]);
      case "[?":
        return this.filter(left);
      case "[":
        if (!this.isPlace()) throw this.wrong("a number, `:` or `*`; a list of expressions stands behind `.`");
        return this.bracket(left);
      case "==":
      case "!=":
      case "<":
      case "<=":
      case ">":
      case ">=":
        return { type: "compare", sign: token.kind, left, right: this.expression(POWER[token.kind]) };
      default:
        throw this.wrong("an operator", token);
    }
  }

  /** Whether a bracket has a number, a slice or all, and no list of expressions. */
  isPlace() {
    const { kind } = this.next;
    return kind === "number" || kind === ":" || (kind === "*" && this.tokens[this.at + 1].kind === "]");
  }

  bracket(left) {
    if (this.takes("*")) {
      this.expect("]");
      return this.projection("list", left, POWER["*"]);
    }
    const parts = [];
    let part;
    while (this.next.kind !== "]") {
      if (this.next.kind === ":" && parts.length < 2) {
        this.take();
        parts.push(part);
        part = undefined;
      } else if (part === undefined && this.next.kind === "number") {
        part = this.take().value;
      } else {
        throw this.wrong("`]`, or a slice such as `[0:10:2]`");
      }
    }
    this.take();
    if (parts.length === 0) return chain(left, { type: "index", index: part });
    const [start, stop, step] = [...parts, part];
    return this.projection("list", chain(left, { type: "slice", start, stop, step }), POWER["*"]);
  }

  filter(from) {
    const condition = this.expression(0);
    this.expect("]");
    if (this.next.kind === "[]") return { type: "project", by: "filter", from, condition, each: CURRENT };
    return { ...this.projection("filter", from, POWER["[?"]), condition };
  }

  /** What is done with each item is all that follows and binds. */
  projection(by, from, power) {
    let each = CURRENT;
    const { kind } = this.next;
    if ((POWER[kind] ?? 0) >= PROJECTION) {
      if (kind === "[" || kind === "[?") each = this.expression(power);
      else if (this.takes(".")) each = this.member(power);
      else throw this.wrong("`.`, `[` or `[?` behind what gives several items");
    }
    return { type: "project", by, from, each };
  }

  /** What may stand behind a dot. */
  member(power) {
    const { kind } = this.next;
    if (kind === "name" || kind === "quoted" || kind === "*") return this.expression(power);
    if (this.takes("[")) return this.list();
    if (this.takes("{")) return this.object();
    throw this.wrong("a name, `*`, `[` or `{` behind `.`");
  }

  /** Items until the closing sign, of which there is at least one. */
  items(close, item) {
    const all = [item()];
    while (this.takes(",")) all.push(item());
    this.expect(close);
    return all;
  }

  list() {
    return { type: "list", items: this.items("]", () => this.expression(0)) };
  }

  object() {
    const member = () => {
      const name = this.take();
      if (name.kind !== "name" && name.kind !== "quoted") throw this.wrong("a name", name);
      this.expect(":");
      return [name.value, this.expression(0)];
    };
    return { type: "object", members: this.items("}", member) };
  }

  call({ value: name }) {
    const given = this.takes(")") ? [] : this.items(")", () => this.expression(0));
    return { type: "call", name, given };
  }
}

/** The tree of an expression. */
export const tree = (text) => new Parser(text).whole();
