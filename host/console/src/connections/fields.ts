import { isObject, numberOf, type Json, type JsonObject } from '../api/json';

/** A value that a connection has, as the group defines it. */
export interface Field {
  type: 'text' | 'password' | 'number' | 'certificate' | 'select';
  title?: string;
  description?: string;
  required?: boolean;
  default?: Json;
  visible?: boolean;
  hidden?: boolean;
  disabled?: boolean;
  pattern?: string;
  options?: string[];
}

export type Fields = Record<string, Field>;

/** The values of a method: those of its type, or of its definition. */
export function methodFields(method: JsonObject): Fields {
  switch (method.type) {
    case 'basic':
      return { username: { type: 'text', title: 'User', required: true }, password: { type: 'password', title: 'Password', required: true } };
    case 'api_key':
      return { value: { type: 'password', title: 'API key', required: true } };
    case 'bearer':
      return {
        token: { type: 'password', title: 'Token', required: true },
        expires_in: { type: 'number', title: 'Lifetime', description: 'In seconds. Without it no end is known.' },
      };
    case 'oauth2':
      return grantFields(method.grant);
    default:
      return isObject(method.fields) ? (method.fields as unknown as Fields) : {};
  }
}

function grantFields(grant: Json | undefined): Fields {
  if (grant === 'refresh_token') return { refresh_token: { type: 'password', title: 'Refresh token', required: true } };
  if (grant !== 'jwt_bearer') return {};
  return {
    issuer: { type: 'text', title: 'Issuer', required: true },
    subject: { type: 'text', title: 'Subject' },
    private_key: { type: 'certificate', title: 'Private key', description: 'In PEM.', required: true },
    key_id: { type: 'text', title: 'Key id' },
  };
}

/** Whether a person agrees at the provider. */
export function needsPerson(method: JsonObject): boolean {
  return method.type === 'oauth2' && (method.grant === undefined || method.grant === 'authorization_code');
}

/** The values that are typed, in the types that the host takes; empty ones are left out. */
export function given(fields: Fields, typed: Record<string, string>): JsonObject {
  const values: JsonObject = {};
  for (const [name, field] of Object.entries(fields)) {
    const text = typed[name] ?? '';
    if (text === '' || field.hidden || field.disabled) continue;
    values[name] = field.type === 'number' && /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text.trim()) ? numberOf(text.trim()) : text;
  }
  return values;
}

/** The name of a method for people. */
export function methodTitle(name: string, method: JsonObject): string {
  switch (method.type) {
    case 'basic':
      return 'User and password';
    case 'api_key':
      return 'API key';
    case 'bearer':
      return 'Bearer token';
    case 'oauth2':
      return needsPerson(method) ? 'OAuth: log in at the provider' : `OAuth (${String(method.grant).replaceAll('_', ' ')})`;
    default:
      return name;
  }
}
