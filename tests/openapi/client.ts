// Calls of a client of openapi-fetch, whose types openapi-typescript made of the documents of both groups.
import createClient from "openapi-fetch";
import type { paths as Desk } from "./desk.js";
import type { paths as Shop } from "./shop.js";

declare const process: { env: Record<string, string> };

const options = { baseUrl: process.env.HOST, headers: { authorization: `Bearer ${process.env.TOKEN}` } };
const shop = createClient<Shop>(options);
const desk = createClient<Desk>(options);

const order = await shop.POST("/v1/workspaces/default/groups/shop/connectors/order_total/invoke", {
  params: { header: { "lockgate-deadline-ms": 20000, "lockgate-tenant": "ada" } },
  body: { input: { currency: "EUR", lines: [{ sku: "AB123", price: 2.5, quantity: 4, parts: [{ sku: "AB124", price: 0 }] }] } },
});
if (!order.data) throw new Error(JSON.stringify(order.error));
const kind: "total" = order.data.output.kind;
const total: number = order.data.output.total;
const note: string | null | undefined = order.data.output.note;

const wrong = await shop.POST("/v1/workspaces/default/groups/shop/connectors/order_total/invoke", {
  // @ts-expect-error: no such currency
  body: { input: { currency: "GBP", lines: [{ sku: "AB123", price: 1 }] } },
});
const code: string | undefined = wrong.error?.code;

const labels = await shop.POST("/v1/workspaces/default/groups/shop/connectors/labels/invoke", { body: { input: {} } });
const count: number | undefined = labels.data?.output;
const echo = await shop.POST("/v1/workspaces/default/groups/shop/connectors/anything/invoke", { body: { input: { b: [1, null] } } });

const fixed = await desk.POST("/v1/workspaces/default/groups/desk/connectors/ticket/invoke", {
  body: { input: { number: 7 }, connection: { fixed: "main" } },
});
const dynamic = await desk.POST("/v1/workspaces/default/groups/desk/connectors/ticket/invoke", {
  body: { input: { number: 8 }, connection: { dynamic: { tenant: "ada" } } },
});
// @ts-expect-error: a call needs a connection
const none = await desk.POST("/v1/workspaces/default/groups/desk/connectors/ticket/invoke", { body: { input: { number: 9 } } });

console.log(JSON.stringify({
  kind, total, note, code, count, echo: echo.data?.output,
  fixed: fixed.data?.output, dynamic: dynamic.data?.output, none: none.error?.code,
}));
