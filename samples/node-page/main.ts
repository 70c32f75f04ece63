// Resolves a name, fetches a page over TLS from a server of its own, and reads a time zone.
import { once } from "node:events";
import { lookup } from "node:dns/promises";
import { Agent, createServer, get } from "node:https";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import express from "express";
import { generate } from "selfsigned";

async function resolve() {
  const { address } = await lookup("localhost", { family: 4 });
  console.log("localhost is", address);
}

// page serves one page and fetches it, with a certificate that is made here.
async function page() {
  const app = express();
  app.get("/", (_, answer) => {
    answer.send("a page over TLS");
  });
  const pair = await generate([{ name: "commonName", value: "localhost" }]);
  const server = createServer({ key: pair.private, cert: pair.cert }, app);
  await once(server.listen(0, "127.0.0.1"), "listening");

  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ ca: pair.cert });
  const [answer]: IncomingMessage[] = await once(get({ host: "localhost", port, agent }), "response");
  console.log("got", await text(answer));
  server.close();
}

function noon() {
  const noon = new Date(Date.UTC(2020, 6, 1, 12));
  const time = noon.toLocaleTimeString("en-GB", { timeZone: "Europe/Paris", timeStyle: "short" });
  console.log("noon in UTC is", time, "in Paris");
}

async function main() {
  await resolve();
  await page();
  noon();
}

main();
