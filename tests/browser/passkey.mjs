// Holds the passkey ceremonies in a real browser with its virtual authenticator: node passkey.mjs ORIGIN OTHER_ORIGIN EMAIL PASSWORD EMAIL2
// The pages are blank and of the origins given; the server answers under ORIGIN. Prints each step's outcome as JSON.
import { createRequire } from 'node:module';

const [, , origin, otherOrigin, email, password, otherEmail] = process.argv;
const require = createRequire(process.env.VEZA_TEST_NODE_MODULES + '/');
const { chromium } = require('playwright-core');
const api = origin + '/api/v1/auth';

const call = async (method, path, body, token) => {
  const reply = await fetch(api + path, {
    method,
    headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const json = await reply.json();
  return { status: reply.status, code: json.error_code ?? null, message: json.message, data: json.data };
};
const brief = ({ status, code }) => ({ status, code });
const login = async (who) => (await call('POST', '/login', { email: who, password })).data;

const browser = await chromium.launch({
  executablePath: process.env.VEZA_TEST_BROWSER,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});

/** A blank page of an origin with a device of its own, on which the person is recognised. */
const open = async (pageOrigin) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.route(pageOrigin + '/blank', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Veza</title>' }));
  await page.goto(pageOrigin + '/blank');
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable', { enableUI: false });
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return {
    cdp, authenticatorId,
    create: (options) => page.evaluate(async (o) => (await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(o) })).toJSON(), options),
    get: (options) => page.evaluate(async (o) => (await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(o) })).toJSON(), options),
    credentials: async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    add: (credential) => cdp.send('WebAuthn.addCredential', { authenticatorId, credential }),
    remove: (credentialId) => cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId }),
  };
};
const registrationOptions = async (token) => (await call('POST', '/passkeys/options', {}, token)).data.public_key;
const signInOptions = async () => (await call('POST', '/passkeys/login/options', {})).data.public_key;
const flip = (base64url) => base64url.slice(0, 10) + (base64url[10] === 'A' ? 'B' : 'A') + base64url.slice(11);

try {
  const outcome = {};
  const mira = await login(email);
  const device = await open(origin);

  // Register, and sign in without naming anybody.
  const registration = { name: 'Laptop', credential: await device.create(await registrationOptions(mira.access_token)) };
  outcome.registered = brief(await call('POST', '/passkeys', registration, mira.access_token));
  outcome.registered_again = brief(await call('POST', '/passkeys', registration, mira.access_token));
  const [stored] = await device.credentials();
  outcome.resident = stored.isResidentCredential;
  const excluded = await registrationOptions(mira.access_token);
  outcome.second_on_same_device = await device.create(excluded).then(() => 'made', (e) => e.message.match(/InvalidStateError|previously registered/) ? 'InvalidStateError' : e.message);
  const answer = await device.get(await signInOptions());
  const signedIn = await call('POST', '/passkeys/login', { credential: answer });
  outcome.signed_in = { ...brief(signedIn), user: signedIn.data?.user?.email };
  outcome.me = brief(await call('GET', '/me', undefined, signedIn.data?.access_token));

  // What a thief of the answer can do with it.
  outcome.replayed = brief(await call('POST', '/passkeys/login', { credential: answer }));
  const tamper = async (change) => {
    const fresh = await device.get(await signInOptions());
    change(fresh);
    return brief(await call('POST', '/passkeys/login', { credential: fresh }));
  };
  outcome.tampered_signature = await tamper((c) => { c.response.signature = flip(c.response.signature); });
  outcome.tampered_data = await tamper((c) => { c.response.authenticatorData = flip(c.response.authenticatorData); });
  outcome.tampered_client = await tamper((c) => {
    const text = Buffer.from(c.response.clientDataJSON, 'base64url').toString();
    c.response.clientDataJSON = Buffer.from(text.replace('}', ',"x":1}')).toString('base64url');
  });

  // An authenticator that was not asked to recognise the person.
  const unverified = { ...(await signInOptions()), userVerification: 'discouraged' };
  await device.cdp.send('WebAuthn.setUserVerified', { authenticatorId: device.authenticatorId, isUserVerified: false });
  outcome.unverified = await device.get(unverified).then(async (credential) => brief(await call('POST', '/passkeys/login', { credential })), (e) => ({ status: 0, code: e.message }));
  await device.cdp.send('WebAuthn.setUserVerified', { authenticatorId: device.authenticatorId, isUserVerified: true });

  // The same passkey on a page that is not ours, though its host is.
  const foreign = await open(otherOrigin);
  const [current] = await device.credentials();
  await foreign.add(current);
  outcome.wrong_origin = brief(await call('POST', '/passkeys/login', { credential: await foreign.get(await signInOptions()) }));
  outcome.registered_on_wrong_origin = brief(await call('POST', '/passkeys', { credential: await (await open(otherOrigin)).create(await registrationOptions(mira.access_token)) }, mira.access_token));

  // Another account's credential under this account's name.
  const davor = await login(otherEmail);
  const otherDevice = await open(origin);
  outcome.other_registered = brief(await call('POST', '/passkeys', { credential: await otherDevice.create(await registrationOptions(davor.access_token)) }, davor.access_token));
  const swapped = await otherDevice.get(await signInOptions());
  swapped.response.userHandle = answer.response.userHandle;
  outcome.other_user_handle = brief(await call('POST', '/passkeys/login', { credential: swapped }));
  const borrowed = await otherDevice.get(await signInOptions());
  borrowed.id = borrowed.rawId = answer.id;
  borrowed.response.userHandle = answer.response.userHandle;
  outcome.other_credential_id = brief(await call('POST', '/passkeys/login', { credential: borrowed }));
  const challengeOfDavor = await registrationOptions(davor.access_token);
  outcome.other_challenge = brief(await call('POST', '/passkeys', { credential: await (await open(origin)).create(challengeOfDavor) }, mira.access_token));

  // A copy of the authenticator from before: its count has fallen behind the original's.
  outcome.before_clone = brief(await call('POST', '/passkeys/login', { credential: await device.get(await signInOptions()) }));
  const [ahead] = await device.credentials();
  await device.remove(ahead.credentialId);
  await device.add({ ...ahead, signCount: stored.signCount });
  outcome.counts = { stored: stored.signCount, ahead: ahead.signCount };
  outcome.cloned = brief(await call('POST', '/passkeys/login', { credential: await device.get(await signInOptions()) }));

  // Forgotten.
  const list = (await call('GET', '/passkeys', undefined, mira.access_token)).data;
  outcome.list = list.map((p) => ({ name: p.name, algorithm: p.algorithm, transports: p.transports }));
  outcome.deleted = brief(await call('DELETE', `/passkeys/${list[0].id}`, undefined, mira.access_token));
  await device.remove(ahead.credentialId);
  await device.add({ ...ahead, signCount: ahead.signCount + 100 });
  outcome.after_deletion = brief(await call('POST', '/passkeys/login', { credential: await device.get(await signInOptions()) }));
  console.log(JSON.stringify(outcome));
} finally {
  await browser.close();
}
