// The module "lockgate/csv" (RFC 4180).

import { exact, heldOf, lostOf } from "lockgate:exact";
import { inspect } from "lockgate:inspect";
import { checked } from "lockgate:options";

const wrong = (what) => new TypeError(`csv: ${what}`);

function delimiterOf({ delimiter = "," }) {
  if (delimiter.length === 1 && !/["\r\n]/.test(delimiter)) return delimiter;
  throw wrong("`delimiter` is one character, and no quotation mark or end of a line");
}

/** Rows of a CSV text. With `header` (the default) each is an object by the names of the first row, else an array. */
export function parse(text, options) {
  const given = checked(options, { delimiter: "string", header: "boolean" });
  const { header = true } = given;
  const delimiter = delimiterOf(given);
  if (typeof text !== "string") throw wrong(`expected a text, found ${inspect(text, 1)}`);
  const source = text.startsWith("\ufeff") ? text.slice(1) : text;
  const rows = [];
  // In which line each ends.
  const lines = [];
  let row = [];
  let at = 0;
  let line = 1;
  while (at < source.length) {
    let value = "";
    const quoted = source[at] === '"';
    if (quoted) {
      const began = line;
      at++;
      for (;;) {
        const end = source.indexOf('"', at);
        if (end < 0) throw new SyntaxError(`csv: the quoted value that begins in line ${began} does not end`);
        const part = source.slice(at, end);
        value += part;
        line += part.split("\n").length - 1;
        at = end + 1;
        if (source[at] !== '"') break;
        value += '"';
        at++;
      }
      if (at < source.length && source[at] !== delimiter && source[at] !== "\n" && source[at] !== "\r") {
        throw new SyntaxError(`csv: in line ${line} text follows a quoted value`);
      }
    } else {
      let end = at;
      while (end < source.length && source[end] !== delimiter && source[end] !== "\n" && source[end] !== "\r") end++;
      value = source.slice(at, end);
      at = end;
    }
    row.push(value);
    if (source[at] === delimiter) {
      at++;
      if (at === source.length) row.push("");
      else continue;
    }
    if (source[at] === "\r") at++;
    if (source[at] === "\n") at++;
    line++;
    // A line without anything is no row; one with an empty value in quotes is.
    if (row.length > 1 || row[0] !== "" || quoted) {
      rows.push(row);
      lines.push(line - 1);
    }
    row = [];
  }
  if (row.length > 0) rows.push(row);
  if (!header) return rows;
  const [names = [], ...records] = rows;
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new SyntaxError(`csv: two columns are called \`${twice}\`: read arrays with \`header: false\``);
  const long = records.findIndex((values) => values.length > names.length);
  if (long >= 0) throw new SyntaxError(`csv: line ${lines[long + 1]} has ${records[long].length} values for ${names.length} columns`);
  return records.map((values) => Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""])));
}

/** The text of a cell. What is an object or a list is JSON. */
function textOf(given) {
  const value = heldOf(given, (what) => wrong(`a cell is ${what}`));
  if (value === null || value === undefined) return "";
  if (typeof value === "function") throw wrong("a cell is a function: call it");
  return typeof value === "object" ? exact(value, "csv: a cell") : `${value}`;
}

/** The CSV text of rows: objects (with a first row of their names) or arrays. */
export function stringify(rows, options) {
  const given = checked(options, { delimiter: "string", header: "boolean", columns: "array" });
  const { header = true, columns } = given;
  const delimiter = delimiterOf(given);
  const list = [...rows];
  list.forEach((row, index) => {
    const isRow = typeof row === "object" && row !== null;
    const lost = isRow ? lostOf(row) : inspect(row, 1);
    if (lost !== undefined) throw wrong(`row ${index + 1} is ${lost}`);
    if (Array.isArray(row) !== Array.isArray(list[0])) throw wrong("rows are objects, or arrays, and all of one kind");
  });
  const objects = list.length > 0 && !Array.isArray(list[0]);
  const names = columns ?? (objects ? [...new Set(list.flatMap((row) => Object.keys(row)))] : undefined);
  const lines = objects ? list.map((row) => names.map((name) => row[name])) : list;
  const empty = lines.findIndex((values) => values.length === 0);
  if (empty >= 0) throw wrong(`row ${empty + 1} has no values, and a line without anything is no row`);
  const long = objects || columns === undefined ? -1 : lines.findIndex((values) => values.length > columns.length);
  if (long >= 0) throw wrong(`row ${long + 1} has ${lines[long].length} values for ${columns.length} columns`);
  const cell = (value, _index, all) => {
    const text = textOf(value);
    // A line without anything would be no row.
    const alone = text === "" && all.length === 1;
    const quoted = alone || text.includes('"') || text.includes(delimiter) || /[\r\n]/.test(text);
    return quoted ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const all = header && names !== undefined ? [names, ...lines] : lines;
  return all.map((values) => `${values.map(cell).join(delimiter)}\r\n`).join("");
}
