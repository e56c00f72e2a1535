// Messages: sends them, and tells of acknowledgements and of messages that come in.
//
// Called with functions of bridge.js, see there. A message goes by the id that WhatsApp gives it,
// without chat and direction: a chat's address is personal, and may change from a number to a LID.
(tools) => {
  "use strict";
  const { attempt, hint } = tools;
  const OURS = /^3EB0[0-9A-F]{18}$/; // whatsapp_id_of in domain/message_reasons.py
  const MOST_ACKS = 40; // in one report; see snapshot.py
  const MOST_FOLLOWED = 1000; // sent messages whose acks are followed
  const MOST_WAITING = 500; // news that Python has not taken yet
  const MOST_SENDING = 100;
  const RECENT_S = 900; // how far back a page that starts looks: the one before may have died
  const MOST_RECENT = 50; // fewer than an account remembers; see domain/message_state.py
  const LONGEST_TEXT = 65536; // WhatsApp's own limit of one message
  const LONGEST_NAME = 100;
  const MOST_FILE = 16 * 1024 * 1024; // see sending.py
  const [DELIVERED, READ] = [2, 3];
  const FILES = ["image", "video", "audio", "ptt", "document", "sticker"];
  const PICTURES = ["image/jpeg", "image/png"]; // all else goes as it is, as a document
  const FAULTS = ["TypeError", "ReferenceError"]; // of the page's code, not of a file

  let store = null; // the page's messages, once it has them
  let fresh = false; // this page was linked just now: what it finds came in before
  let acks = []; // not taken yet, as `incoming`
  let incoming = [];
  let file = null; // { id, parts, size }: what Python has handed over of one
  const following = new Map(); // id -> message of ours that is not read yet
  const told = new Map(); // id -> the last ack that was put into `acks`
  const heard = new Map(); // id -> true; of messages that came in
  const sending = new Map(); // id -> the promise of a send that is under way

  function coded(code) {
    return Object.assign(new Error("not sent"), { code });
  }

  function remember(map, key, value) {
    map.delete(key); // to the end of the map: the oldest go first
    map.set(key, value);
    if (map.size > MOST_FOLLOWED) map.delete(map.keys().next().value);
  }

  // --- acknowledgements ---------------------------------------------------------------------

  function noteAck(id, given) {
    const ack = Math.min(given, READ);
    if (!OURS.test(id) || !(ack >= DELIVERED) || told.get(id) >= ack) return;
    remember(told, id, ack);
    acks = [...acks, { whatsapp_id: id, ack }].slice(-MOST_WAITING);
  }

  // wa-js tells acks only from a while after its start; those of messages at hand are also read.
  function takeAcks({ ack, ids }) {
    for (const { id, fromMe } of ids) if (fromMe !== false) noteAck(String(id), ack);
    hint();
  }

  function readAcks() {
    for (const [id, message] of following) {
      const ack = attempt(() => message.ack, 0);
      noteAck(id, ack);
      if (ack >= READ) following.delete(id);
    }
  }

  // --- what comes in ------------------------------------------------------------------------

  const clean = (text, most) =>
    (typeof text === "string" ? text : "").slice(0, most).toWellFormed().replaceAll("\0", "");

  function numberOf(wid) {
    const known = wid.isLid?.() ? attempt(() => WPP.whatsapp.ApiContact.getPhoneNumber(wid)) : wid;
    const digits = String(known?.user ?? "");
    return /^[0-9]{5,20}$/.test(digits) ? digits : "";
  }

  function contentOf(message) {
    const { type } = message;
    if (type === "chat") return { kind: "text", text: clean(message.body, LONGEST_TEXT) };
    if (!FILES.includes(type)) return null;
    const size = Number(message.size);
    const mimetype = String(message.mimetype ?? "").split(";")[0];
    return {
      kind: "file",
      text: clean(message.caption, LONGEST_TEXT),
      file_name: clean(message.filename, LONGEST_NAME),
      media_type: /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/.test(mimetype) ? mimetype : "",
      size_bytes: Number.isInteger(size) && size > 0 ? size : 0,
    };
  }

  function noteIncoming(message) {
    const id = String(message.id.id);
    if (heard.has(id) || !/^[A-Za-z0-9_.:-]{1,64}$/.test(id)) return;
    if (!message.from?.isUser?.()) return; // groups, broadcasts, channels
    const content = contentOf(message);
    if (content === null) return;
    remember(heard, id, true);
    const sender = numberOf(message.from);
    const name = clean(message.notifyName, LONGEST_NAME);
    const at_s = Math.max(0, Math.floor(Number(message.t) || Date.now() / 1000));
    incoming = [...incoming, { whatsapp_id: id, sender, name, at_s, ...content }];
    incoming = incoming.slice(-MOST_WAITING);
    hint();
  }

  function noteAdded(message) {
    if (message.id.fromMe) {
      if (OURS.test(message.id.id)) remember(following, message.id.id, message);
    } else if (message.type === "ciphertext") {
      // Its other attributes are set along with its type.
      const decrypted = () => queueMicrotask(() => attempt(() => noteIncoming(message)));
      message.once("change:type", decrypted);
    } else if (message.isNewMsg) {
      noteIncoming(message);
    }
  }

  function isRecent(message) {
    return !message.id.fromMe && message.t > Date.now() / 1000 - RECENT_S;
  }

  // The modules of messages may come after those of the link.
  function attach() {
    const found = attempt(() => WPP.whatsapp.MsgStore);
    const models = attempt(() => found.getModelsArray());
    if (!models) return;
    store = found;
    store.on("add", (message) => attempt(() => noteAdded(message)));
    attempt(() => WPP.on("chat.msg_ack_change", takeAcks));
    for (const message of models) attempt(() => noteAdded(message));
    if (fresh) return;
    const recent = models.filter((message) => attempt(() => isRecent(message), false));
    recent.sort((one, other) => one.t - other.t);
    for (const message of recent.slice(-MOST_RECENT)) attempt(() => noteIncoming(message));
  }

  function look({ mode, code }) {
    if (code) fresh = true;
    if (store === null && mode === "MAIN") attach();
    readAcks();
  }

  // What is to be told next: the message, and what to do once Python has it or will never take it.
  function news() {
    if (acks.length > 0) {
      const batch = acks.slice(0, MOST_ACKS);
      const done = () => (acks = acks.filter((one) => !batch.includes(one)));
      return { message: { kind: "acks", acks: batch }, done };
    }
    if (incoming.length > 0) {
      const [first] = incoming;
      const done = () => (incoming = incoming.filter((one) => one !== first));
      return { message: { kind: "received", received: first }, done };
    }
    return null;
  }

  // --- sending ------------------------------------------------------------------------------

  // Asked twice before it is final: wa-js says null for a question that failed, too.
  async function chatOf(to) {
    const wid = `${to}@c.us`;
    const found =
      (await WPP.contact.queryWidExists(wid)) ??
      (await WPP.whatsapp.functions.queryWidExists(WPP.whatsapp.WidFactory.createWid(wid)));
    if (!found) throw coded("not_on_whatsapp");
    return (await WPP.chat.find(found.wid)).id;
  }

  async function find(key) {
    const known = WPP.whatsapp.MsgStore.get(key);
    if (known) return known;
    const searched = attempt(() => WPP.whatsapp.MsgStore.getMessagesById([key]));
    return (await Promise.resolve(searched).catch(() => null))?.messages?.[0];
  }

  function untilTaken(message) {
    return new Promise((resolve, reject) => {
      const see = () => {
        if (message.ack > 0) resolve();
        if (message.ack < 0) reject(coded("ERROR_UNKNOWN"));
      };
      message.on("change:ack", see);
      see();
    });
  }

  function filePart({ id, first, content }) {
    if (first) file = { id, parts: [], size: 0 };
    if (file?.id !== id) throw coded("file_lost");
    const text = atob(content);
    if (file.size + text.length > MOST_FILE) throw coded("file_too_large");
    const bytes = new Uint8Array(text.length);
    for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
    file.parts.push(bytes);
    file.size += bytes.length;
  }

  function takeFile(id, { name, media_type }) {
    const parts = file?.id === id ? file.parts : null;
    file = null;
    if (parts === null) throw coded("file_lost");
    return new File(parts, name, { type: media_type });
  }

  async function sendFile(chat, given, { caption }, options) {
    const type = PICTURES.includes(given.type) ? "image" : "document";
    const about = { type, filename: given.name, mimetype: given.type };
    if (caption) about.caption = caption;
    try {
      return await WPP.chat.sendFileMessage(chat, given, { ...options, ...about });
    } catch (problem) {
      // wa-js's own refusals have a word for a code; what else fails is the making of the message.
      if (typeof problem?.code === "string" || FAULTS.includes(problem?.name)) throw problem;
      throw coded("file_refused");
    }
  }

  async function sendOnce({ id, to, text, file: about }) {
    const given = about ? takeFile(id, about) : null;
    const chat = await chatOf(to);
    const key = `true_${chat}_${id}`;
    const earlier = await find(key);
    if (earlier?.ack >= 0) return untilTaken(earlier);
    if (earlier) for (const one of [store, WPP.chat.get(chat)?.msgs]) attempt(() => one.remove(earlier));
    // What is unread stays so: that somebody has read it is a person's to say.
    const options = { messageId: key, linkPreview: false, detectMentioned: false, markIsRead: false };
    const sent = given
      ? await sendFile(chat, given, about, options)
      : await WPP.chat.sendTextMessage(chat, text, options);
    const outcome = sent.sendMsgResult?.messageSendResult ?? sent.sendMsgResult;
    if (outcome !== "OK") throw coded(outcome);
  }

  // A repeat joins the send that is under way.
  async function send(message) {
    if (!sending.has(message.id)) {
      // A page that has just been loaded anew: Python may not know yet.
      if (attempt(() => WPP.conn.getStreamData().mode) !== "MAIN") throw coded("not_ready");
      if (sending.size >= MOST_SENDING) throw coded("too_many_under_way");
      const done = sendOnce(message).finally(() => sending.delete(message.id));
      sending.set(message.id, done);
    }
    await sending.get(message.id);
  }

  return { look, news, commands: { file_part: filePart, send } };
}
