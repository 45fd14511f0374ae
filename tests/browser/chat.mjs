// Two people on the chat page, each in a browser of their own: node chat.mjs ORIGIN NAME1 PASSWORD1 NAME2 PASSWORD2 ROOM
// They open and join a room, talk, and go on after the line was cut. Prints what each saw, as JSON.
import { createRequire } from 'node:module';

const [, , origin, firstName, firstPassword, secondName, secondPassword, room] = process.argv;
const require = createRequire(process.env.VEZA_TEST_NODE_MODULES + '/');
const { chromium } = require('playwright-core');

const browser = await chromium.launch({
  executablePath: process.env.VEZA_TEST_BROWSER,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});
const faults = [];
const enter = async (name, password) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.on('console', (line) => line.type() === 'error' && faults.push(line.text()));
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('dialog', (dialog) => dialog.accept(dialog.defaultValue() + ', mended'));
  await page.goto(origin + '/chat');
  await page.fill('[name=name]', name);
  await page.fill('[name=password]', password);
  await page.click('#door button');
  await page.waitForSelector('#house:not([hidden])');
  await page.waitForFunction(() => document.getElementById('state').textContent === 'Connected');
  return { context, page };
};
const say = async ({ page }, text) => { await page.fill('#say textarea', text); await page.press('#say textarea', 'Enter'); };
const sees = ({ page }, text) => page.waitForFunction((t) => document.getElementById('messages').textContent.includes(t), text);
const content = ({ page }) => page.$$eval('#messages .content', (lines) => lines.map((line) => line.textContent));

try {
  const first = await enter(firstName, firstPassword);
  const second = await enter(secondName, secondPassword);
  await first.page.fill('[name=room]', room);
  await first.page.click('#open-room button');
  await first.page.waitForSelector('#say:not([hidden])');
  await second.page.reload();
  await second.page.waitForSelector('#house:not([hidden])');
  await second.page.click(`#rooms button:has-text("${room}")`);
  await second.page.waitForSelector('#say:not([hidden])');

  const markup = '<img src=x onerror="document.title=\'owned\'"> <b>bold</b> 🎧';
  await say(first, markup);
  await sees(second, '🎧');
  await say(second, 'I hear you');
  await sees(first, 'I hear you');
  await second.page.type('#say textarea', 'thinking');
  await first.page.waitForFunction(() => document.getElementById('typing').textContent.endsWith(' is typing'));
  await second.page.fill('#say textarea', '');

  // Cut off, said, connected again: sent once and in its place.
  await second.context.setOffline(true);
  await second.page.evaluate(() => socket.close());
  await say(first, 'while you were away');
  await say(second, 'said into the void');
  await second.context.setOffline(false);
  await sees(second, 'while you were away');
  await sees(first, 'said into the void');
  await second.page.waitForFunction(() => !document.querySelector('#messages .waiting'));

  await second.page.click('#messages li:last-child button:has-text("edit")');
  await sees(first, 'said into the void, mended');
  await first.page.click('#messages li:first-child button:has-text("delete")');
  for (const { page } of [first, second]) await page.waitForFunction(() => !document.getElementById('messages').textContent.includes('🎧'));

  console.log(JSON.stringify({
    first: await content(first), second: await content(second), markup: await second.page.$$eval('#messages img, #messages b', (found) => found.length),
    titles: [await first.page.title(), await second.page.title()],
    faults: faults.filter((fault) => !/ERR_INTERNET_DISCONNECTED|WebSocket/.test(fault)),
  }));
} finally {
  await browser.close();
}
