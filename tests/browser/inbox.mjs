// A mail server that keeps what it is sent: node inbox.mjs PORT [USER PASSWORD] [--tls CERTIFICATE KEY]
// Prints a line of JSON when it listens and one for each letter. It ends with its standard input.
// How it behaves is in the recipient's name: refused... gets 550, later... gets 451 the first time, stalled... gets no answer the first time.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(process.env.VEZA_TEST_NODE_MODULES + '/');
const { SMTPServer } = require('smtp-server');
const { simpleParser } = require('mailparser');

const words = process.argv.slice(2);
const at = words.indexOf('--tls');
const tls = at < 0 ? {} : { secure: true, cert: readFileSync(words[at + 1]), key: readFileSync(words[at + 2]) };
const [port, user, password] = at < 0 ? words : words.slice(0, at);
const met = new Set();
const say = (line) => process.stdout.write(JSON.stringify(line) + '\n');
const answer = (responseCode, text) => Object.assign(new Error(text), { responseCode });
const isFirst = (address) => !met.has(address) && met.add(address);

const server = new SMTPServer({
  ...tls,
  authOptional: user === undefined,
  allowInsecureAuth: true,
  disabledCommands: user === undefined ? ['AUTH', 'STARTTLS'] : ['STARTTLS'],
  disableReverseLookup: true,
  onAuth: (given, session, done) =>
    given.username === user && given.password === password ? done(null, { user }) : done(answer(535, 'Wrong user or password')),
  onRcptTo: ({ address }, session, done) => {
    if (address.startsWith('refused')) return done(answer(550, `5.1.1 <${address}>: no such mailbox`));
    if (address.startsWith('later') && isFirst(address)) return done(answer(451, `4.7.1 <${address}>: try again later`));
    return done();
  },
  onData: async (stream, session, done) => {
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const raw = Buffer.concat(chunks).toString('utf8');
    const letter = await simpleParser(raw);
    const recipients = session.envelope.rcptTo.map((to) => to.address);
    say({
      recipients, from: letter.from.value[0].address, to: letter.to.value.map((to) => to.address), cc: letter.cc?.text ?? '', bcc: letter.bcc?.text ?? '',
      subject: letter.subject, text: letter.text, html: letter.html, message_id: letter.messageId, tls: session.secure, user: session.user ?? '',
      headers: letter.headerLines.map((header) => header.line),
    });
    if (recipients.some((address) => address.startsWith('stalled') && isFirst(address))) return;
    done();
  },
});
server.on('error', (error) => process.stderr.write(`${error.message}\n`));
server.listen(Number(port), '127.0.0.1', () => say({ listening: Number(port) }));
process.stdin.resume().on('end', () => process.exit(0));
