// The module "lockgate/csv" (RFC 4180).

import { stringify as jsonOf } from "lockgate:json";

/** Rows of a CSV text. With `header` (the default) each is an object by the names of the first row, else an array. */
export function parse(text, options = {}) {
  const { delimiter = ",", header = true } = options;
  if (typeof delimiter !== "string" || delimiter.length !== 1 || delimiter === '"') {
    throw new TypeError("csv: `delimiter` is one character, and no quotation mark");
  }
  const given = `${text}`;
  const source = given.startsWith("\ufeff") ? given.slice(1) : given;
  const rows = [];
  let row = [];
  let at = 0;
  let line = 1;
  while (at < source.length) {
    let value = "";
    if (source[at] === '"') {
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
    // A line without anything is no row.
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push(row);
  if (!header) return rows;
  const [names = [], ...records] = rows;
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
  const cell = (value) => {
    const text = value === null || value === undefined ? "" : typeof value === "object" ? jsonOf(value) : `${value}`;
    const quoted = text.includes('"') || text.includes(delimiter) || /[\r\n]/.test(text);
    return quoted ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return lines.map((values) => `${values.map(cell).join(delimiter)}\r\n`).join("");
}
