// Plays a master playlist with hls.js in a real browser: node play.mjs MASTER_URL SECONDS
// Prints what happened as JSON. The page has an origin of its own, as a player on somebody's site would.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [, , masterUrl, seconds] = process.argv;
const require = createRequire(process.env.VEZA_TEST_NODE_MODULES + '/');
const { chromium } = require('playwright-core');
const hls = readFileSync(process.env.VEZA_TEST_NODE_MODULES + '/hls.js/dist/hls.min.js', 'utf8');

const site = createServer((request, response) => {
  const script = request.url === '/hls.js';
  response.setHeader('Content-Type', script ? 'text/javascript' : 'text/html');
  response.end(script ? hls : '<!doctype html><audio id="audio"></audio><script src="hls.js"></script>');
});
await new Promise((done) => site.listen(0, '127.0.0.1', done));

const browser = await chromium.launch({
  executablePath: process.env.VEZA_TEST_BROWSER,
  args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', '--mute-audio', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});
try {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${site.address().port}/`);
  const outcome = await page.evaluate(async ({ masterUrl, seconds }) => {
    const audio = document.getElementById('audio');
    const outcome = { played_s: 0, levels: [], loaded: [], errors: [] };
    const hls = new Hls({ startLevel: 0, autoStartLoad: true });
    hls.on(Hls.Events.ERROR, (_, e) => { if (e.fatal) outcome.errors.push(`${e.type} ${e.details}`); });
    hls.on(Hls.Events.FRAG_BUFFERED, (_, e) => outcome.loaded.push(e.frag.level));
    hls.attachMedia(audio);
    hls.loadSource(masterUrl);
    await new Promise((done) => {
      hls.on(Hls.Events.MANIFEST_PARSED, done);
      hls.on(Hls.Events.ERROR, (_, e) => { if (e.fatal) done(); });
    });
    if (outcome.errors.length > 0) return outcome;
    outcome.levels = hls.levels.map((l) => l.audioCodec);
    // Held to the first, then moved to the second: the switch is the listener's and not the network's.
    const [first, second] = hls.levels.map((level, index) => ({ index, codec: level.audioCodec, rate: level.bitrate }))
      .filter((level) => level.codec.startsWith('mp4a')).sort((a, b) => a.rate - b.rate);
    hls.currentLevel = outcome.first = first.index;
    await audio.play();
    const until = async (condition, limit_ms) => {
      const start = performance.now();
      while (!condition() && outcome.errors.length === 0 && performance.now() - start < limit_ms) await new Promise((r) => setTimeout(r, 100));
    };
    await until(() => audio.currentTime >= 3, 60000);
    hls.nextLevel = outcome.second = second.index;
    await until(() => audio.currentTime >= seconds, 60000);
    outcome.played_s = audio.currentTime;
    outcome.duration_s = audio.duration;
    outcome.decoded_bytes = audio.webkitAudioDecodedByteCount;
    return outcome;
  }, { masterUrl, seconds: Number(seconds) });
  console.log(JSON.stringify(outcome));
} finally {
  await browser.close();
  site.close();
}
