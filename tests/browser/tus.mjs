// Uploads a file as browsers do, with tus-js-client: node tus.mjs ENDPOINT TOKEN FILE
// In chunks; broken off and gone on with by another client; in three parts side by side; in POSTs alone; and one that is given up.
// Prints as JSON what came of each.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const [, , endpoint, token, path] = process.argv;
const require = createRequire(process.env.VEZA_TEST_NODE_MODULES + '/');
const tus = require('tus-js-client');
const file = readFileSync(path);
const headers = { Authorization: `Bearer ${token}` };
const metadata = { filename: 'tus.wav', title: 'By Tus', tags: 'night, city', visibility: 'private' };

// Resolves with what the uploader has told when it has succeeded, or when `watch` says that it has seen enough.
const run = (options, watch = () => false) =>
  new Promise((resolve, reject) => {
    const told = { accepted: [] };
    const upload = new tus.Upload(file, {
      endpoint, headers, metadata, chunkSize: 300_000, retryDelays: [100, 200, 500, 1000, 3000, 5000],
      onError: reject,
      onProgress: (sent) => (told.first_sent ??= sent),
      onChunkComplete: (size, accepted) => {
        told.accepted.push(accepted);
        if (watch(upload, told)) upload.abort().then(() => resolve({ ...told, url: upload.url, upload }), reject);
      },
      onSuccess: ({ lastResponse }) => resolve({ ...told, url: upload.url, track_id: lastResponse.getHeader('Veza-Track-Id') }),
      ...options,
    });
    upload.start();
  });

const whole = await run({});
const broken = await run({}, (upload, told) => told.accepted.length === 2);
const resumed = await run({ uploadUrl: broken.url });
const parallel = await run({ parallelUploads: 3 });
const posted = await run({ overridePatchMethod: true, uploadDataDuringCreation: true });
const doomed = await run({}, () => true);
await doomed.upload.abort(true);
const gone = await fetch(doomed.url, { method: 'HEAD', headers: { ...headers, 'Tus-Resumable': '1.0.0' } });

delete broken.upload;
console.log(JSON.stringify({ whole, broken, resumed, parallel, posted, gone: gone.status }));
