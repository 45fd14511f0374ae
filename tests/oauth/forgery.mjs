// Changes an ID token as somebody would who wants to be taken for another: { alg, header, claims, key }.
import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });

export function forge(idToken, forgery, realKey, clientSecret) {
  if (forgery.text !== undefined) return forgery.text;
  const [header, claims] = idToken.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
  const { alg = 'RS256' } = forgery;
  const head = { ...header, alg, ...forgery.header };
  if (forgery.embed_key) head.jwk = foreign.publicKey.export({ format: 'jwk' });
  for (const [name, value] of Object.entries(forgery.claims ?? {})) {
    if (value === null) delete claims[name];
    else claims[name] = value;
  }
  // expires_in_s and the like are told relative to now, as the test does not know the time here.
  for (const [name, offset] of Object.entries(forgery.times ?? {})) claims[name] = Math.floor(Date.now() / 1000) + offset;
  const signed = `${encode(head)}.${encode(forgery.twice ? JSON.stringify(claims).replace('{', `{"sub":"${forgery.twice}",`) : claims)}`;
  return `${signed}.${signature(signed, alg, forgery.key ?? 'real', realKey, clientSecret)}`;
}

function signature(text, alg, key, realKey, clientSecret) {
  if (alg.toLowerCase() === 'none') return '';
  if (alg === 'HS256') {
    const secret = key === 'public' ? createPublicKey(realKey).export({ type: 'spki', format: 'pem' }) : clientSecret;
    return createHmac('sha256', secret).update(text).digest('base64url');
  }
  return sign('sha256', Buffer.from(text), key === 'foreign' ? foreign.privateKey : realKey).toString('base64url');
}
