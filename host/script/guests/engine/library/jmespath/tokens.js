// The words of a JMESPath expression.

import { syntaxError } from "lockgate:jmespath/errors";
import { parse } from "lockgate:json";

/** Longer ones first, so that `||` is not two pipes. */
const SIGN = /\|\||&&|==|!=|<=|>=|\[\?|\[\]|[|&!<>@.*(){}[\],:]/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /-?[0-9]+/y;
const SPACE = /[ \t\r\n]+/y;

/** What a sticky expression finds at a place. */
function found(expression, text, at) {
  expression.lastIndex = at;
  return expression.exec(text)?.[0];
}

/** The place behind a text in quotation marks, in which `\` takes the mark its meaning. */
function endOf(text, at) {
  const mark = text[at];
  let end = at + 1;
  while (end < text.length && text[end] !== mark) end += text[end] === "\\" ? 2 : 1;
  if (end >= text.length) throw syntaxError(at, `\`${mark}\` is not closed`);
  return end + 1;
}

function quoted(text, at, end) {
  try {
    return parse(text.slice(at, end));
  } catch {
    throw syntaxError(at, "what stands in quotation marks is written as a string of JSON");
  }
}

function literal(text, at, end) {
  const inner = text.slice(at + 1, end - 1).replaceAll("\\`", "`");
  try {
    return parse(inner);
  } catch {
    throw syntaxError(at, "between backticks stands JSON, such as `1` or `\"text\"`; a text may also be 'text'");
  }
}

/** `{kind, value, at}` of each word, and one of the kind `end`. Signs are kinds of their own. */
export function tokens(text) {
  const all = [];
  let at = 0;
  while (at < text.length) {
    const space = found(SPACE, text, at);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    let end;
    switch (text[at]) {
      case '"':
        end = endOf(text, at);
        all.push({ kind: "quoted", value: quoted(text, at, end), at });
        break;
      case "'":
        end = endOf(text, at);
        all.push({ kind: "literal", value: text.slice(at + 1, end - 1).replaceAll("\\'", "'"), at });
        break;
      case "`":
        end = endOf(text, at);
        all.push({ kind: "literal", value: literal(text, at, end), at });
        break;
      default: {
        const name = found(NAME, text, at);
        const number = found(NUMBER, text, at);
        const word = name ?? number ?? found(SIGN, text, at);
        if (word === undefined) throw syntaxError(at, `\`${String.fromCodePoint(text.codePointAt(at))}\` has no meaning here`);
        if (name !== undefined) all.push({ kind: "name", value: name, at });
        else if (number !== undefined) all.push({ kind: "number", value: Number(number), at });
        else all.push({ kind: word, value: word, at });
        end = at + word.length;
      }
    }
    at = end;
  }
  all.push({ kind: "end", value: "the end", at });
  return all;
}
