// The module "lockgate/csv" (RFC 4180).

import { exact } from "lockgate:exact";

/** Rows of a CSV text. With `header` (the default) each is an object by the names of the first row, else an array. */
export function parse(text, options = {}) {
  const { delimiter = ",", header = true } = options;
  if (typeof delimiter !== "string" || delimiter.length !== 1 || delimiter === '"') {
    throw new TypeError("csv: `delimiter` is one character, and no quotation mark");
  }
  const given = `${text}`;
  const source = given.startsWith("\ufeff") ? given.slice(1) : given;
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

/** The CSV text of rows: objects (with a first row of their names) or arrays. */
export function stringify(rows, options = {}) {
  const { delimiter = ",", header = true, columns } = options;
  const list = [...rows];
  const objects = list.length > 0 && !Array.isArray(list[0]);
  const names = columns ?? (objects ? [...new Set(list.flatMap((row) => Object.keys(row)))] : undefined);
  const lines = list.map((row) => (Array.isArray(row) ? row : names.map((name) => row[name])));
  if (header && names !== undefined) lines.unshift(names);
  const cell = (given, _index, all) => {
    // What says itself how it is written, such as a date.
    const value = typeof given?.toJSON === "function" ? given.toJSON() : given;
    const text = value === null || value === undefined ? "" : typeof value === "object" ? exact(value, "csv: a cell") : `${value}`;
    // A line without anything would be no row.
    const alone = text === "" && all.length === 1;
    const quoted = alone || text.includes('"') || text.includes(delimiter) || /[\r\n]/.test(text);
    return quoted ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return lines.map((values) => `${values.map(cell).join(delimiter)}\r\n`).join("");
}
