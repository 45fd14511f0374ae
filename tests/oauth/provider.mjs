// The providers that people sign in with, on one port: oidc-provider as Google, and around the same machinery the endpoints and answers of GitHub and Discord.
// It prints its address, and ends when its standard input does. Under /_control/ a test registers the server, brings people, and makes answers late, false or forged.
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import * as crypto from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { forge } from './forgery.mjs';
import { shapes } from './shapes.mjs';
import { misbehave } from './faults.mjs';
import { json, text } from './wire.mjs';

if (!crypto.hash) {
  process.stderr.write(`oidc-provider needs Node 20.12 or later, and this is ${process.version}.\n`);
  process.exit(1);
}
const require = createRequire(process.env.VEZA_TEST_NODE_MODULES + '/');
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));
const newKey = (kid) => ({ kid, privateKey: crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey });
const state = { key: newKey('the-real-key'), people: new Map(), faults: new Map(), forgery: null, requests: [], tokens: new Set(), oidc: null, clients: {} };

const person = (accountId) => [...state.people.values()].find((p) => p.name === accountId || p.google?.sub === accountId);

function register(server) {
  const { public_url, secrets } = server;
  [state.server, state.clients] = [server, secrets];
  state.oidc = new Provider(address, {
    clients: Object.entries(secrets).map(([service, client_secret]) => ({
      client_id: `${service}-client`,
      client_secret,
      redirect_uris: [`${public_url}/api/v1/auth/oauth/${service}/callback`],
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['authorization_code'],
      response_types: ['code'],
    })),
    jwks: { keys: [{ ...state.key.privateKey.export({ format: 'jwk' }), kid: state.key.kid, alg: 'RS256', use: 'sig' }] },
    // As Google, whose ID token of the code flow holds the address.
    conformIdTokenClaims: false,
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'given_name', 'picture'] },
    findAccount: (_, id) => person(id) && { accountId: id, claims: () => ({ ...person(id).google, sub: id }) },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    cookies: { keys: ['the cookies of a test'] },
    ttl: { AccessToken: 3600, AuthorizationCode: 60, IdToken: 3600, Interaction: 600, Grant: 3600, Session: 3600 },
    // People consent by signing in.
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  });
}

async function interaction(request, response) {
  if (request.method !== 'POST') {
    response.setHeader('Content-Type', 'text/html');
    return response.end('<!doctype html><form method="post"><input name="login"><button>Sign in</button><button name="deny">Cancel</button></form>');
  }
  const form = new URLSearchParams(await text(request));
  const { params } = await state.oidc.interactionDetails(request, response);
  const who = state.people.get(form.get('login'));
  const accountId = params.client_id === 'google-client' ? who?.google.sub : who?.name;
  const result = form.has('error')
    ? { error: form.get('error'), error_description: form.get('error_description') ?? 'The resource owner denied the request' }
    : { login: { accountId } };
  return state.oidc.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

const control = {
  server: register,
  person: (p) => { state.people.set(p.name, p); },
  fault: ({ endpoint, kind }) => { if (kind) state.faults.set(endpoint, kind); else state.faults.delete(endpoint); },
  forgery: (f) => { state.forgery = f; },
  rotation: (kid) => { state.key = newKey(kid); register(state.server); },
  seen: () => ({ requests: state.requests, tokens: [...state.tokens] }),
};

/** The answer of the provider's own token endpoint, over HTTP. */
async function redeem(service, form) {
  const answer = await fetch(`${address}/token`, { method: 'POST', body: new URLSearchParams({ ...form, grant_type: 'authorization_code' }), headers: { 'X-Inner': service } });
  return { status: answer.status, body: await answer.json() };
}

/** Who holds the access token, as the provider's own userinfo endpoint says. */
async function holder(authorization) {
  const answer = await fetch(`${address}/me`, { headers: { authorization: authorization ?? '' } });
  return answer.ok ? person((await answer.json()).sub) : undefined;
}

const endpoints = { '/.well-known/openid-configuration': 'google/discovery', '/jwks': 'google/jwks', '/token': 'google/token', '/trap': 'trap', ...shapes.endpoints };

async function answer(request, response) {
  const path = request.url.split('?')[0];
  if (path.startsWith('/_control/')) return json(response, (await control[path.slice('/_control/'.length)](JSON.parse((await text(request)) || 'null'))) ?? {});
  if (path.startsWith('/interaction/')) return interaction(request, response);
  const endpoint = request.headers['x-inner'] ? undefined : endpoints[path];
  if (!endpoint) return shapes.rewrite(request, response) ?? state.oidc.callback()(request, response);

  const body = request.method === 'POST' ? await text(request) : '';
  state.requests.push({ endpoint, url: request.url, headers: request.headers, body: Object.fromEntries(new URLSearchParams(body)) });
  if (state.faults.has(endpoint)) return misbehave(state.faults.get(endpoint), response, address);
  if (shapes.answers[endpoint]) return shapes.answers[endpoint]({ request, response, form: Object.fromEntries(new URLSearchParams(body)), state, redeem, holder });
  if (endpoint === 'trap') return json(response, {});
  if (endpoint !== 'google/token') return state.oidc.callback()(request, response);

  const { status, body: tokens } = await redeem('google', Object.fromEntries(new URLSearchParams(body)));
  if (tokens.access_token) state.tokens.add(tokens.access_token);
  if (tokens.id_token && state.forgery) {
    tokens.id_token = forge(tokens.id_token, state.forgery, state.key.privateKey, state.clients.google);
    state.forgery = null;
  }
  return json(response, tokens, status);
}

const server = createServer((request, response) => {
  answer(request, response).catch?.((error) => {
    process.stderr.write(`${error.stack}\n`);
    if (!response.headersSent) response.writeHead(500);
    response.end();
  });
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const address = `http://127.0.0.1:${server.address().port}`;
process.stdout.write(`${address}\n`);
process.stdin.resume().on('end', () => process.exit(0));
