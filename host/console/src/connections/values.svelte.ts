import { isObject, type JsonObject } from '../api/json';
import type { Group } from '../api/types';
import { given, methodFields, needsPerson, type Fields } from './fields';

/** What is typed into the form of a connection. It is kept in memory alone: these are secrets. */
export class Values {
  fields = $state<Record<string, string>>({});
  methods = $state<Record<string, string>>({});
  credentials = $state<Record<string, Record<string, string>>>({});
  readonly activation: JsonObject;

  constructor(group: Group, methods: Record<string, string> = {}, fields: JsonObject = {}) {
    this.activation = isObject(group.activation) ? group.activation : {};
    for (const [name, credential] of this.names()) {
      const known = Object.keys(methodsOf(credential));
      const standard = typeof credential.default === 'string' ? credential.default : known[0];
      this.methods[name] = methods[name] ?? standard ?? '';
      this.credentials[name] = {};
    }
    for (const [name, field] of Object.entries(this.fieldsOf())) {
      const before = fields[name];
      this.fields[name] = field.visible && before !== undefined && before !== null ? String(before) : '';
    }
  }

  /** The credentials by their names. */
  names(): Array<[string, JsonObject]> {
    const { credentials } = this.activation;
    return isObject(credentials) ? (Object.entries(credentials) as Array<[string, JsonObject]>) : [];
  }

  fieldsOf(): Fields {
    return isObject(this.activation.fields) ? (this.activation.fields as unknown as Fields) : {};
  }

  method(credential: JsonObject, name: string): JsonObject {
    const method = methodsOf(credential)[this.methods[name] ?? ''];
    return isObject(method) ? method : {};
  }

  /** Whether a person agrees at a provider for one of the credentials. */
  get needsPerson(): boolean {
    return this.names().some(([name, credential]) => needsPerson(this.method(credential, name)));
  }

  get typed(): boolean {
    const texts = [...Object.values(this.fields), ...Object.values(this.credentials).flatMap((values) => Object.values(values))];
    return texts.some((text) => text !== '');
  }

  /** What is sent. */
  body(): JsonObject {
    const credentials: JsonObject = {};
    for (const [name, credential] of this.names()) {
      const values = given(methodFields(this.method(credential, name)), this.credentials[name] ?? {});
      credentials[name] = { method: this.methods[name] ?? '', values };
    }
    return { fields: given(this.fieldsOf(), this.fields), credentials };
  }

  /** Forgets the secrets. */
  clear(): void {
    for (const name of Object.keys(this.credentials)) this.credentials[name] = {};
    for (const name of Object.keys(this.fields)) this.fields[name] = '';
  }
}

export function methodsOf(credential: JsonObject): JsonObject {
  return isObject(credential.methods) ? credential.methods : {};
}
