// Watches a track with an EventSource, as a page does: node events.mjs URL TOKEN
// Prints what came until the end, and what a second visit with the last id is answered, as JSON.
import { createRequire } from 'node:module';

const [, , url, token] = process.argv;
const require = createRequire(process.env.VEZA_TEST_NODE_MODULES + '/');
const { EventSource } = require('eventsource');

const statuses = [];
const withToken = (input, init) =>
  fetch(input, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } }).then((answer) => {
    statuses.push(answer.status);
    return answer;
  });
const events = [];
const source = new EventSource(url, { fetch: withToken });
await new Promise((ended) => {
  for (const name of ['status', 'progress', 'end'])
    source.addEventListener(name, (event) => events.push({ name, id: event.lastEventId, data: JSON.parse(event.data) }));
  // It comes back by itself after the end, with the id it saw last, and is told with 204 to stay away.
  source.addEventListener('error', () => source.readyState === EventSource.CLOSED && ended());
});
console.log(JSON.stringify({ events, statuses }));
