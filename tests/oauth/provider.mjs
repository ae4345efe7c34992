// A provider of OAuth 2.0 and OpenID Connect (npm `oidc-provider`) for tests: refresh tokens rotate, and using one twice
// ends its grant. Beside it an API that takes its tokens, and controls for tests. It prints its address, and ends with its
// standard input.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [modules, redirectUri, publicKey] = process.argv.slice(2);
const from = createRequire(`${modules}/`);
const { Provider } = await import(pathToFileURL(from.resolve('oidc-provider')).href);
const jose = await import(pathToFileURL(from.resolve('jose')).href);

const counts = { requests: 0, answered: 0, refused: 0, revoked: 0, api: 0 };
let lifetime = 3600;
let hold = '';
let waiting = [];
// Access tokens of the past, and those that the API takes no more.
const issued = new Set();
let forgotten = new Set();
let takesNone = false;
// What assertions and clients that sign are checked by.
const key = publicKey && await jose.exportJWK(await jose.importSPKI(publicKey, 'RS256', { extractable: true }));

const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const own = (client_id, more) => ({
  client_id,
  client_secret: 'marker-client-secret-7f3a',
  application_type: 'native',
  redirect_uris: [redirectUri],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  token_endpoint_auth_method: 'client_secret_basic',
  ...more,
});
const machine = { redirect_uris: [], response_types: [] };
const provider = new Provider(issuer, {
  clients: [
    own('app'),
    own('post', { token_endpoint_auth_method: 'client_secret_post' }),
    ...(key ? [own('signed', {
      ...machine,
      client_secret: undefined,
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ ...key, kid: 'k1', use: 'sig', alg: 'RS256' }] },
    })] : []),
    own('assertions', { ...machine, grant_types: ['urn:ietf:params:oauth:grant-type:jwt-bearer'] }),
  ],
  cookies: { keys: ['a key for tests'] },
  features: { devInteractions: { enabled: true }, clientCredentials: { enabled: true } },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  issueRefreshToken: () => true,
  rotateRefreshToken: true,
  scopes: ['openid', 'offline_access', 'read'],
  pkce: { required: () => true },
  ttl: { AccessToken: () => lifetime, ClientCredentials: () => lifetime, RefreshToken: 86400, Grant: 86400, Session: 86400, Interaction: 3600 },
});
provider.on('grant.error', (_, error) => console.error(error.error_description, error.error_detail));
provider.on('server_error', (_, error) => console.error(error));
for (const kind of ['access_token', 'client_credentials']) provider.on(`${kind}.saved`, (token) => issued.add(token.jti));
provider.on('grant.revoked', () => { counts.revoked += 1; });

// RFC 7523: an assertion for a person, signed by a key that the provider knows.
provider.registerGrantType('urn:ietf:params:oauth:grant-type:jwt-bearer', async (ctx) => {
  const { payload } = await jose.jwtVerify(ctx.oidc.params.assertion, await jose.importJWK(key, 'RS256'), { audience: `${issuer}/token` })
    .catch((error) => { throw Object.assign(new Error(error.message), { name: 'InvalidGrant', error: 'invalid_grant', status: 400, statusCode: 400, expose: true }); });
  const token = new provider.ClientCredentials({ client: ctx.oidc.client, scope: 'read', extra: { sub: payload.sub } });
  ctx.body = { access_token: await token.save(), expires_in: lifetime, token_type: 'Bearer' };
}, ['assertion', 'scope']);

const answer = (res, status, value) => {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
};

const body = async (req) => {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

async function mint() {
  const client = await provider.Client.find('app');
  const grant = new provider.Grant({ accountId: 'ada', clientId: 'app' });
  grant.addOIDCScope('openid offline_access read');
  const grantId = await grant.save();
  const scope = 'openid offline_access read';
  const token = new provider.RefreshToken({ accountId: 'ada', client, grantId, scope, gty: 'authorization_code', expiresWithSession: false });
  return token.save();
}

async function api(req, res) {
  counts.api += 1;
  const value = (req.headers.authorization ?? '').replace(/^Bearer /, '');
  const found = await provider.AccessToken.find(value) ?? await provider.ClientCredentials.find(value);
  if (!found || found.isExpired || takesNone || forgotten.has(found.jti)) return answer(res, 401, { error: 'invalid_token' });
  return answer(res, 200, { account: found.accountId ?? found.clientId });
}

const controls = {
  '/control/counts': async () => ({ ...counts, waiting: waiting.length }),
  '/control/mint': async () => ({ refresh_token: await mint() }),
  '/control/lifetime': async (req) => { lifetime = Number(await body(req)); return {}; },
  // The API takes no token that was issued so far, or `none` at all.
  '/control/forget': async (req) => { takesNone = await body(req) === 'none'; forgotten = new Set(issued); return {}; },
  // `requests` are held before the provider sees them, `answers` once it has carried them out.
  '/control/hold': async (req) => { hold = await body(req); return {}; },
  '/control/release': async () => { hold = ''; for (const go of waiting.splice(0)) go(); return {}; },
};

const handle = provider.callback();
server.on('request', async (req, res) => {
  const path = new URL(req.url, issuer).pathname;
  if (controls[path]) return answer(res, 200, await controls[path](req));
  if (path.startsWith('/api')) return api(req, res);
  if (path === '/token') {
    counts.requests += 1;
    if (hold === 'requests') await new Promise((resolve) => waiting.push(resolve));
    const end = res.end.bind(res);
    res.end = (...rest) => {
      if (res.statusCode < 300) counts.answered += 1; else counts.refused += 1;
      if (hold !== 'answers') return end(...rest);
      waiting.push(() => end(...rest));
      return res;
    };
  }
  return handle(req, res);
});

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
console.log(issuer);
