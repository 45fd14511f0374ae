// Answers of a provider that is broken, or that somebody has put himself in front of.
const OVERSIZED_BYTES = 300 * 1024;

export function misbehave(kind, response, address) {
  switch (kind) {
    case 'silent': return response.on('close', () => {});
    case 'dripping': {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 200);
      return response.on('close', () => clearInterval(drip));
    }
    case 'oversized': return send(response, 200, JSON.stringify({ access_token: 'x', token_type: 'Bearer', padding: 'x'.repeat(OVERSIZED_BYTES) }));
    case 'redirecting':
      response.writeHead(307, { Location: `${address}/trap` });
      return response.end();
    case 'html': return send(response, 200, '<!doctype html><title>Sign in to the hotel network</title>', 'text/html');
    case 'nested': return send(response, 200, '['.repeat(5000) + ']'.repeat(5000));
    case 'wrong_type': return send(response, 200, JSON.stringify([{ access_token: 7 }]));
    case 'failing': return send(response, 500, '{"error":"server_error"}');
    case 'cut':
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '500' });
      response.write('{"access_token":"');
      return setTimeout(() => response.destroy(), 20);
    default: throw new Error(`There is no fault ${kind}`);
  }
}

function send(response, status, body, type = 'application/json') {
  response.writeHead(status, { 'Content-Type': type });
  response.end(body);
}
