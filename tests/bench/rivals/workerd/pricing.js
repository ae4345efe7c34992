// The pricing function as a worker.

import { price } from "./price.js";

export default {
  async fetch(request) {
    try {
      return Response.json(price(await request.json()));
    } catch (error) {
      return Response.json({ error: error.message }, { status: 400 });
    }
  },
};
