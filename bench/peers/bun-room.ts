// uWebSockets as Bun carries it: its own publish to a topic, without compression. Whoever says J joins.
Bun.serve({
  port: Number(process.env.PORT), hostname: '127.0.0.1',
  fetch: (request, server) => server.upgrade(request) ? undefined : new Response('no', { status: 400 }),
  websocket: {
    perMessageDeflate: false, idleTimeout: 0,
    message(socket, text) { if (text === 'J') socket.subscribe('room'); else socket.publish('room', text) },
  },
})
