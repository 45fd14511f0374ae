// Reads a QR code off an SVG as a phone's camera would, on a dark page: node qr.mjs SVG
// Prints what it says as JSON.
import { createRequire } from 'node:module';

const [, , svg] = process.argv;
const require = createRequire(process.env.VEZA_TEST_NODE_MODULES + '/');
const { chromium } = require('playwright-core');

const browser = await chromium.launch({
  executablePath: process.env.VEZA_TEST_BROWSER,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});
try {
  const page = await browser.newPage();
  await page.addScriptTag({ path: process.env.VEZA_TEST_NODE_MODULES + '/jsqr/dist/jsQR.js' });
  const read = await page.evaluate(async (svg) => {
    const image = new Image();
    image.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(svg);
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 400;
    const context = canvas.getContext('2d');
    context.fillStyle = '#111';
    context.fillRect(0, 0, 400, 400);
    context.drawImage(image, 20, 20, 360, 360);
    const pixels = context.getImageData(0, 0, 400, 400);
    return jsQR(pixels.data, 400, 400)?.data ?? null;
  }, svg);
  console.log(JSON.stringify({ text: read }));
} finally {
  await browser.close();
}
