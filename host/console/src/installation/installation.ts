import type { JsonObject } from '../api/json';

/** What a scope sets for a group, as the host answers. */
export interface Installation {
  enabled: boolean | null;
  limits: JsonObject;
  values: JsonObject;
  oauth: Record<string, OAuthClient>;
  return_urls: string[] | null;
  in_force: { enabled: boolean | null; limits: JsonObject; values: JsonObject; oauth: Record<string, OAuthClient>; return_urls: string[] | null };
  callback_url: string | null;
  version: number;
}

export interface OAuthClient {
  client_id?: string | null;
  client_secret?: string | null;
  scopes?: string[] | null;
  key_id?: string | null;
}

/** The settings that can be sent back: what an answer adds is left out. */
export function settingsOf(installation: Installation): JsonObject {
  const { enabled, limits, values, oauth, return_urls } = installation;
  return { enabled, limits: { ...limits }, values: { ...values }, oauth: structuredClone(oauth) as unknown as JsonObject, return_urls };
}
