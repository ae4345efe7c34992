// What the editor asks the host. Definitions, inputs and outputs go over the wire as they are spelled.
import { type Answer, type Method, type Options, segment, sendText } from '../../api/client';
import { Problem, type Violation } from '../../api/problem';
import { groupApi, originOf, type Scope } from '../../api/scope';
import { session } from '../../api/session.svelte';
import { parseJson } from '../../json/parse';
import { remove } from '../../json/path';
import { printJson } from '../../json/print';
import { fromPlain } from '../../json/plain';
import { type Json, type JsonObject, equal, isArray, isObject, member, textOf } from '../../json/value';

/** Sends JSON and reads JSON, with numbers as they are spelled. */
export async function exchange(method: Method, path: string, options: Options & { json?: Json } = {}): Promise<Answer<Json>> {
  const { json, ...rest } = options;
  const sent: Options = { ...rest };
  if (json !== undefined) {
    sent.bytes = new Blob([printJson(json, 0)]);
    sent.headers = { 'content-type': 'application/json', ...rest.headers };
  }
  const answer = await sendText(method, path, sent);
  if (answer.data === '') return { ...answer, data: null };
  const read = parseJson(answer.data, false);
  if ('mistakes' in read) throw new Problem(-1, { title: 'The answer of the host is not JSON.' });
  return { ...answer, data: read.value };
}

/** Violations of an answer, with pointers from the definition of the connector. */
export function violations(value: Json | undefined): Violation[] {
  if (!isArray(value)) return [];
  return value.map((one) => ({
    pointer: withoutPrefix(textOf(one, 'pointer') ?? ''),
    rule: textOf(one, 'rule') ?? '',
    detail: textOf(one, 'detail') ?? '',
  }));
}

/** Tests and checks name the connector in their pointers, saves do not. */
export function withoutPrefix(pointer: string): string {
  return pointer.startsWith('/connector/') || pointer === '/connector' ? pointer.slice('/connector'.length) : pointer;
}

/** What a definition may leave out, since its script says it. */
export const DERIVED = ['description', 'input_schema', 'output_schema'] as const;

/** What the host says of a definition. */
interface Checked {
  errors: Violation[];
  /** What a save puts into it. */
  derived: Json;
}

/** One connector of a group. */
export class ConnectorRoutes {
  readonly group: string;

  constructor(
    readonly scope: Scope,
    readonly ref: string,
  ) {
    this.group = groupApi(scope, ref);
  }

  one(name: string): string {
    return `${this.group}/connectors/${segment(name)}`;
  }

  async get(name: string): Promise<Answer<Json>> {
    return await exchange('GET', this.one(name));
  }

  /** Makes a connector, or saves its next version. */
  async save(name: string | null, definition: Json, query: Options['query'], match: string | null): Promise<Answer<Json>> {
    if (name === null) return await exchange('POST', `${this.group}/connectors`, { json: definition, query });
    return await exchange('PUT', this.one(name), { json: definition, query, match });
  }

  /** Deletes it with all its versions. */
  async remove(name: string, match: string | null): Promise<void> {
    await exchange('DELETE', this.one(name), { match });
  }

  /** What is wrong with a definition, and what a save puts into it. Nothing runs. */
  async check(definition: Json, signal?: AbortSignal): Promise<Checked> {
    const json = new Map<string, Json>([['group', this.ref], ['connector', definition]]);
    const answer = await exchange('POST', `${this.scope.api}/tests/check`, { json, ...(signal ? { signal } : {}) });
    return { errors: violations(member(answer.data, 'errors')), derived: member(answer.data, 'derived') ?? null };
  }

  /** A saved definition as its author wrote it: without what its script says, which a save has put into it. */
  async authored(definition: Json): Promise<Json> {
    if (textOf(definition, 'type') !== 'function' || originOf(this.ref) !== 'own' || !session.may('editor')) return definition;
    const bare = DERIVED.reduce((left, name) => remove(left, [name]), definition);
    try {
      const { derived } = await this.check(bare);
      const same = DERIVED.filter((name) => equal(member(definition, name), member(derived, name)));
      return same.reduce((left, name) => remove(left, [name]), definition);
    } catch {
      // It is shown as it is saved then.
      return definition;
    }
  }

  /** Runs a definition, or what is saved. */
  async run(subject: { definition: Json } | { name: string }, body: ReadonlyMap<string, Json>, headers: Record<string, string>, signal: AbortSignal): Promise<Json> {
    if ('name' in subject) {
      return (await exchange('POST', `${this.one(subject.name)}/test`, { json: body, headers, signal })).data;
    }
    const json = new Map<string, Json>([['group', this.ref], ['connector', subject.definition], ...body]);
    return (await exchange('POST', `${this.scope.api}/tests/run`, { json, headers, signal })).data;
  }

  /** Asks something about databases or gRPC servers of the group. */
  async ask(what: string, body: Record<string, unknown> | JsonObject, connection: Json | null, signal?: AbortSignal): Promise<Json> {
    const json = new Map<string, Json>(isObject(body as Json) ? (body as JsonObject) : (fromPlain(body) as JsonObject));
    if (connection !== null) json.set('connection', connection);
    return (await exchange('POST', `${this.group}/${what}`, { json, ...(signal ? { signal } : {}) })).data;
  }
}

/** The definition of a connector's answer; null of a compiled one. */
export function definitionOf(answer: Json): Json | null {
  const own = member(answer, 'definition');
  return isObject(own) ? own : null;
}
