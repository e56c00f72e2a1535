"use strict";
// Unmodified whatsapp-web.js with any number of clients in one process, as its documentation shows
// it, each with a browser of its own. Its events go to standard output, one JSON object a line;
// orders come in the same way: {"open": {"account": "…", "port": 1}}, {"close": {"account": "…"}}.
const readline = require("node:readline");
const { Client, LocalAuth } = require("whatsapp-web.js");

const { browser, headless, profiles, root } = JSON.parse(process.argv[2]);
const clients = new Map();
const tell = (event, account, facts = {}) =>
  process.stdout.write(`${JSON.stringify({ event, account, ...facts })}\n`);

// All as it comes, but for where its fixed address leads to, and which browser is started.
const make = (account, port, phoneNumber) =>
  new Client({
    ...(phoneNumber ? { pairWithPhoneNumber: { phoneNumber } } : {}),
    authStrategy: new LocalAuth({ clientId: account, dataPath: profiles }),
    webVersionCache: { type: "none" },
    userAgent: false,
    puppeteer: {
      executablePath: browser,
      headless,
      args: [
        `--host-resolver-rules=MAP web.whatsapp.com 127.0.0.1:${port}, MAP * ~NOTFOUND`,
        "--ignore-certificate-errors",
        ...(root ? ["--no-sandbox"] : []),
      ],
    },
  });

const orders = {
  async open({ account, port, pairing_phone }) {
    const client = make(account, port, pairing_phone);
    clients.set(account, client);
    client.on("qr", (qr) => tell("qr", account, { qr }));
    client.on("authenticated", () => tell("authenticated", account));
    client.on("auth_failure", (reason) => tell("auth_failure", account, { reason: String(reason) }));
    client.on("ready", () => tell("ready", account));
    client.on("disconnected", (reason) => tell("disconnected", account, { reason }));
    await client.initialize();
  },
  async close({ account }) {
    await clients.get(account).destroy();
    clients.delete(account);
    tell("closed", account);
  },
};

const obey = async (line) => {
  const [[order, facts]] = Object.entries(JSON.parse(line));
  try {
    await orders[order](facts);
  } catch (problem) {
    tell("problem", facts.account, { order, text: String(problem?.message ?? problem) });
  }
};

readline
  .createInterface({ input: process.stdin })
  .on("line", obey)
  .on("close", async () => {
    await Promise.allSettled([...clients.values()].map((client) => client.destroy()));
    process.exit(0);
  });
// An error that nobody catches ends a Node process, and with it all clients. A service would have
// this line too.
process.on("unhandledRejection", (problem) =>
  tell("unhandled", null, { text: String(problem?.message ?? problem) }),
);
tell("started", null);
