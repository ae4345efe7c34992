// A connector in JavaScript, made from the published contract alone.

import { callId } from "lockgate:connector/context@0.1.0";
import { write } from "lockgate:connector/log@0.1.0";
import { get } from "lockgate:connector/settings@0.1.0";

const greet = {
  name: "greet",
  description: "Greet a person, in words that a setting can change",
  input_schema: {
    type: "object",
    required: ["name"],
    properties: { name: { type: "string" } },
    additionalProperties: false,
  },
  output_schema: {
    type: "object",
    required: ["greeting", "call"],
    properties: { greeting: { type: "string" }, call: { type: "string" } },
  },
};

export const handler = {
  describe() {
    return JSON.stringify({ name: "javascript", version: "1.0.0", connectors: [greet] });
  },

  invoke(_connector, input) {
    const { name } = JSON.parse(input);
    if (name === "") {
      const details = JSON.stringify({ field: "name" });
      throw { code: "no_name", message: "a name has at least one letter", retryable: false, details };
    }
    write("info", "greeting", JSON.stringify({ name }));
    const word = JSON.parse(get("word") ?? '"Hello"');
    return JSON.stringify({ greeting: `${word}, ${name}!`, call: callId() });
  },
};
