"use strict";
// Who is who: addresses of people (Wid), keys of messages (MsgKey), and the linked account itself.
(() => {
  const { define } = StandIn;
  const SERVERS = { user: "c.us", lid: "lid", group: "g.us", broadcast: "broadcast" };

  define("WAWebWid", [], (global, require, a, b, c, module) => {
    module.exports = class Wid {
      constructor(text) {
        const [name, server] = String(text).split("@");
        const [user, device] = name.split(":");
        this.user = user;
        this.server = server === "s.whatsapp.net" ? SERVERS.user : (server ?? SERVERS.user);
        if (device !== undefined) this.device = Number(device);
        this._serialized = `${name}@${this.server}`;
      }

      static isWid(value) {
        return value instanceof Wid;
      }

      static isXWid(value) {
        return value instanceof Wid;
      }

      equals(other) {
        return this._serialized === (other?._serialized ?? other);
      }

      toString() {
        return this._serialized;
      }

      toJid() {
        return this._serialized.replace("@c.us", "@s.whatsapp.net");
      }

      toJSON() {
        return this._serialized;
      }

      isUser() {
        return this.server === SERVERS.user || this.server === SERVERS.lid;
      }

      isLid() {
        return this.server === SERVERS.lid;
      }

      isGroup() {
        return this.server === SERVERS.group;
      }

      isStatus() {
        return this._serialized === "status@broadcast";
      }

      isBroadcast() {
        return this.server === SERVERS.broadcast;
      }

      isNewsletter() {
        return this.server === "newsletter";
      }

      isBot() {
        return this.server === "bot";
      }

      isPSA() {
        return false;
      }

      isServer() {
        return false;
      }

      getDeviceId() {
        return this.device ?? 0;
      }
    };
  });

  define("WAWebWidFactory", ["WAWebWid"], (global, require, a, b, c, module, exports) => {
    const Wid = require("WAWebWid");
    exports.isWidlike = (value) => Boolean(value?._serialized ?? (value?.user && value?.server));
    exports.createWid = (value) => {
      if (value instanceof Wid) return value;
      const text = value?._serialized ?? value;
      return typeof text === "string" && /^[^@\s]+@[a-z.]+$/.test(text) ? new Wid(text) : undefined;
    };
    exports.createWidFromWidLike = exports.createWid;
    exports.createUserWid = (user, server = SERVERS.user) =>
      String(user).includes("@") ? new Wid(user) : new Wid(`${user}@${server}`);
    exports.createUserWidOrThrow = exports.createUserWid;
    exports.createDeviceWid = exports.createWid;
    exports.createDeviceWidFromUserAndDevice = (user, device) =>
      new Wid(`${user}:${device}@${SERVERS.user}`);
    exports.asUserWidOrThrow = (wid) => new Wid(`${wid.user}@${wid.server}`);
    exports.toUserWid = exports.asUserWidOrThrow;
    exports.toChatWid = exports.asUserWidOrThrow;
    exports.toUserLid = (wid) => (wid?.isLid() ? wid : undefined);
  });

  define("WAWebMsgKey", ["WAWebWidFactory"], (global, require, a, b, c, module) => {
    const { createWid } = require("WAWebWidFactory");
    module.exports = class MsgKey {
      constructor(from) {
        if (!from) throw new Error("MsgKey error: obj is null/undefined");
        this.fromMe = from.fromMe ?? from.selfDir === "out";
        this.remote = createWid(from.remote ?? (this.fromMe ? from.to : from.from));
        this.id = from.id;
        if (from.participant) this.participant = createWid(from.participant);
        const parts = [this.fromMe, this.remote, this.id, this.participant];
        this._serialized = parts.filter((part) => part !== undefined).join("_");
      }

      static async newId() {
        // "3EB0" and 18 hexadecimal digits, as web clients name their messages.
        const bytes = crypto.getRandomValues(new Uint8Array(9));
        const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
        return `3EB0${digits.toUpperCase()}`;
      }

      static fromString(text) {
        const [fromMe, remote, id, participant] = text.split("_");
        return new MsgKey({ fromMe: fromMe === "true", remote, id, participant });
      }

      clone() {
        return new MsgKey(this);
      }

      equals(other) {
        return this._serialized === (other?._serialized ?? other);
      }

      toString() {
        return this._serialized;
      }
    };
  });

  define("WAWebUserPrefsMeUser", ["WAWebWid"], (global, require, a, b, c, module, exports) => {
    const Wid = require("WAWebWid");
    let me = { phone: undefined, lid: undefined, name: undefined };

    const orThrow = (value) => {
      if (!value) throw new Error("The account of this page is not known yet.");
      return value;
    };

    exports.getMaybeMePnUser = () => me.phone;
    exports.getMaybeMeLidUser = () => me.lid;
    exports.getMaybeMeDevicePn = () => me.phone;
    exports.getMaybeMeDeviceLid = () => me.lid;
    exports.getMaybeMeDisplayName = () => me.name;
    exports.getMePnUserOrThrow = () => orThrow(me.phone);
    exports.getMeLidUserOrThrow = () => orThrow(me.lid);
    exports.getMeDevicePnOrThrow = () => orThrow(me.phone);
    exports.getMeDeviceLidOrThrow = () => orThrow(me.lid);
    exports.getMeDisplayNameOrThrow = () => orThrow(me.name);
    exports.getMePNandLIDWids = () => [me.phone, me.lid];
    exports.isMeAccount = (wid) => Boolean(me.phone?.equals(wid) || me.lid?.equals(wid));
    exports.setMe = ({ phone_number: phone, lid, name }) => {
      me = {
        phone: phone ? new Wid(`${phone}@c.us`) : undefined,
        lid: lid ? new Wid(`${lid}@lid`) : undefined,
        name,
      };
    };
  });

  define("WAWebLidMigrationUtils", [], (global, require, a, b, c, module, exports) => {
    exports.toPn = (wid) => (wid?.isLid?.() ? undefined : wid);
    exports.toLid = () => undefined;
    exports.isLidMigrated = () => false;
  });
})();
