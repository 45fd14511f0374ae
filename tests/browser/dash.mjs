// Plays a DASH manifest with Shaka Player in a real browser: node dash.mjs MANIFEST_URL SEEK_TO_S
// Plays three seconds, seeks, and plays three more. Prints what happened as JSON.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [, , manifestUrl, seekTo] = process.argv;
const require = createRequire(process.env.VEZA_TEST_NODE_MODULES + '/');
const { chromium } = require('playwright-core');
const shaka = readFileSync(process.env.VEZA_TEST_NODE_MODULES + '/shaka-player/dist/shaka-player.compiled.js', 'utf8');

const site = createServer((request, response) => {
  const script = request.url === '/shaka.js';
  response.setHeader('Content-Type', script ? 'text/javascript' : 'text/html');
  response.end(script ? shaka : '<!doctype html><audio id="audio"></audio><script src="shaka.js"></script>');
});
await new Promise((done) => site.listen(0, '127.0.0.1', done));

const browser = await chromium.launch({
  executablePath: process.env.VEZA_TEST_BROWSER,
  args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', '--mute-audio', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});
try {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${site.address().port}/`);
  const outcome = await page.evaluate(async ({ manifestUrl, seekTo }) => {
    const audio = document.getElementById('audio');
    const outcome = { errors: [] };
    shaka.polyfill.installAll();
    const player = new shaka.Player();
    player.addEventListener('error', (e) => outcome.errors.push(`${e.detail.category} ${e.detail.code}`));
    try {
      await player.attach(audio);
      await player.load(manifestUrl);
      outcome.tracks = player.getVariantTracks().map((t) => t.audioCodec);
      outcome.duration_s = audio.duration;
      const until = async (condition) => {
        const start = performance.now();
        while (!condition() && outcome.errors.length === 0 && performance.now() - start < 60000) await new Promise((r) => setTimeout(r, 50));
      };
      await audio.play();
      await until(() => audio.currentTime >= 3);
      outcome.played_s = audio.currentTime;
      audio.currentTime = seekTo;
      await until(() => !audio.seeking && audio.currentTime >= seekTo + 3);
      outcome.after_seek_s = audio.currentTime;
      outcome.decoded_bytes = audio.webkitAudioDecodedByteCount;
    } catch (e) {
      outcome.errors.push(`${e.category ?? ''} ${e.code ?? e}`);
    }
    return outcome;
  }, { manifestUrl, seekTo: Number(seekTo) });
  console.log(JSON.stringify(outcome));
} finally {
  await browser.close();
  site.close();
}
