// uWebSockets.js by an npm mirror package: its own topics, Redis pub/sub between servers.
const uWS = require('uwebsockets');
const { Redis } = require('ioredis');
const { take, topicOf, eventOf } = require('./take.js');

const publisher = new Redis({ path: process.env.REDIS_SOCKET });
const subscriber = new Redis({ path: process.env.REDIS_SOCKET });
const subscribed = new Set();
const app = uWS.App();

subscriber.on('message', (topic, text) => app.publish(topic, text, false));

async function subscribe(socket, names) {
  for (const name of names) {
    if (!subscribed.has(name)) {
      subscribed.add(name);
      await subscriber.subscribe(name);
    }
    if (!socket.getUserData().closed) socket.subscribe(name);
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

const decoder = new TextDecoder();

app.ws('/*', {
  compression: uWS.DISABLED,
  maxBackpressure: 1024 * 1024,
  upgrade: (res, req, context) => {
    res.upgrade(
      { closed: false },
      req.getHeader('sec-websocket-key'),
      req.getHeader('sec-websocket-protocol'),
      req.getHeader('sec-websocket-extensions'),
      context,
    );
  },
  message: async (socket, data) => {
    const asked = JSON.parse(decoder.decode(data)); // the buffer is gone after the first await
    const user = socket.getUserData();
    let reply;
    try {
      reply = await answer(socket, asked);
    } catch (error) {
      reply = { op: 'failed', why: String(error) };
    }
    if (!user.closed) socket.send(JSON.stringify(reply), false);
  },
  close: (socket) => {
    socket.getUserData().closed = true;
  },
}).listen('127.0.0.1', Number(process.env.PORT), (listening) => {
  if (!listening) process.exit(1);
});
