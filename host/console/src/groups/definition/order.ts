import { isObject, isRawNumber, type Json } from '../../api/json';

// The order in which people write the keys; what is not here comes behind it, as it was.
const FIRST = [
  'apiVersion', 'kind', 'slug', 'name', 'title', 'description', 'image_url', 'documentation_url', 'type', 'resource_type', 'enabled', 'tags', 'base_url',
  'activation', 'credentials', 'default', 'methods', 'fields', 'verify', 'grant', 'authorize_url', 'token_url', 'destinations', 'url', 'grpc', 'database',
  'credential', 'certificate_authorities', 'protos', 'settings', 'capabilities', 'limits', 'connectors', 'input_schema', 'output_schema',
];

/** A definition with its keys in the order in which people write them. What it says is the same. */
export function inOrder(value: Json): Json {
  if (Array.isArray(value)) return value.map(inOrder);
  if (isRawNumber(value) || !isObject(value)) return value;
  const entries = Object.entries(value).map(([key, member], index) => ({ key, member, place: FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length + index }));
  return Object.fromEntries(entries.sort((a, b) => a.place - b.place).map(({ key, member }) => [key, inOrder(member)]));
}
