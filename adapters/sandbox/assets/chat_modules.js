"use strict";
// What sending and receiving text needs: chats, messages, contacts, receipts.
(() => {
  const { define } = StandIn;
  const esm = (id, dependencies, fill) =>
    define(id, dependencies, (global, require, a, b, c, module, exports) => fill(exports, require));
  const cjs = (id, dependencies, make) =>
    define(id, dependencies, (global, require, a, b, c, module) => {
      module.exports = make(require);
    });

  esm("WAWebAck", [], (exports) => {
    exports.ACK = Object.freeze({ FAILED: -1, CLOCK: 0, SENT: 1, RECEIVED: 2, READ: 3, PLAYED: 4 });
    exports.ACK_STRING = Object.freeze({ SENDER: "sender", DELIVERY: "delivery", READ: "read" });
    exports.EDIT_ATTR = Object.freeze({ SENDER_REVOKE: 7, ADMIN_REVOKE: 8 });
  });

  esm("WAWebSendMsgResultAction", [], (exports) => {
    exports.SendMsgResult = Object.freeze({
      OK: "OK",
      ERROR_NETWORK: "ERROR_NETWORK",
      ERROR_UPLOAD: "ERROR_UPLOAD",
      ERROR_UNKNOWN: "ERROR_UNKNOWN",
    });
  });

  esm("WATimeUtils", [], (exports) => {
    exports.unixTime = () => Math.floor(Date.now() / 1000);
    exports.unixTimeMs = () => Date.now();
  });

  const model = (id, name, proxyName, attributes, extra = {}) =>
    esm(id, ["WAWebBaseModel"], (exports, require) => {
      const { BaseModel, defineModel } = require("WAWebBaseModel");
      const Model = defineModel(class extends BaseModel {}, attributes);
      Object.assign(Model.prototype, extra, { proxyName });
      exports.default = Model;
      exports[name] = Model;
    });

  const CHAT = ["id", "msgs", "t", "unreadCount", "formattedTitle", "archive", "mute", "groupMetadata"];
  const presence = { subscribe: async () => undefined }; // clients watch who is online
  model("WAWebChatModel", "Chat", "chat", CHAT, { presence });
  model("WAWebMsgModel", "Msg", "msg", [
    "id", "ack", "body", "type", "subtype", "from", "to", "self", "t", "isNewMsg", "local",
    "notifyName", "author", "mediaObject", "caption", "isUnsentMedia", "filename", "mimetype",
    "size", "mediaData",
  ]);
  model("WAWebContactModel", "Contact", "contact", ["id", "name", "pushname", "isBusiness"]);

  const collection = (id, name, modelModule, onAdd = () => undefined) =>
    esm(id, ["WAWebBaseCollection", modelModule], (exports, require) => {
      const { BaseCollection } = require("WAWebBaseCollection");
      const Model = require(modelModule).default;
      const Collection = class extends BaseCollection {
        constructor() {
          super(Model);
        }

        processMultipleMessages(messages) {
          return this.add(messages);
        }

        async getMessagesById(ids) {
          return { messages: ids.map((one) => this.get(one)).filter(Boolean) };
        }

        onParentGroupChange() {}
      };
      exports[`${name}Impl`] = Collection;
      exports[name] = new Collection();
      exports[name].on("add", onAdd);
      exports.default = exports[name];
    });

  model("WAWebStandInEntryModel", "Entry", "entry", ["id"]);
  collection("WAWebChatCollection", "ChatCollection", "WAWebChatModel");
  collection("WAWebMsgCollection", "MsgCollection", "WAWebMsgModel", (message) => {
    StandIn.load("WAWebChatCollection").ChatCollection.get(message.id.remote)?.msgs.add(message);
  });
  collection("WAWebContactCollection", "ContactCollection", "WAWebContactModel");
  collection("WAWebBlocklistCollection", "BlocklistCollection", "WAWebStandInEntryModel");
  collection("WAWebStatusCollection", "StatusCollection", "WAWebStandInEntryModel");
  esm("WAWebPresenceCollection", ["WAWebBaseCollection"], (exports, require) => {
    const { BaseCollection } = require("WAWebBaseCollection");
    exports.PresenceCollection = new BaseCollection(require("WAWebStandInEntryModel").default);
  });
  collection("WAWebGroupMetadataCollection", "GroupMetadataCollection", "WAWebStandInEntryModel");

  cjs("WAWebCallModel", ["WAWebEventEmitter"], (require) => class extends require("WAWebEventEmitter") {});
  cjs("WAWebCallCollection", ["WAWebEventEmitter"], (require) => {
    const EventEmitter = require("WAWebEventEmitter");
    return new (class CallCollection extends EventEmitter {
      calls = new Map();

      processIncomingCall() {}
    })();
  });

  esm("WAWebCollections", ["WAWebChatCollection", "WAWebMsgCollection"], (exports, require) => {
    exports.Chat = require("WAWebChatCollection").ChatCollection;
    exports.Msg = require("WAWebMsgCollection").MsgCollection;
    exports.Contact = require("WAWebContactCollection").ContactCollection;
    exports.Blocklist = require("WAWebBlocklistCollection").BlocklistCollection;
    exports.GroupMetadata = require("WAWebGroupMetadataCollection").GroupMetadataCollection;
  });

  esm("WAWebFindChatAction", ["WAWebCollections"], (exports, require) => {
    exports.findOrCreateLatestChat = async (wid) => {
      const { Chat } = require("WAWebCollections");
      const id = require("WAWebApiContact").getCurrentLid(wid) ?? wid;
      const known = Chat.get(id);
      if (known) return { chat: known, created: false };
      const { BaseCollection } = require("WAWebBaseCollection");
      const msgs = new BaseCollection(require("WAWebMsgModel").default);
      const chat = Chat.add({ id, msgs, unreadCount: 0, formattedTitle: `+${wid.user}` });
      return { chat, created: true };
    };
  });

  esm("WAWebSendMsgChatAction", ["WAWebCollections"], (exports, require) => {
    // Not an async function: clients take the pair of promises at once.
    exports.addAndSendMsgToChat = (chat, message) => {
      const { Msg } = require("WAWebCollections");
      const added = Msg.add(message);
      chat.t = added.t;
      const sent = require("StandInClient").sendMessage(added);
      return [Promise.resolve(added), sent];
    };
  });

  esm("WAWebHandleSimpleReceipt", ["WAWebCollections"], (exports, require) => {
    const raise = ({ from, externalIds, ack }) => {
      const { Msg } = require("WAWebCollections");
      const MsgKey = require("WAWebMsgKey");
      for (const id of externalIds) {
        const known = Msg.get(new MsgKey({ id, remote: from, fromMe: true }));
        if (known && known.ack < ack) known.ack = ack;
      }
    };
    exports.handleChatSimpleReceipt = raise;
    exports.handleGroupSimpleReceipt = raise;
    exports.handleStatusSimpleReceipt = raise;
  });

  esm("WAWebQueryExistsJob", ["WAWebWidFactory"], (exports, require) => {
    const { createWid, createUserWid } = require("WAWebWidFactory");
    exports.queryWidExists = async (wid) => {
      const exists = await require("StandInMessages").isOnWhatsApp(createWid(wid).user);
      return exists ? { wid: createWid(wid), biz: false } : null;
    };
    exports.queryPhoneExists = async (phone) =>
      exports.queryWidExists(createUserWid(String(phone).replace(/\D/g, "")));
  });

  // Most chats of the real page are addressed by LID. Here those with these numbers are.
  const BY_LID = "0505";
  const LID_DIGITS = "00"; // what a LID has more than its number
  esm("WAWebApiContact", ["WAWebWidFactory"], (exports, require) => {
    const { createUserWid } = require("WAWebWidFactory");
    const getCurrentLid = ({ user }) =>
      user.endsWith(BY_LID) ? createUserWid(`${user}${LID_DIGITS}`, "lid") : undefined;
    const getPhoneNumber = ({ user }) =>
      user.endsWith(BY_LID + LID_DIGITS) ? createUserWid(user.slice(0, -LID_DIGITS.length)) : undefined;
    Object.assign(exports, { getCurrentLid, getPhoneNumber });
    exports.lidPnCache = { getCurrentLid, getPhoneNumber };
  });
})();
