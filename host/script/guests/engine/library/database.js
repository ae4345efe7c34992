// The module "lockgate/database": statements to the databases among the group's destinations.

import { lostOf } from "lockgate:exact";
import { inspect } from "lockgate:inspect";
import { checked, renamed } from "lockgate:options";
import { asked } from "lockgate";

const host = globalThis.__lockgate;

/** What the host calls each option. */
const NAMES = {
  database: "database",
  readOnly: "read_only",
  maxRows: "max_rows",
  connectTimeoutMs: "connect_timeout_ms",
  firstByteTimeoutMs: "first_byte_timeout_ms",
  totalTimeoutMs: "total_timeout_ms",
  isolation: "isolation",
};

const TYPES = {
  database: "string",
  readOnly: "boolean",
  maxRows: "number",
  connectTimeoutMs: "number",
  firstByteTimeoutMs: "number",
  totalTimeoutMs: "number",
  isolation: "string",
};

const optionsOf = (options) => renamed(checked(options, TYPES), NAMES);

function textOf(statement) {
  if (typeof statement !== "string") throw new TypeError(`a statement is a text here, found ${inspect(statement, 1)}`);
  return statement;
}

/** The values of a statement: a list for `$1`, or an object for `:name`. */
function valuesOf(values) {
  if (values === undefined || values === null) return [];
  const lost = typeof values === "object" ? lostOf(values) : inspect(values, 1);
  if (lost !== undefined) throw new TypeError(`values are a list for $1, or an object for :name, found ${lost}`);
  return values;
}

const run = (transaction, statement, values, options) => {
  return asked(() => host.query(transaction, textOf(statement), valuesOf(values), optionsOf(options)));
};

const change = (transaction, statement, values, options) => {
  return asked(() => host.execute(transaction, textOf(statement), valuesOf(values), optionsOf(options)));
};

/** All rows of a statement with `:name` or `$1` parameters. */
export async function query(statement, values, options) {
  return run(undefined, statement, values, options).rows;
}

/** How many rows a statement changed. */
export async function execute(statement, values, options) {
  return change(undefined, statement, values, options);
}

/** A statement of a template. It runs when it is awaited. */
class Statement {
  #transaction;
  #text;
  #values;
  #options;

  constructor(transaction, text, values, options) {
    this.#transaction = transaction;
    this.#text = text;
    this.#values = values;
    this.#options = options;
  }

  /** The pieces of its text, and its values, as a part of another one: that has options, and this can't. */
  static parts(statement) {
    if (optionsOf(statement.#options) !== undefined) throw new TypeError("sql: a part of a statement has no options: `with` belongs to the whole");
    return [statement.#text, statement.#values];
  }

  /** The same statement with options, such as `{ maxRows: 10 }`. */
  with(options) {
    return new Statement(this.#transaction, this.#text, this.#values, { ...this.#options, ...checked(options, TYPES) });
  }

  /** The whole answer: rows, columns, `changed` and `more`. */
  async answer() {
    return run(this.#transaction, numbered(this.#text), this.#values, this.#options);
  }

  /** All rows. */
  async rows() {
    return (await this.answer()).rows;
  }

  /** The one row that there is; none or several are an error. */
  async one() {
    const rows = await this.rows();
    if (rows.length !== 1) throw new RangeError(`expected one row, found ${rows.length}`);
    return rows[0];
  }

  /** The one row that there is, or undefined; several are an error. */
  async optional() {
    const rows = await this.rows();
    if (rows.length > 1) throw new RangeError(`expected one row or none, found ${rows.length}`);
    return rows[0];
  }

  /** How many rows it changed. */
  async execute() {
    return change(this.#transaction, numbered(this.#text), this.#values, this.#options);
  }

  // biome-ignore lint: a statement is awaited, which is what this is for
  then(resolve, reject) {
    return this.rows().then(resolve, reject);
  }
}

const { parts } = Statement;
delete Statement.parts;

/** What would go on with the number of a parameter, and make it another one. */
const goesOn = /^[\p{L}\p{N}_$]/u;

/** The text with `$1`, `$2`, … between its pieces. */
const numbered = (pieces) => pieces.reduce((text, piece, index) => `${text}$${index}${goesOn.test(piece) ? " " : ""}${piece}`);

function template(transaction) {
  return (strings, ...values) => {
    if (!Array.isArray(strings?.raw)) throw new TypeError("sql: write it as a template: sql`select …`");
    const pieces = [strings[0]];
    const bound = [];
    values.forEach((value, index) => {
      if (value instanceof Statement) {
        // A part of a statement: its text is the script's own, its values are bound too.
        const [inner, more] = parts(value);
        pieces[pieces.length - 1] += inner[0];
        pieces.push(...inner.slice(1));
        bound.push(...more);
        pieces[pieces.length - 1] += strings[index + 1];
      } else {
        bound.push(value);
        pieces.push(strings[index + 1]);
      }
    });
    return new Statement(transaction, pieces, bound, undefined);
  };
}

/** sql`select … where id = ${id}`: values are bound as parameters, never written into the text. */
export const sql = template(undefined);

/** Runs a function in a transaction: committed when it returns, rolled back when it throws. */
export async function transaction(work, options) {
  const number = asked(() => host.begin(optionsOf(options)));
  const own = {
    sql: template(number),
    query: async (statement, values, more) => run(number, statement, values, more).rows,
    execute: async (statement, values, more) => change(number, statement, values, more),
  };
  let result;
  try {
    result = await work(own);
  } catch (error) {
    try {
      asked(() => host.rollBack(number));
    } catch {
      // What failed first is what the caller must know.
    }
    throw error;
  }
  asked(() => host.commit(number));
  return result;
}
