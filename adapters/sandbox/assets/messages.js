"use strict";
// Messages out and in: an outbox that survives a reconnect, receipts, and messages that arrive.
(() => {
  const { define } = StandIn;

  define("StandInMessages", ["StandInLink"], (global, require, a, b, c, module) => {
    const config = require("StandInConfig");
    const link = require("StandInLink");
    const screen = require("StandInScreen");
    const { ACK } = require("WAWebAck");
    const { SendMsgResult } = require("WAWebSendMsgResultAction");
    const { Msg, Chat } = require("WAWebCollections");
    const { Socket } = require("WAWebSocketModel");
    const { Conn } = require("WAWebConnModel");
    const { createWid } = require("WAWebWidFactory");
    const { getCurrentLid, getPhoneNumber } = require("WAWebApiContact");
    const MsgKey = require("WAWebMsgKey");
    const outbox = new Map(); // message id -> { message, resolve }, until the server has it
    const asked = new Map(); // number -> resolve functions of those who asked whether it exists

    // The server speaks of numbers; this page's chats may go by LID.
    function addressOf(peer) {
      const wid = createWid(peer);
      return getCurrentLid(wid) ?? wid;
    }

    function hand(message) {
      const to = (getPhoneNumber(message.to) ?? message.to).toString();
      const text = message.body ?? message.caption ?? "";
      const { filename, mimetype } = message;
      const upload = message.mediaData?.upload;
      const file = upload ? { ...upload, name: filename, media_type: mimetype } : null;
      link.send({ type: "send_message", id: message.id.id, to, text, file });
    }

    function send(message) {
      hand(message);
      paint();
      return new Promise((resolve) => outbox.set(message.id.id, { message, resolve }));
    }

    // After a reconnect: what the server has not acknowledged is handed over again.
    function flush() {
      for (const { message } of outbox.values()) if (message.ack === ACK.CLOCK) hand(message);
    }

    function acked({ id, to, ack }) {
      const entry = outbox.get(id);
      if (ack === ACK.SENT) {
        const message = Msg.get(new MsgKey({ id, remote: addressOf(to), fromMe: true }));
        if (message && message.ack < ACK.SENT) message.ack = ACK.SENT;
        entry?.resolve({ messageSendResult: SendMsgResult.OK, t: entry.message.t, count: null });
        return;
      }
      // Receipts go through the module, because clients wrap the function there. They come for
      // messages of an earlier load of the page, too.
      require("WAWebHandleSimpleReceipt").handleChatSimpleReceipt({
        ack,
        ackString: ack === ACK.READ ? "read" : "delivery",
        from: addressOf(to),
        externalIds: [id],
        ts: Math.floor(Date.now() / 1000),
      });
      if (ack === ACK.READ) outbox.delete(id);
    }

    function refused({ id }) {
      const entry = outbox.get(id);
      if (!entry) return;
      outbox.delete(id);
      entry.message.ack = ACK.FAILED;
      entry.resolve({ messageSendResult: SendMsgResult.ERROR_UNKNOWN, t: null, count: null });
    }

    function isOnWhatsApp(number) {
      link.send({ type: "ask_number", number });
      return new Promise((resolve) => asked.set(number, [...(asked.get(number) ?? []), resolve]));
    }

    function answered({ number, exists }) {
      for (const resolve of asked.get(number) ?? []) resolve(exists);
      asked.delete(number);
    }

    async function upload(blob) {
      const address = `/media/${config.account}/${config.page_id}`;
      const response = await fetch(address, { method: "POST", body: blob }).catch(() => null);
      return response?.ok ? response.json() : null;
    }

    // The attributes of a message, as the server tells them.
    function factsOf({ text, file, at }) {
      if (!file) return { body: text, type: "chat", t: at };
      const type = file.media_type.startsWith("image/") ? "image" : "document";
      const { name: filename, media_type: mimetype, size } = file;
      return { caption: text, type, t: at, filename, mimetype, size };
    }

    async function received({ id, sender, name, ...said }) {
      const from = addressOf(`${sender}@c.us`);
      const { chat } = await require("WAWebFindChatAction").findOrCreateLatestChat(from);
      const to = require("WAWebUserPrefsMeUser").getMaybeMePnUser();
      const key = new MsgKey({ id, remote: from, fromMe: false });
      const facts = { from, to, self: "in", notifyName: name, ...factsOf(said) };
      Msg.add({ id: key, ack: ACK.RECEIVED, isNewMsg: true, ...facts });
      chat.set({ t: said.at, unreadCount: chat.unreadCount + 1 });
      paint();
    }

    async function remember({ messages }) {
      const me = require("WAWebUserPrefsMeUser").getMaybeMePnUser();
      for (const { id, from_me: fromMe, peer, name, ack, is_new: isNewMsg, ...said } of messages) {
        const remote = addressOf(peer);
        await require("WAWebFindChatAction").findOrCreateLatestChat(remote);
        const key = new MsgKey({ id, remote, fromMe });
        const known = Msg.get(key);
        const [from, to, self] = fromMe ? [me, remote, "out"] : [remote, me, "in"];
        const facts = { from, to, self, notifyName: name, isNewMsg, ...factsOf(said) };
        if (!known) Msg.add({ id: key, ack, ...facts });
        else if (known.ack < ack) known.ack = ack;
      }
      paint();
    }

    function paint() {
      if (Socket.hasSynced) screen.chats(Conn.pushname ?? "Chats", Msg.getModelsArray());
    }

    link.on("message_acked", acked);
    link.on("message_refused", refused);
    link.on("message_received", received);
    link.on("number_answered", answered);
    link.on("history_synced", remember);
    module.exports = { send, flush, paint, isOnWhatsApp, upload, chats: Chat };
  });
})();
