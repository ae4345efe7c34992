// The types of connectors, and a definition of each to begin with.
import published from '../../../../../wit/group.schema.json';
import { fromPlain } from '../../json/plain';
import { type Json, isArray, member, textOf } from '../../json/value';

/** The published schema of a group's file, whose definitions are those that the host reads. */
export const PUBLISHED: Json = fromPlain(published);

export const KINDS = ['http', 'grpc', 'database', 'function'] as const;
export type ConnectorKind = (typeof KINDS)[number];

export function kindOf(definition: Json): ConnectorKind | null {
  const type = textOf(definition, 'type');
  return KINDS.find((kind) => kind === type) ?? null;
}

/** The limits that a definition may set; none says that it may set all. A script has those of guests too, around a request as well. */
export function limitsOf(kind: ConnectorKind | null, scripted: boolean): string[] | null {
  if (scripted) return null;
  const types = member(member(member(PUBLISHED, '$defs'), 'ConnectorDefinition'), 'oneOf');
  const own = (isArray(types) ? types : []).find((one) => member(member(member(one, 'properties'), 'type'), 'const') === kind);
  const apart = member(own, 'anyOf');
  const lists = [own, ...(isArray(apart) ? apart : [])].map((one) => member(member(member(member(one, 'properties'), 'limits'), 'propertyNames'), 'enum'));
  const names = lists.find(isArray);
  return isArray(names) ? names.filter((name): name is string => typeof name === 'string') : null;
}

interface Described {
  title: string;
  text: string;
  /** The capability or destination that its group needs. */
  needs: string;
}

export const DESCRIBED: Record<ConnectorKind, Described> = {
  http: {
    title: 'HTTP request',
    text: 'One request, made of the input by placeholders, and parts of its answer. No code.',
    needs: 'Needs a base URL or a destination in the group.',
  },
  grpc: {
    title: 'gRPC method',
    text: 'One call of a method that you pick from the server or from .proto files. Schemas come by themselves.',
    needs: 'Needs a gRPC destination in the group, and descriptors.',
  },
  database: {
    title: 'Database statement',
    text: 'One statement with bound parameters. Columns and parameters come by themselves.',
    needs: 'Needs a database among the destinations of the group.',
  },
  function: {
    title: 'Script',
    text: 'A function in JavaScript or TypeScript, with fetch and SQL, in the sandbox.',
    needs: 'Needs the capability http in the group for fetch, and database for SQL.',
  },
};

/** The definition that a new connector begins with. */
export function template(kind: ConnectorKind, name: string): Json {
  const head = { name, type: kind };
  switch (kind) {
    case 'http':
      return fromPlain({
        ...head,
        input_schema: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'], additionalProperties: false },
        output_schema: true,
        http: { method: 'GET', path: '/items/{{id}}' },
        hints: { read_only: true },
      });
    case 'grpc':
      return fromPlain({ ...head, grpc: { service: '', method: '' } });
    case 'database':
      return fromPlain({ ...head, database: { engine: 'postgresql', statement: 'SELECT 1 AS one' }, hints: { read_only: true } });
    case 'function':
      return fromPlain({
        ...head,
        // Its schemas follow from the types: one that is in the definition would win over them.
        script: {
          language: 'typescript',
          source: 'export default async function (input: { name: string }): Promise<{ text: string }> {\n  return { text: `Hello, ${input.name}!` };\n}\n',
        },
      });
  }
}
