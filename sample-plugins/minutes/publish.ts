import { Failure } from "lockgate";
import { call } from "lockgate/connectors";

/** What was decided, and where it is announced. */
interface Input {
  title: string;
  decisions: string[];
  /** Id of a channel of the tenant. */
  channel: string;
}

/** Make a document, append a line for each decision, and post the document's link. */
export default async function (input: Input): Promise<{ url: string; message: string }> {
  if (input.decisions.length === 0) throw new Failure("nothing_decided", "there is nothing to publish");
  const { documentId } = await call("create_document", { title: input.title });
  const text = input.decisions.map((decision, at) => `${at + 1}. ${decision}\n`).join("");
  await call("append_text", { document_id: documentId, text });
  const url = `https://docs.google.com/document/d/${documentId}/edit`;
  const sent = await call("announce", { channel: input.channel, text: `<${url}|${input.title}>` });
  return { url, message: sent.ts };
}
