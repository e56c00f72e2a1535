// Receives Linkwright's webhooks: node receive.mjs [PORT]. Node.js' own library is enough.
//
// WEBHOOK_SECRET   the endpoint's secret, whsec_…
// WEBHOOK_PROFILE  standard (the default) or blazz, as the endpoint was made
// WEBHOOK_INBOX    folder that takes the messages, one file each

import { createHash, createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { link, mkdir, unlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";

const { WEBHOOK_SECRET: SECRET, WEBHOOK_PROFILE: PROFILE = "standard", WEBHOOK_INBOX: INBOX = "inbox" } = process.env;
const TOLERANCE_S = 300;
const LARGEST_BODY = 1024 * 1024;

const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const same = (one, other) => one.length === other.length && timingSafeEqual(one, other);

// What names this message on every try of it, or null: then it is not Linkwright's.
function verifiedId(headers, body) {
  let messageId, timestamp, given, right;
  if (PROFILE === "blazz") {
    timestamp = headers["x-timestamp"] ?? "";
    right = createHmac("sha256", SECRET).update(timestamp).update(body).digest("hex");
    given = [headers["x-hmac-signature"] ?? ""];
    messageId = ""; // it stands in the body
  } else {
    messageId = headers["webhook-id"] ?? "";
    timestamp = headers["webhook-timestamp"] ?? "";
    const key = Buffer.from(SECRET.replace(/^whsec_/, ""), "base64");
    const signed = createHmac("sha256", key).update(`${messageId}.${timestamp}.`).update(body);
    right = "v1," + signed.digest("base64");
    given = (headers["webhook-signature"] ?? "").split(" "); // several while a key is exchanged
  }
  const inTime = /^\d+$/.test(timestamp) && Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE_S;
  const genuine = given.some((one) => same(Buffer.from(one), Buffer.from(right)));
  return inTime && genuine ? messageId || String(JSON.parse(body).id) : null;
}

// Put the message where a worker finds it. A message that comes again changes nothing.
async function keep(messageId, body) {
  await mkdir(INBOX, { recursive: true });
  const written = join(INBOX, `.${randomUUID()}`);
  await writeFile(written, body);
  try {
    await link(written, join(INBOX, `${sha256(messageId)}.json`)); // all of it at once, or not at all
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  } finally {
    await unlink(written);
  }
}

// The bytes as they came: JSON that is read and written again differs.
async function rawBody(request) {
  const pieces = [];
  let length = 0;
  for await (const piece of request) {
    length += piece.length;
    if (length > LARGEST_BODY) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function receive(request) {
  if (request.method !== "POST") return 405;
  const body = await rawBody(request);
  if (body === null) return 413;
  const messageId = verifiedId(request.headers, body);
  if (messageId === null) return 401;
  await keep(messageId, body);
  return 204; // at once; what is to be done with it is done later
}

const server = createServer((request, response) => {
  receive(request).then(
    (status) => response.writeHead(status).end(),
    () => response.writeHead(500).end(),
  );
});
server.listen(Number(process.argv[2] ?? 8000), "127.0.0.1", () => {
  console.error(`listening on http://127.0.0.1:${server.address().port}`);
});
