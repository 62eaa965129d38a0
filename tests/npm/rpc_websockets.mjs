// A stranger's client, unchanged: npm rpc-websockets. Talks to the gateway named in argv and prints what it saw as one
// line of JSON. argv: address, phone, counter id.
import { Client } from "rpc-websockets";

const [address, phone, counterId] = process.argv.slice(2);
const client = new Client(address, { reconnect: false });
const seen = { events: [] };

const heard = (name) => new Promise((resolve) => client.once(name, resolve));
const refusal = (promise) => promise.then(() => null, (error) => error);

client.on("error", (error) => {
  console.error(String(error.message ?? error));
  process.exit(1);
});
client.on("toy:counted", (params) => seen.events.push(params));

const welcome = heard("socket:welcome");
await heard("open");
seen.welcome = await welcome;

// Typed errors, as the library hands them on.
seen.unknown = await refusal(client.call("no.such"));
seen.unauthenticated = await refusal(client.call("toy.get", { counter_id: counterId }));
seen.positional = await refusal(client.call("toy.hello", ["world"]));
seen.reserved = await refusal(client.subscribe("toy:counted")); // its own "rpc.on" is not ours
seen.greeting = await client.call("toy.hello", { name: "npm" });

// Log in the way a person does.
await client.call("auth.otp_send", { phone });
let letters = [];
while (letters.length === 0) letters = await client.call("dev.mailbox", { to: phone });
const code = /\b\d{6}\b/.exec(letters[0].body)[0];
seen.account = (await client.call("auth.otp_verify", { phone, code })).account.id;

// A topic: snapshot, then events, also those caused by a notification (no answer).
seen.subscribed = await client.call("topic.subscribe", { topic: `toy:${counterId}` });
seen.added = await client.call("toy.add", { counter_id: counterId, by: 2, times: 2 });
seen.invalid = await refusal(client.call("toy.add", { counter_id: "nonsense" }));
const third = new Promise((resolve) => {
  client.on("toy:counted", (params) => params.offset === 3 && resolve());
});
await client.notify("toy.add", { counter_id: counterId });
await third;
seen.fetched = await client.call("toy.get", { counter_id: counterId });

const closed = heard("close");
client.close();
seen.closed = await closed;
console.log(JSON.stringify(seen));
