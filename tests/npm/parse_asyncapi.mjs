// Reads an AsyncAPI document as everybody else's tools do, and prints what it found as JSON.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const ERROR = 0;
const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
const errors = diagnostics.filter((found) => found.severity === ERROR);
console.log(
  JSON.stringify({
    errors: errors.map((found) => `${found.path.join("/")}: ${found.message}`),
    warnings: diagnostics.filter((found) => found.severity === 1).map((found) => found.message),
    version: document?.version(),
    received: document?.operations().filterByReceive().map((operation) => operation.id()) ?? [],
    sent: document?.operations().filterBySend().map((operation) => operation.id()) ?? [],
    replied: document?.operations().filterByReceive().filter((operation) => operation.reply()).length ?? 0,
    addresses: [...new Set(document?.channels().map((channel) => channel.address()) ?? [])],
  }),
);
