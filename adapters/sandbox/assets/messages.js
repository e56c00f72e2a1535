"use strict";
// Text out and in: an outbox that survives a reconnect, receipts, and messages that arrive.
(() => {
  const { define } = StandIn;

  define("StandInMessages", ["StandInLink"], (global, require, a, b, c, module) => {
    const link = require("StandInLink");
    const screen = require("StandInScreen");
    const { ACK } = require("WAWebAck");
    const { SendMsgResult } = require("WAWebSendMsgResultAction");
    const { Msg, Chat } = require("WAWebCollections");
    const { Socket } = require("WAWebSocketModel");
    const { Conn } = require("WAWebConnModel");
    const { createWid } = require("WAWebWidFactory");
    const MsgKey = require("WAWebMsgKey");
    const outbox = new Map(); // message id -> { message, resolve }, until the server has it

    function hand(message) {
      const to = message.to.toString();
      link.send({ type: "send_message", id: message.id.id, to, text: message.body ?? "" });
    }

    function send(message) {
      hand(message);
      paint();
      return new Promise((resolve) => outbox.set(message.id.id, { message, resolve }));
    }

    // After a reconnect: what the server has not acknowledged is handed over again.
    function flush() {
      for (const { message } of outbox.values()) if (message.ack < ACK.SENT) hand(message);
    }

    function acked({ id, to, ack }) {
      const entry = outbox.get(id);
      if (ack === ACK.SENT) {
        if (!entry) return;
        entry.message.ack = ACK.SENT;
        entry.resolve({ messageSendResult: SendMsgResult.OK, t: entry.message.t, count: null });
        return;
      }
      // Receipts go through the module, because clients wrap the function there. They come for
      // messages of an earlier load of the page, too.
      require("WAWebHandleSimpleReceipt").handleChatSimpleReceipt({
        ack,
        ackString: ack === ACK.READ ? "read" : "delivery",
        from: createWid(to),
        externalIds: [id],
        ts: Math.floor(Date.now() / 1000),
      });
      if (ack === ACK.READ) outbox.delete(id);
    }

    async function received({ id, sender, text, at }) {
      const from = createWid(`${sender}@c.us`);
      const { chat } = await require("WAWebFindChatAction").findOrCreateLatestChat(from);
      const to = require("WAWebUserPrefsMeUser").getMaybeMePnUser();
      const key = new MsgKey({ id, remote: from, fromMe: false });
      const facts = { from, to, body: text, type: "chat", t: at, self: "in" };
      Msg.add({ id: key, ack: ACK.RECEIVED, isNewMsg: true, ...facts });
      chat.set({ t: at, unreadCount: chat.unreadCount + 1 });
      paint();
    }

    async function remember({ messages }) {
      const me = require("WAWebUserPrefsMeUser").getMaybeMePnUser();
      for (const { id, from_me: fromMe, peer, text, ack, at } of messages) {
        const remote = createWid(peer);
        await require("WAWebFindChatAction").findOrCreateLatestChat(remote);
        const key = new MsgKey({ id, remote, fromMe });
        const known = Msg.get(key);
        const facts = { body: text, type: "chat", t: at, self: fromMe ? "out" : "in" };
        const [from, to] = fromMe ? [me, remote] : [remote, me];
        if (!known) Msg.add({ id: key, ack, from, to, isNewMsg: false, ...facts });
        else if (known.ack < ack) known.ack = ack;
      }
      paint();
    }

    function paint() {
      if (Socket.hasSynced) screen.chats(Conn.pushname ?? "Chats", Msg.getModelsArray());
    }

    link.on("message_acked", acked);
    link.on("message_received", received);
    link.on("history_synced", remember);
    module.exports = { send, flush, paint, chats: Chat };
  });
})();
