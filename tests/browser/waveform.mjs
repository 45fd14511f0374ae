// Draws a track's waveform with peaks.js in a real browser, once from each of its forms: node waveform.mjs TRACK_URL AUDIO_URL
// Prints what the library holds and whether its canvas is drawn on, as JSON. The page's own site fetches the waveform, as an application's server would.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [, , trackUrl, audioUrl] = process.argv;
const require = createRequire(process.env.VEZA_TEST_NODE_MODULES + '/');
const { chromium } = require('playwright-core');
const peaks = readFileSync(process.env.VEZA_TEST_NODE_MODULES + '/peaks.js/dist/peaks.js', 'utf8');
const page_html = '<!doctype html><div id="overview" style="width:800px;height:100px"></div><div id="zoomview" style="width:800px;height:100px"></div>'
  + '<audio id="audio"></audio><script src="peaks.js"></script>';

const site = createServer(async (request, response) => {
  if (request.url === '/peaks.js') return response.setHeader('Content-Type', 'text/javascript').end(peaks);
  if (!request.url.startsWith('/waveform')) return response.setHeader('Content-Type', 'text/html').end(page_html);
  const answer = await fetch(trackUrl + request.url.replace('waveform.json', 'waveform'));
  response.statusCode = answer.status;
  response.setHeader('Content-Type', answer.headers.get('Content-Type')).end(Buffer.from(await answer.arrayBuffer()));
});
await new Promise((done) => site.listen(0, '127.0.0.1', done));

const browser = await chromium.launch({
  executablePath: process.env.VEZA_TEST_BROWSER,
  args: ['--no-sandbox', '--mute-audio', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});
try {
  const outcome = {};
  for (const [form, uri] of [['json', '/waveform.json?samples_per_pixel=256'], ['arraybuffer', '/waveform.dat?samples_per_pixel=256']]) {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${site.address().port}/`);
    outcome[form] = await page.evaluate(async ({ form, uri, audioUrl }) => {
      const audio = document.getElementById('audio');
      audio.src = audioUrl;
      const drawn = await new Promise((done) => {
        window.peaks.init({
          overview: { container: document.getElementById('overview') },
          zoomview: { container: document.getElementById('zoomview') },
          zoomLevels: [256, 1024],
          mediaElement: audio,
          dataUri: { [form]: new URL(uri, location).href },
        }, (error, instance) => done(error ? { error: error.message } : { instance }));
      });
      if (drawn.error) return drawn;
      const data = drawn.instance.getWaveformData();
      // Drawing is a matter of the next frame.
      for (let frame = 0; frame < 10; frame++) await new Promise((next) => requestAnimationFrame(next));
      const inked = (id) => [...document.querySelectorAll(`#${id} canvas`)].reduce((sum, canvas) => {
        const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        return sum + pixels.filter((value, i) => i % 4 === 3 && value > 0).length;
      }, 0);
      return {
        samples_per_pixel: data.scale, sample_rate: data.sample_rate, length: data.length, duration_s: data.duration,
        min: data.channel(0).min_array(), max: data.channel(0).max_array(), overview_pixels: inked('overview'), zoomview_pixels: inked('zoomview'),
      };
    }, { form, uri, audioUrl });
    await page.close();
  }
  console.log(JSON.stringify(outcome));
} finally {
  await browser.close();
  site.close();
}
