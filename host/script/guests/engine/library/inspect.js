// Values as text for people: what `console` writes.

const { stringify } = JSON;
const DEPTH = 4;
const ITEMS = 100;

/** A value as one line. Texts inside of others are quoted. */
export function inspect(value, depth = 0, seen = new Set()) {
  switch (typeof value) {
    case "string":
      return depth === 0 ? value : stringify(value);
    case "bigint":
      return `${value}n`;
    case "symbol":
      return String(value);
    case "function":
      return `[Function: ${value.name || "(anonymous)"}]`;
    case "object":
      break;
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
  if (value === null) return "null";
  if (seen.has(value)) return "[Circular]";
  if (value instanceof Error) return error(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof Promise) return "Promise {}";
  if (depth >= DEPTH) return Array.isArray(value) ? "[Array]" : "[Object]";
  seen.add(value);
  const text = members(value, depth + 1, seen);
  seen.delete(value);
  return text;
}

function error(value) {
  const head = `${value.name}: ${value.message}`;
  const cause = value.cause === undefined ? "" : ` (cause: ${inspect(value.cause, 1)})`;
  const stack = typeof value.stack === "string" ? value.stack.trimEnd() : "";
  return stack === "" ? head + cause : `${head}${cause}\n${stack}`;
}

function members(value, depth, seen) {
  const show = (item) => inspect(item, depth, seen);
  const list = (items, [open, close]) => {
    const shown = items.slice(0, ITEMS);
    if (items.length > ITEMS) shown.push(`… ${items.length - ITEMS} more`);
    return shown.length === 0 ? open + close : `${open} ${shown.join(", ")} ${close}`;
  };
  if (Array.isArray(value)) return list(value.slice(0, ITEMS + 1).map(show), "[]");
  if (ArrayBuffer.isView(value)) return `${value.constructor?.name ?? "View"}(${value.byteLength}) [${Array.from(new Uint8Array(value.buffer, value.byteOffset, Math.min(value.byteLength, 32))).join(", ")}${value.byteLength > 32 ? ", …" : ""}]`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${value.byteLength})`;
  if (value instanceof Map) {
    return `Map(${value.size}) ${list([...value].map(([key, item]) => `${show(key)} => ${show(item)}`), "{}")}`;
  }
  if (value instanceof Set) return `Set(${value.size}) ${list([...value].map(show), "{}")}`;
  const name = Object.getPrototypeOf(value)?.constructor?.name ?? "";
  const entries = Object.keys(value).map((key) => {
    const shown = /^[A-Za-z_$][\w$]*$/.test(key) ? key : stringify(key);
    return `${shown}: ${show(value[key])}`;
  });
  return (name === "Object" || name === "" ? "" : `${name} `) + list(entries, "{}");
}
