// A room of Socket.IO with its Redis adapter, on one node or several. A message comes as it was sent.
import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import Redis from 'ioredis';
import { Server } from 'socket.io';

const [port, redis] = process.argv.slice(2);
const [host, redisPort] = redis.split(':');
const pub = new Redis({ host, port: Number(redisPort) });
const http = createServer((_, answer) => answer.end('ok'));
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false, adapter: createAdapter(pub, pub.duplicate()) });
io.on('connection', (socket) => {
  socket.on('join', () => {
    socket.join('room');
    socket.emit('joined');
  });
  socket.on('here', () => socket.emit('joined'));
  socket.on('msg', (message) => io.to('room').emit('msg', message));
});
http.listen(Number(port), '127.0.0.1', 4096);
