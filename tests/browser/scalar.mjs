// Opens the API reference in a real browser: node scalar.mjs URL TAG=OPERATION...
// Prints its title, which of the operations it shows under their tags, and what went wrong, as JSON.
import { createRequire } from 'node:module';

const [, , url, ...operations] = process.argv;
const require = createRequire(process.env.VEZA_TEST_NODE_MODULES + '/');
const { chromium } = require('playwright-core');

const browser = await chromium.launch({
  executablePath: process.env.VEZA_TEST_BROWSER,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});
try {
  const page = await browser.newPage();
  const outcome = { title: '', shown: [], errors: [] };
  const own = new URL(url).origin;
  page.on('pageerror', (e) => outcome.errors.push(e.message));
  page.on('response', (r) => { if (r.url().startsWith(own) && r.status() >= 400 && !r.url().endsWith('favicon.ico')) outcome.errors.push(`${r.status()} ${r.url()}`); });
  await page.goto(url);
  await page.getByRole('heading', { name: 'Veza' }).first().waitFor({ timeout: 60000 });
  outcome.title = await page.title();
  for (const [tag, summary] of operations.map((o) => o.split('='))) {
    // Groups are closed but for the first; a click opens one.
    const group = page.getByRole('button', { name: `Open Group - ${tag}` }).first();
    if (await group.count()) await group.click();
    await page.getByText(summary).first().waitFor({ timeout: 60000 });
    outcome.shown.push(summary);
  }
  console.log(JSON.stringify(outcome));
} finally {
  await browser.close();
}
