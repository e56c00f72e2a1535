"use strict";
// The codes on show: six references, each for its time, then the page is idle until it asks again.
// A pairing code takes the place of the QR code when the user asks for one.
(() => {
  const { define } = StandIn;
  // Letters and digits that cannot be mistaken for one another; eight of them make a pairing code.
  const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTVWXYZ";

  define("StandInCodes", ["StandInConfig"], (global, require, a, b, c, module) => {
    const config = require("StandInConfig");
    const keys = require("StandInKeys");
    const screen = require("StandInScreen");
    const { encodeB64 } = require("WABase64");
    const { Conn } = require("WAWebConnModel");
    const link = require("StandInLink");
    let issued = null; // { refs, first_s, later_s } as the server sent them
    let shown = -1; // index of the reference on show
    let drawing = 0; // number of the drawing asked for last: answers to older ones are late
    let wanted = ""; // the text whose drawing is awaited or on show
    let timer = null;
    let pairingKey = null; // base64, what a phone signs with when it links by pairing code

    async function codeText(ref) {
      const { noise, identity } = await keys.publicKeys();
      const { DEVICE_PLATFORM } = require("WAWebCompanionRegClientUtils");
      const fields = [ref, encodeB64(noise), encodeB64(identity), keys.advSecret(), DEVICE_PLATFORM];
      return config.qr_prefix + fields.join(",");
    }

    async function paint() {
      const ref = issued.refs[shown];
      const text = await codeText(ref);
      if (ref !== issued?.refs[shown]) return;
      wanted = text;
      drawing += 1;
      link.send({ type: "draw_code", drawing, ref, text });
    }

    function next() {
      shown += 1;
      if (shown >= issued.refs.length) {
        runOut();
        return;
      }
      const seconds = shown === 0 ? issued.first_s : issued.later_s;
      timer = setTimeout(next, seconds * 1000);
      Conn.set({ refTTL: seconds, ref: issued.refs[shown] });
      link.show({ socket: "UNPAIRED", mode: "QR", info: "NORMAL" });
      paint();
    }

    function runOut() {
      stop();
      link.show({ socket: "UNPAIRED_IDLE", mode: "QR", info: "NORMAL" });
      screen.idle(refresh);
      link.send({ type: "codes_ran_out" });
    }

    function stop() {
      clearTimeout(timer);
      issued = null;
      shown = -1;
      wanted = "";
      Conn.ref = undefined;
    }

    // A phone is at work on this code: it stays until that is over.
    function hold() {
      clearTimeout(timer);
    }

    // The phone could not link with it: the code goes on for a full turn.
    function resume() {
      if (!issued) return;
      shown -= 1;
      next();
    }

    function refresh() {
      if (link.isLinked()) return;
      stop();
      link.send({ type: "refresh_codes" });
    }

    // As the real page throws it (github.com/wwebjs/whatsapp-web.js/issues/3763).
    const REFUSALS = {
      limited: { name: "IQErrorRateOverlimit", value: { text: "rate-overlimit", code: 429 } },
      refused: { name: "IQErrorBadRequest", value: { text: "bad-request", code: 400 } },
    };

    async function startPairingCode(phone) {
      const refusal = REFUSALS[config.pairing_code];
      if (refusal) throw Object.assign(new Error(), { name: "CompanionHelloError", type: refusal });
      const digits = String(phone).replace(/\D/g, "");
      const random = crypto.getRandomValues(new Uint8Array(8));
      const code = [...random].map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
      pairingKey = await keys.digest(code);
      const proof = await keys.digest(`${code}:${digits}`);
      link.send({ type: "pairing_code_started", phone_number: digits, proof });
      hold(); // the QR code makes room, and rotating it would not change this code
      wanted = "";
      screen.pairingCode(code);
      return code;
    }

    link.on("codes_issued", (message) => {
      stop();
      issued = message;
      next();
    });
    link.on("code_drawn", (message) => {
      if (message.drawing === drawing && wanted) screen.code(wanted, message.rows);
    });
    link.on("adv_secret_retired", () => {
      require("WAWebAdvSignatureApi").generateADVSecretKey();
      if (issued) paint();
    });

    module.exports = {
      refresh,
      hold,
      resume,
      stop,
      startPairingCode,
      signingKey: (via) => (via === "pairing_code" ? pairingKey : keys.advSecret()),
    };
  });
})();
