// A connector in JavaScript that calls out: with `fetch`, which is `wasi:http` below, and with the published interface.

import { poll } from "wasi:io/poll@0.2.0";
import { Request, start } from "lockgate:http/client@0.1.0";

const any = true;
const connector = (name, description) => ({ name, description, input_schema: any, output_schema: any });

const connectors = {
  // One request: `{url, method, headers, body}`.
  async request({ url, ...options }) {
    const reply = await fetch(url, options);
    return { status: reply.status, headers: Object.fromEntries(reply.headers), body: await reply.text() };
  },

  // Several, one after the other.
  async series({ urls }) {
    const replies = [];
    for (const url of urls) replies.push(await connectors.request({ url }));
    return replies;
  },

  // The first of several, by promises.
  async race({ urls }) {
    const reply = await Promise.race(urls.map((url) => fetch(url)));
    return { status: reply.status, body: await reply.text() };
  },

  // The same with the pollables of the contract.
  race_pollables({ urls }) {
    const pending = urls.map((url) => start(new Request("GET", url)));
    const [first] = poll(pending.map((one) => one.subscribe()));
    const reply = pending[first].get();
    return { status: reply.status(), body: new TextDecoder().decode(reply.body().readAll()) };
  },

  // A body that is written and one that is read in pieces.
  async stream({ url, pieces }) {
    const reply = await fetch(url, { method: "POST", body: "x".repeat(1000 * pieces) });
    const reader = reply.body.getReader();
    let bytes = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) bytes += part.value.length;
    return { status: reply.status, bytes };
  },
};

export const handler = {
  describe() {
    return JSON.stringify({
      name: "fetch",
      version: "1.0.0",
      capabilities: ["http"],
      connectors: Object.keys(connectors).map((name) => connector(name, `Calls out: ${name}`)),
    });
  },

  async invoke(name, input) {
    try {
      return JSON.stringify(await connectors[name](JSON.parse(input)));
    } catch (error) {
      // What the host refuses is a failure already.
      if (error.payload?.code) throw error.payload;
      throw { code: "failed", message: String(error), retryable: false };
    }
  },
};
