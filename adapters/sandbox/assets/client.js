"use strict";
// The page itself: one connection to the stand-in server, and what each message of it changes.
(() => {
  const { define, load } = StandIn;
  const FIRST_RETRY_S = 1; // then doubled up to the longest, all divided by the sandbox's time scale
  const LONGEST_RETRY_S = 30;

  // StandInLink: the WebSocket, the stream state that clients read, and the kept session.
  define("StandInLink", ["StandInConfig"], (global, require, a, b, c, module) => {
    const config = require("StandInConfig");
    const keys = require("StandInKeys");
    const EventEmitter = require("WAWebEventEmitter");
    const { encodeB64 } = require("WABase64");
    const { Socket } = require("WAWebSocketModel");
    const { Stream } = require("WAWebStreamModel");
    const events = new EventEmitter();
    let socket = null;
    let session = null;
    let retries = 0;

    function send(message) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    }

    function show({ socket: state, mode, info, stream }) {
      if (state) Socket.state = state;
      if (stream) Socket.stream = stream;
      if (info) Stream.info = info;
      if (mode) Stream.mode = mode;
      const seen = { socket: Socket.state, mode: Stream.mode ?? null, info: Stream.info };
      send({ type: "state_reported", ...seen });
    }

    async function hello() {
      const { noise, identity } = await keys.publicKeys();
      send({
        type: "hello",
        page_id: config.page_id,
        noise_key: encodeB64(noise),
        identity_key: encodeB64(identity),
        login: session ? { device_id: session.device_id, token: session.token } : null,
      });
    }

    function connect() {
      const scheme = location.protocol === "https:" ? "wss" : "ws";
      const opened = new WebSocket(`${scheme}://${location.host}/socket/${config.account}`);
      socket = opened;
      opened.onopen = () => {
        retries = 0;
        hello();
      };
      opened.onmessage = (event) => {
        const message = JSON.parse(event.data);
        events.trigger(message.type, message);
      };
      opened.onclose = () => {
        if (socket === opened) events.trigger("closed");
      };
    }

    function reconnectLater() {
      const seconds = Math.min(FIRST_RETRY_S * 2 ** retries, LONGEST_RETRY_S) / config.time_scale;
      retries += 1;
      setTimeout(connect, seconds * 1000);
    }

    function hangUp() {
      const closing = socket;
      socket = null;
      closing?.close();
    }

    module.exports = {
      on: (name, callback) => events.on(name, callback),
      send,
      show,
      connect,
      reconnectLater,
      hangUp,
      isLinked: () => session !== null,
      async open() {
        session = await keys.loadSession();
        connect();
      },
      async keep(kept) {
        session = kept;
        await keys.saveSession(kept);
      },
      async forget() {
        session = null;
        await keys.clearSession();
      },
    };
  });

  define("StandInClient", ["StandInLink"], (global, require, a, b, c, module) => {
    const link = require("StandInLink");
    const keys = require("StandInKeys");
    const codes = require("StandInCodes");
    const screen = require("StandInScreen");
    const messages = require("StandInMessages");
    const { Socket } = require("WAWebSocketModel");
    const { Stream } = require("WAWebStreamModel");
    const { Conn } = require("WAWebConnModel");
    const { Cmd } = require("WAWebCmd");
    const { BackendEventBus, BackendEvent } = require("WAWebBackendEventBus");
    const me = require("WAWebUserPrefsMeUser");
    let over = false; // this page stands aside (conflict, ban, logout) and must not reconnect
    let restarting = false; // a phone has just linked: the server ends the stream once

    async function leave(reason) {
      over = true;
      codes.stop();
      await link.forget();
      const outcome = require("WAWebLogoutReason");
      outcome.setPrevLogoutReasonCode(outcome.getErrorCodeFromLogoutReason(reason));
      BackendEventBus.trigger(BackendEvent.LOGOUT, reason);
      Cmd.logout();
      link.hangUp();
      const query = new URLSearchParams({ post_logout: "1", logout_reason: reason });
      location.assign(`${location.pathname}?${query}`);
    }

    async function logout() {
      BackendEventBus.trigger(BackendEvent.STARTING_LOGOUT);
      link.send({ type: "logout" });
    }

    async function paired({ details, signature, via }) {
      if (!(await keys.isSigned(details, signature, codes.signingKey(via)))) {
        link.send({ type: "pair_answered", verified: false });
        codes.resume();
        return;
      }
      await link.keep(JSON.parse(details));
      codes.stop();
      Conn.connected = true;
      restarting = true;
      screen.splash("Linked. Restarting the connection.");
      link.send({ type: "pair_answered", verified: true });
    }

    function loggedIn({ resumed }) {
      over = false;
      restarting = false;
      const info = resumed ? "RESUMING" : "SYNCING";
      Conn.connected = true;
      Conn.platform = "android";
      link.show({ socket: "CONNECTED", stream: info, mode: "SYNCING", info });
      Cmd.mainLoaded();
    }

    function identified(message) {
      me.setMe(message);
      Conn.set({ wid: me.getMaybeMePnUser(), phone: message.phone_number, pushname: message.name });
      messages.paint();
    }

    function synced() {
      link.show({ stream: "CONNECTED", info: "NORMAL", mode: "MAIN" });
      BackendEventBus.trigger(BackendEvent.MAIN_STREAM_MODE_READY);
      Socket.hasSynced = true;
      messages.paint();
      messages.flush();
      require("StandInPublish")();
    }

    function closed() {
      if (over) return;
      if (restarting) {
        link.show({ socket: "OPENING", info: "CONNECTING" });
        link.reconnectLater();
        return;
      }
      const seen = link.isLinked() ? { mode: "OFFLINE", info: "OFFLINE" } : { info: "OPENING" };
      codes.stop();
      link.show({ socket: "OPENING", stream: "DISCONNECTED", ...seen });
      BackendEventBus.trigger(BackendEvent.SOCKET_STREAM_DISCONNECTED);
      link.reconnectLater();
    }

    function conflicted() {
      over = true;
      link.show({ socket: "CONFLICT", stream: "DISCONNECTED", mode: "CONFLICT", info: "OFFLINE" });
      link.hangUp();
      screen.notice("WhatsApp is open in another window", "Use it here?", "Use here", takeOver);
    }

    function takeOver() {
      over = false;
      link.show({ socket: "OPENING", mode: "SYNCING", info: "RESUMING" });
      link.connect();
    }

    function banned({ form, expires_in_s }) {
      over = true;
      link.hangUp();
      codes.stop();
      if (form === "temporary") {
        const ban = { code: 101, expire: expires_in_s };
        link.show({ socket: "UNLAUNCHED", mode: "OFFLINE", info: "OFFLINE" });
        BackendEventBus.trigger(BackendEvent.ACCOUNT_TEMPORARILY_BANNED, ban);
        Cmd.onTemporaryBan(ban);
      } else {
        const block = form === "proxy" ? "PROXYBLOCK" : "TOS_BLOCK";
        link.show({ socket: block, mode: block, info: "OFFLINE" });
      }
      screen.notice("This account cannot use WhatsApp", `Form: ${form}.`);
    }

    function outdated() {
      over = true;
      link.hangUp();
      codes.stop();
      link.show({ socket: "DEPRECATED_VERSION", mode: "DEPRECATED_VERSION", info: "OFFLINE" });
      Stream.needsUpdate = true;
      screen.notice("Update WhatsApp", "This version is no longer served.");
    }

    let passkey = null;
    async function askForPasskey({ limit_s }) {
      passkey = new AbortController();
      screen.notice("Continue with your passkey", "The phone asks this browser for a passkey.");
      const publicKey = {
        challenge: crypto.getRandomValues(new Uint8Array(32)),
        rpId: location.hostname,
        userVerification: "required",
        timeout: limit_s * 1000,
      };
      try {
        await navigator.credentials.get({ publicKey, signal: passkey.signal });
        link.send({ type: "passkey_given" });
      } catch (problem) {
        // A loopback address may not have passkeys; then only the simulated phone can answer.
        console.debug("No passkey from this browser.", problem.name);
      }
    }

    // Whoever asks for the stream's state gets an error, as from a module whose inside has broken.
    function fallSilent() {
      const get = () => {
        throw new Error("The module has broken.");
      };
      for (const name of ["mode", "info"]) Object.defineProperty(Stream, name, { get });
    }

    function misbehave({ how }) {
      if (how === "hang") for (;;);
      if (how === "fall_silent") return fallSilent();
      // Layout of a deep tree exhausts the renderer's stack: the tab dies, as it would for any
      // other fault. Works in Chromium with its window, headless, and in the headless shell; 8000
      // is enough for a stack of 8 MB, and more is tried where stacks are larger.
      for (let depth = 8000; ; depth *= 4) {
        const top = document.createElement("div");
        let deepest = top;
        for (let level = 0; level < depth; level += 1) {
          deepest.append(document.createElement("div"));
          deepest = deepest.firstChild;
        }
        document.body.append(top);
        top.getBoundingClientRect();
      }
    }

    link.on("closed", closed);
    link.on("pairing_started", () => {
      codes.hold();
      link.show({ socket: "PAIRING", info: "PAIRING" });
    });
    link.on("pairing_cancelled", codes.refresh);
    link.on("passkey_requested", askForPasskey);
    link.on("passkey_answered", () => passkey?.abort());
    link.on("pair_succeeded", paired);
    link.on("logged_in", loggedIn);
    link.on("identified", identified);
    link.on("sync_progressed", ({ percent }) => {
      require("WAWebOfflineHandler").OfflineMessageHandler.setOfflineDeliveryProgress(percent);
      screen.syncing(percent);
    });
    link.on("sync_finished", synced);
    link.on("conflict", conflicted);
    link.on("banned", banned);
    link.on("outdated", outdated);
    link.on("logged_out", ({ reason }) => leave(reason));
    link.on("phone_unreachable", () =>
      link.show({ socket: "TIMEOUT", mode: "OFFLINE", info: "OFFLINE" }),
    );
    link.on("phone_reachable", () =>
      link.show({ socket: "CONNECTED", mode: "MAIN", info: "NORMAL" }),
    );
    link.on("pairing_code_entered", () =>
      require("WAWebLinkDeviceEvents").WAWebLinkDeviceEvents.triggerPrimaryHelloReceived(),
    );
    link.on("pairing_code_expired", () =>
      require("WAWebLinkDeviceEvents").WAWebLinkDeviceEvents.triggerRefreshAltLinkingCode(),
    );
    link.on("misbehave", misbehave);

    module.exports = {
      start() {
        screen.splash("Opening.");
        require("StandInBallast");
        link.show({ socket: "OPENING", info: "OPENING" });
        link.open();
      },
      logout,
      takeOver,
      isLinked: link.isLinked,
      refreshCodes: codes.refresh,
      startPairingCode: codes.startPairingCode,
      sendMessage: messages.send,
    };
  });

  window.Debug = { VERSION: load("WAWebBuildConstants").VERSION_STR };
  load("StandInClient").start();
})();
