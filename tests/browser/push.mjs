// A push service and a gateway, and the devices behind them: node push.mjs PORT [GATEWAY_SECRET]. It ends with its standard input.
// POST /_control/subscribe makes a subscription; POST /_control/answers {id, answers: [{status, retry_after, location, hold}]} says how the next pushes to it are answered;
// POST /_control/release lets go those that are held. Each push is verified and decrypted as a browser and its service would do it, and printed as a line of JSON.
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { createECDH, createHmac, createPublicKey, randomBytes, timingSafeEqual, verify } from 'node:crypto';

const require = createRequire(process.env.VEZA_TEST_NODE_MODULES + '/');
const ece = require('http_ece');

const [port, secret = ''] = process.argv.slice(2);
const devices = new Map();
const answers = new Map();
const held = [];
const say = (line) => process.stdout.write(JSON.stringify(line) + '\n');
const part = (text) => JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));

const subscribe = () => {
  const id = randomBytes(9).toString('base64url');
  const ecdh = createECDH('prime256v1');
  const auth = randomBytes(16);
  devices.set(id, { ecdh, auth });
  return { id, endpoint: `http://127.0.0.1:${port}/push/${id}`, keys: { p256dh: ecdh.generateKeys('base64url'), auth: auth.toString('base64url') } };
};

// RFC 8292: the JWT of the Authorization header, by the key that stands beside it.
const vapid = (header) => {
  const [, token, key] = /^vapid t=([^,]+), k=(.+)$/.exec(header ?? '') ?? [];
  if (!token) return { fault: `no VAPID in '${header}'` };
  const [head, claims, signature] = token.split('.');
  const point = Buffer.from(key, 'base64url');
  const jwk = { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') };
  const sound = verify('sha256', Buffer.from(`${head}.${claims}`), { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
  return { signed: sound, key, ...part(head), ...part(claims) };
};

const push = (device, request, body) => ({
  vapid: vapid(request.headers.authorization),
  topic: request.headers.topic, ttl: Number(request.headers.ttl), urgency: request.headers.urgency, encoding: request.headers['content-encoding'], bytes: body.length,
  content: part(ece.decrypt(body, { version: 'aes128gcm', privateKey: device.ecdh, authSecret: device.auth.toString('base64url') }).toString('base64url')),
});

const gateway = (request, body) => {
  const [, time, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(request.headers['veza-signature'] ?? '') ?? [];
  const expected = createHmac('sha256', secret).update(`${time}.`).update(body).digest();
  const json = JSON.parse(body.toString('utf8'));
  return { signed: !!mac && timingSafeEqual(Buffer.from(mac, 'hex'), expected), time: Number(time), topic: json.topic, content: json.notification, body: json };
};

const control = (what, json) => {
  if (what === 'subscribe') return subscribe();
  if (what === 'answers') answers.set(json.id, json.answers);
  if (what === 'release') for (const go of held.splice(0)) go();
  return {};
};

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const [, what, id] = request.url.split('/');
  if (what === '_control') return response.end(JSON.stringify(control(id, body.length ? JSON.parse(body) : {})));
  const key = what === 'gateway' ? 'gateway' : id;
  const { status, retry_after, location, hold } = answers.get(key)?.shift() ?? { status: 201 };
  try {
    say({ device: key, status, ...(what === 'gateway' ? gateway(request, body) : push(devices.get(id), request, body)) });
  } catch (error) {
    say({ device: key, status, fault: error.message });
  }
  if (hold) await new Promise((go) => held.push(go));
  response.writeHead(status, { ...(retry_after === undefined ? {} : { 'Retry-After': String(retry_after) }), ...(location ? { Location: location } : {}) }).end();
}).listen(Number(port), '127.0.0.1', () => say({ listening: Number(port) }));
process.stdin.resume().on('end', () => process.exit(0));
