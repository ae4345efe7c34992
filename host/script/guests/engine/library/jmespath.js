// The module "lockgate/jmespath": queries of JSON by the specification of JMESPath (https://jmespath.org).

import { failed } from "lockgate:jmespath/errors";
import { call } from "lockgate:jmespath/functions";
import { tree } from "lockgate:jmespath/parser";
import { equal, Expression, isObject, order, typeOf } from "lockgate:jmespath/values";

/** What counts as no: null, false, and what is empty. */
const isTrue = (value) => value !== null && value !== false && value !== "" && !(typeof value === "object" && Object.keys(value).length === 0);

/** A member that the value itself has; what the language gives to every object is none. */
const member = (value, name) => (isObject(value) && Object.hasOwn(value, name) ? (value[name] ?? null) : null);

function slice(value, { start, stop, step = 1 }) {
  if (step === 0) throw failed("invalid-value", "the step of a slice is not 0");
  if (!Array.isArray(value)) return null;
  const { length } = value;
  // Behind the end, or before the first, as the step goes on from there.
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
  const bound = (given, otherwise) => (given === undefined ? otherwise : Math.min(Math.max(given < 0 ? given + length : given, low), high));
  const end = bound(stop, step > 0 ? high : low);
  const items = [];
  for (let at = bound(start, step > 0 ? low : high); step > 0 ? at < end : at > end; at += step) items.push(value[at]);
  return items;
}

/** The items that a projection works on; null: there is nothing to project. */
function items(node, value) {
  if (node.by === "values") return isObject(value) ? Object.values(value) : null;
  if (!Array.isArray(value)) return null;
  switch (node.by) {
    case "flatten":
      return value.flat();
    case "filter":
      return value.filter((item) => isTrue(evaluate(node.condition, item)));
    default:
      return value;
  }
}

function compare(sign, left, right) {
  switch (sign) {
    case "==":
      return equal(left, right);
    case "!=":
      return !equal(left, right);
    default: {
      // Only numbers have an order here.
      if (typeOf(left) !== "number" || typeOf(right) !== "number") return null;
      const difference = order(left, right);
      return { "<": difference < 0, "<=": difference <= 0, ">": difference > 0, ">=": difference >= 0 }[sign];
    }
  }
}

function evaluate(node, value) {
  switch (node.type) {
    case "current":
      return value;
    case "literal":
      return node.value;
    case "field":
      return member(value, node.name);
    case "index":
      return Array.isArray(value) ? (value.at(node.index) ?? null) : null;
    case "slice":
      return slice(value, node);
    case "chain": {
      let own = value;
      for (const step of node.steps) own = evaluate(step, own);
      return own;
    }
    case "project": {
      const all = items(node, evaluate(node.from, value));
      return all === null ? null : all.map((item) => evaluate(node.each, item)).filter((item) => item !== null);
    }
    case "list":
      return value === null ? null : node.items.map((item) => evaluate(item, value));
    case "object":
      return value === null ? null : Object.fromEntries(node.members.map(([name, own]) => [name, evaluate(own, value)]));
    case "or":
    case "and": {
      let own = null;
      for (const part of node.parts) {
        own = evaluate(part, value);
        if (isTrue(own) === (node.type === "or")) break;
      }
      return own;
    }
    case "not":
      return !isTrue(evaluate(node.part, value));
    case "compare":
      return compare(node.sign, evaluate(node.left, value), evaluate(node.right, value));
    case "call":
      return call(node.name, node.given.map((given) => evaluate(given, value)));
    case "expression":
      return new Expression((item) => evaluate(node.part, item));
  }
}

/** A function that applies an expression to data; for one that is used several times. */
export function compile(expression) {
  const own = tree(`${expression}`);
  return (data) => {
    const found = evaluate(own, data ?? null);
    return found instanceof Expression ? null : found;
  };
}

/** What an expression finds in data that JSON can hold; null where there is nothing. */
export const search = (expression, data) => compile(expression)(data);
