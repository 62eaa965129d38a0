// Socket.IO 4 with its Redis adapter; events from elsewhere come by its Redis emitter.
const { createServer } = require('node:http');
const { Server } = require('socket.io');
const { createAdapter } = require('@socket.io/redis-adapter');
const { Emitter } = require('@socket.io/redis-emitter');
const { Redis } = require('ioredis');
const { take, topicOf, eventOf } = require('./take.js');

const publisher = new Redis({ path: process.env.REDIS_SOCKET });
const emitter = new Emitter(new Redis({ path: process.env.REDIS_SOCKET }));
const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  perMessageDeflate: false,
  serveClient: false,
  adapter: createAdapter(publisher, publisher.duplicate()),
});

io.on('connection', (socket) => {
  socket.on('sub', (topics, done) => {
    socket.join(topics);
    done('subscribed');
  });
  socket.on('emit', (topic, event, done) => {
    emitter.to(topic).emit('event', event);
    done('emitted');
  });
  socket.on('take', async (queue, sentAt, done) => {
    try {
      const number = await take(queue);
      io.to(topicOf(queue)).emit('event', eventOf(queue, number, sentAt));
      done('taken', number);
    } catch (error) {
      done('failed', String(error));
    }
  });
});

http.listen({ host: '127.0.0.1', port: Number(process.env.PORT), backlog: 4096 });
