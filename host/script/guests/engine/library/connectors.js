// The module "lockgate/connectors": calls of the connectors that the group's `uses` names.

import { asked } from "lockgate";
import { exact } from "lockgate:exact";
import { parse } from "lockgate:json";

const host = globalThis.__lockgate;

/** Calls an entry of `uses` and gives its output; what it fails with is a `Failure` that can be caught. */
export async function call(connector, input = null) {
  const text = exact(input, "the input");
  if (text === undefined) throw new TypeError("call: the input has no JSON form");
  return parse(asked(() => host.callConnector(`${connector}`, text)));
}
