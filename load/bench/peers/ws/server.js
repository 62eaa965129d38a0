// Node `ws`: sockets in a set per topic, Redis pub/sub between servers.
const { WebSocketServer } = require('ws');
const { Redis } = require('ioredis');
const { take, topicOf, eventOf } = require('./take.js');

const publisher = new Redis({ path: process.env.REDIS_SOCKET });
const subscriber = new Redis({ path: process.env.REDIS_SOCKET });
const topics = new Map();

subscriber.on('message', (topic, text) => {
  for (const socket of topics.get(topic) ?? []) socket.send(text);
});

async function subscribe(socket, names) {
  for (const name of names) {
    if (!topics.has(name)) {
      topics.set(name, new Set());
      await subscriber.subscribe(name);
    }
    topics.get(name).add(socket);
    socket.topics.push(name);
  }
  return { op: 'subscribed' };
}

async function answer(socket, asked) {
  if (asked.op === 'sub') return subscribe(socket, asked.topics);
  if (asked.op === 'emit') {
    await publisher.publish(asked.topic, JSON.stringify(asked.event));
    return { op: 'emitted' };
  }
  const number = await take(asked.queue);
  publisher.publish(topicOf(asked.queue), JSON.stringify(eventOf(asked.queue, number, asked.sent_at)));
  return { op: 'taken', number };
}

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.env.PORT), backlog: 4096, perMessageDeflate: false });

server.on('connection', (socket) => {
  socket.topics = [];
  socket.on('error', () => socket.terminate());
  socket.on('close', () => socket.topics.forEach((name) => topics.get(name).delete(socket)));
  socket.on('message', async (data) => {
    try {
      socket.send(JSON.stringify(await answer(socket, JSON.parse(data))));
    } catch (error) {
      socket.send(JSON.stringify({ op: 'failed', why: String(error) }));
    }
  });
});
