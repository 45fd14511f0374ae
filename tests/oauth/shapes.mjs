// GitHub and Discord as they answer in truth: their paths, their JSON, their ways to say no. Codes, PKCE and tokens are the OpenID provider's own.
import { json } from './wire.mjs';

const authorize = { '/github/login/oauth/authorize': 'github', '/discord/oauth2/authorize': 'discord' };

const gitHubErrors = {
  invalid_grant: ['bad_verification_code', 'The code passed is incorrect or expired.'],
  invalid_client: ['incorrect_client_credentials', 'The client_id and/or client_secret passed are incorrect.'],
};

async function gitHubToken({ request, response, form, state, redeem }) {
  const { body } = await redeem('github', form);
  const [error, error_description] = gitHubErrors[body.error] ?? [];
  const told = body.access_token
    ? { access_token: body.access_token, scope: 'user:email', token_type: 'bearer' }
    : { error, error_description, error_uri: 'https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/' };
  if (body.access_token) state.tokens.add(body.access_token);
  // Errors too come as 200, and without Accept everything comes as a form.
  if (request.headers.accept?.includes('application/json')) return json(response, told);
  response.writeHead(200, { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' });
  return response.end(new URLSearchParams(told).toString());
}

async function gitHubUser({ request, response, holder }, answer) {
  if (!request.headers['user-agent']) {
    response.writeHead(403, { 'Content-Type': 'text/plain' });
    return response.end('Request forbidden by administrative rules. Please make sure your request has a User-Agent header');
  }
  const who = await holder(request.headers.authorization);
  return who ? json(response, answer(who.github)) : json(response, { message: 'Bad credentials', documentation_url: 'https://docs.github.com/rest', status: '401' }, 401);
}

async function discordToken({ response, form, state, redeem }) {
  const { status, body } = await redeem('discord', form);
  if (!body.access_token) return json(response, body.error === 'invalid_grant' ? { error: 'invalid_grant', error_description: 'Invalid "code" in request.' } : { error: body.error }, status);
  const refresh_token = `discord-refresh-${body.access_token.slice(0, 12)}`;
  state.tokens.add(body.access_token).add(refresh_token);
  return json(response, { token_type: 'Bearer', access_token: body.access_token, expires_in: 604800, refresh_token, scope: 'identify email' });
}

async function discordUser({ request, response, holder }) {
  const who = await holder(request.headers.authorization);
  return who ? json(response, who.discord) : json(response, { message: '401: Unauthorized', code: 0 }, 401);
}

export const shapes = {
  endpoints: {
    '/github/login/oauth/access_token': 'github/token',
    '/github/api/v3/user': 'github/user',
    '/github/api/v3/user/emails': 'github/emails',
    '/discord/api/oauth2/token': 'discord/token',
    '/discord/api/users/@me': 'discord/user',
  },
  answers: {
    'github/token': gitHubToken,
    'github/user': (call) => gitHubUser(call, (gitHub) => gitHub.user),
    'github/emails': (call) => gitHubUser(call, (gitHub) => gitHub.emails),
    'discord/token': discordToken,
    'discord/user': discordUser,
  },
  /** Their pages of consent are the OpenID provider's; scopes are their own words, and they send no iss back. */
  rewrite(request, response) {
    const url = new URL(request.url, 'http://here');
    if (authorize[url.pathname]) {
      url.searchParams.set('scope', 'openid');
      request.url = `/auth?${url.searchParams}`;
    }
    const setHeader = response.setHeader.bind(response);
    response.setHeader = (name, value) => {
      if (name.toLowerCase() === 'location' && /\/oauth\/(github|discord)\/callback\?/.test(value)) {
        const back = new URL(value);
        back.searchParams.delete('iss');
        return setHeader(name, back.href);
      }
      return setHeader(name, value);
    };
    return undefined;
  },
};
