// Reads an AsyncAPI document as its own tools do: node asyncapi.mjs URL
// Prints what they find wrong with it, and the addresses, operations and messages that they find in it, as JSON.
import { createRequire } from 'node:module';

const [, , url] = process.argv;
const require = createRequire(process.env.VEZA_TEST_NODE_MODULES + '/');
const { Parser } = require('@asyncapi/parser');

const { document, diagnostics } = await new Parser().parse(await (await fetch(url)).text());
console.log(JSON.stringify({
  faults: diagnostics.filter((d) => d.severity <= 1).map((d) => `${d.path.join('.')}: ${d.message}`),
  addresses: document?.channels().all().map((channel) => channel.address()) ?? [],
  operations: document?.operations().all().map((operation) => operation.id()) ?? [],
  messages: document?.messages().all().map((message) => message.name()) ?? [],
}));
