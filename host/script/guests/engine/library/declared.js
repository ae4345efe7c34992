// The request of an `http` connector, as the function `request` gets it and gives it.

import { peek } from "lockgate:body";
import { Request } from "lockgate:fetch";
import { Headers } from "lockgate:headers";
import { inspect } from "lockgate:inspect";

const { toBase64 } = globalThis.__lockgate;

/** What the host made of the definition, with headers that can be changed. */
export function declared({ method, url, headers, body }) {
  return { method, url, headers: new Headers(headers), body: body ?? undefined };
}

/** What the host sends: bodies of every kind are bytes, and every rule of `fetch` applies. */
export function changed(made) {
  const request = made instanceof Request ? made : requestOf(made);
  const bytes = peek(request);
  return {
    method: request.method,
    url: request.url,
    headers: [...request.headers],
    body: bytes === null ? null : toBase64(bytes),
  };
}

function requestOf(made) {
  if (typeof made !== "object" || made === null || !(typeof made.url === "string" || made.url instanceof URL)) {
    throw new TypeError(`\`request\` gave ${inspect(made, 1)}: expected the request, as in \`return request\``);
  }
  const { method, url, headers, body } = made;
  return new Request(url, { method, headers, body });
}
