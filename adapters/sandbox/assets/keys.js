"use strict";
// The page's secrets. Fresh random keys on every load; after linking, the login is kept in
// localStorage, encrypted with a key that IndexedDB holds and nobody can export. Copying only one
// of the two stores, or serialising the key, therefore loses the session, as on the real page.
(() => {
  const { define } = StandIn;

  define("StandInKeys", ["StandInConfig", "WABase64"], (global, require, a, b, c, module) => {
    const { account } = require("StandInConfig");
    const { encodeB64, decodeB64 } = require("WABase64");
    const DATABASE = "wawc_db_enc";
    const SLOT = `stand-in:${account}:session`;
    const AES = { name: "AES-GCM", length: 256 };
    let pair = null; // promise of the two public keys
    let secret = randomSecret();

    function randomSecret() {
      return encodeB64(crypto.getRandomValues(new Uint8Array(32)));
    }

    async function publicKey() {
      const { publicKey: key } = await crypto.subtle.generateKey("X25519", false, ["deriveBits"]);
      return crypto.subtle.exportKey("raw", key);
    }

    function publicKeys() {
      pair ??= Promise.all([publicKey(), publicKey()]).then(([noise, identity]) => ({
        noise,
        identity,
      }));
      return pair;
    }

    const settled = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });

    async function withStore(mode, use) {
      const opening = indexedDB.open(DATABASE, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("keys");
      const database = await settled(opening);
      try {
        return await settled(use(database.transaction("keys", mode).objectStore("keys")));
      } finally {
        database.close();
      }
    }

    async function saveSession(session) {
      const key = await crypto.subtle.generateKey(AES, false, ["encrypt", "decrypt"]);
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const plain = new TextEncoder().encode(JSON.stringify(session));
      const sealed = await crypto.subtle.encrypt({ name: AES.name, iv }, key, plain);
      await withStore("readwrite", (store) => store.put(key, account));
      localStorage.setItem(SLOT, JSON.stringify({ iv: encodeB64(iv), sealed: encodeB64(sealed) }));
    }

    // The kept session, or null: when one half is missing or damaged the page starts afresh.
    async function loadSession() {
      const kept = localStorage.getItem(SLOT);
      const key = await withStore("readonly", (store) => store.get(account));
      if (!kept || !(key instanceof CryptoKey)) return null;
      try {
        const { iv, sealed } = JSON.parse(kept);
        const how = { name: AES.name, iv: decodeB64(iv) };
        const plain = await crypto.subtle.decrypt(how, key, decodeB64(sealed));
        return JSON.parse(new TextDecoder().decode(plain));
      } catch (problem) {
        console.warn("The kept session cannot be read.", problem.name);
        return null;
      }
    }

    async function clearSession() {
      localStorage.removeItem(SLOT);
      await withStore("readwrite", (store) => store.delete(account));
    }

    async function isSigned(details, signature, keyText) {
      const how = { name: "HMAC", hash: "SHA-256" };
      const key = await crypto.subtle.importKey("raw", decodeB64(keyText), how, false, ["verify"]);
      const bytes = new TextEncoder().encode(details);
      return crypto.subtle.verify("HMAC", key, decodeB64(signature), bytes);
    }

    async function digest(text) {
      return encodeB64(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
    }

    module.exports = {
      publicKeys,
      advSecret: () => secret,
      renewAdvSecret: () => (secret = randomSecret()),
      saveSession,
      loadSession,
      clearSession,
      isSigned,
      digest,
    };
  });
})();
