"use strict";
// Runs the unmodified whatsapp-web.js against whatever answers as web.whatsapp.com, and tells its
// events on standard output as one JSON object a line. Orders come in the same way:
// {"send": {"to": "…@c.us", "text": "…"}}, {"logout": true}, {"close": true}.
const readline = require("node:readline");
const { Client, LocalAuth } = require("whatsapp-web.js");

const { browser, headless, port, profiles, root } = JSON.parse(process.argv[2]);
const tell = (event, facts = {}) => process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);

const client = new Client({
  authStrategy: new LocalAuth({ dataPath: profiles }),
  webVersionCache: { type: "none" },
  userAgent: false,
  puppeteer: {
    executablePath: browser,
    headless,
    args: [
      // The client's address is fixed. It leads to the stand-in, and every other name to nowhere.
      `--host-resolver-rules=MAP web.whatsapp.com 127.0.0.1:${port}, MAP * ~NOTFOUND`,
      "--ignore-certificate-errors",
      ...(root ? ["--no-sandbox"] : []),
    ],
  },
});

client.on("qr", (qr) => tell("qr", { qr }));
client.on("authenticated", () => tell("authenticated"));
client.on("auth_failure", (reason) => tell("auth_failure", { reason: String(reason) }));
client.on("ready", () => {
  const { wid, pushname, platform } = client.info;
  tell("ready", { wid: wid._serialized, pushname, platform });
});
client.on("message_ack", (message, ack) => tell("ack", { id: message.id.id, ack }));
client.on("message", (message) => tell("message", { from: message.from, text: message.body }));
client.on("disconnected", (reason) => tell("disconnected", { reason }));

const orders = {
  async send({ to, text }) {
    const message = await client.sendMessage(to, text);
    tell("sent", { id: message.id.id });
  },
  async logout() {
    await client.logout();
    tell("logged_out");
    process.exit(0);
  },
  async close() {
    await client.destroy();
    tell("closed");
    process.exit(0);
  },
};

readline.createInterface({ input: process.stdin }).on("line", async (line) => {
  const [[order, facts]] = Object.entries(JSON.parse(line));
  try {
    await orders[order](facts);
  } catch (problem) {
    tell("problem", { order, text: String(problem?.stack ?? problem) });
  }
});

client.initialize().catch((problem) => {
  tell("problem", { order: "initialize", text: String(problem?.stack ?? problem) });
  process.exit(1);
});
