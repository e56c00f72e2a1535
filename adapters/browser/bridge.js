// The bridge into the page: says what is, not what happened.
//
// wa-js's events lose links: they never come when the page's bundles arrive late or when the page
// is synced already, and a rotated ADV secret has no event at all. So the state is computed anew
// every 500 ms, and at once on any hint, and is sent until Python has acknowledged it.
//
// Called as (settings, readers, pairing, messages, runWaJs) by an init script: in the page's own
// world, at document start. The three are the files of these names, `runWaJs` the bundle.
(settings, makeReaders, makePairing, makeMessages, runWaJs) => {
  "use strict";
  const binding = window[settings.binding];
  delete window[settings.binding]; // scripts of the page, and its frames, need not find it
  if (typeof binding !== "function" || window !== window.top) return;
  if (!/^https?:$/.test(location.protocol)) return;
  if (location.hostname === "blank.linkwright.invalid") return; // see session_flush.py

  const GATE_MS = 50; // how often we look for the page's modules
  const LOOK_MS = 500; // how often the state is computed when nothing hints at a change
  const CAPABLE_MS = 2000; // how long wa-js may take to answer once it runs
  const ANSWER_MS = 20000; // Python may be busy for this long before a message is sent again
  const MOST_MISSING = 40; // see snapshot.py
  const GATE = [
    "WAWebConnModel",
    "WAWebSocketModel",
    "WAWebStreamModel",
    "WAWebCmd",
    "WAWebUserPrefsMeUser",
  ];

  const { nonce, handle, hosts, heartbeatMs, missingAfterMs } = settings;
  const { stringify } = JSON;
  const boot = [...crypto.getRandomValues(new Uint8Array(12))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  const sticky = { leaving: null, banned: null, banned_for_s: null, storage_failed: false, passkey_asked: false };
  let sequence = 0;
  let acknowledged = ""; // the last state that Python has taken
  let sending = false;
  let injectedAt = null;
  let capable = false;
  let modules = { count: -1, since: performance.now() }; // since when the loader has been quiet
  let lookedAt = performance.now(); // when the state was last computed to its end
  let wanted = false; // a hint came while a message was under way

  const attempt = (look, otherwise = null) => {
    try {
      return look() ?? otherwise;
    } catch {
      return otherwise;
    }
  };
  const word = (value) => {
    const text = typeof value === "number" ? String(value) : value;
    return typeof text === "string" && /^[A-Za-z0-9_.-]{1,40}$/.test(text) ? text : null;
  };
  const plain = (value) => word(value) ?? "";
  const module = (id) => attempt(() => window.importNamespace(id), {});
  const read = makeReaders({ attempt, plain, module });
  const pairing = makePairing({ attempt, plain, hint });
  const messages = makeMessages({ attempt, hint });

  // --- the page's modules -------------------------------------------------------------------

  const modulesMap = () => attempt(() => window.require("__debug").modulesMap, {});

  function absentModules() {
    if (!window.require || !window.__d) return ["module.loader"];
    const map = modulesMap();
    return GATE.filter((id) => !(id in map));
  }

  // What is missing because the network did not bring it is no change of the page. Scripts of hosts
  // that nobody may ask do not count: a page that has moved its modules there has changed.
  const scripts = new Map(); // address -> whether it was loaded, of those whose end we have seen

  const isOfPage = ({ src }) => {
    const { hostname } = attempt(() => new URL(src), {});
    const fits = (host) => host === hostname || (host[0] === "*" && hostname.endsWith(host.slice(1)));
    return Boolean(hostname) && hosts.some(fits);
  };

  function watchScripts() {
    for (const end of ["load", "error"]) {
      const note = ({ target }) => target.localName === "script" && scripts.set(target.src, end === "load");
      document.addEventListener(end, note, true);
    }
  }

  function unloadedScripts() {
    const pending = [...document.scripts].filter((script) => isOfPage(script) && !scripts.has(script.src));
    const failed = [...scripts].filter(([src, loaded]) => !loaded && isOfPage({ src }));
    return pending.length + failed.length;
  }

  function isQuiet() {
    const count = attempt(() => Object.keys(modulesMap()).length, 0);
    if (count !== modules.count) modules = { count, since: performance.now() };
    const long = performance.now() - modules.since > missingAfterMs;
    return long && document.readyState === "complete";
  }

  // Modules may have been renamed: wa-js finds them by their members, so it gets its chance even
  // when our names for them are not there.
  function openGate() {
    if (injectedAt === null && (absentModules().length === 0 || isQuiet())) {
      injectedAt = performance.now();
      window.WPPConfig = {
        ...window.WPPConfig,
        disableGoogleAnalytics: true,
        googleAnalyticsId: null,
        linkPreviewApiServers: [],
        sendStatusToDevice: false,
      };
      attempt(runWaJs);
    }
    if (injectedAt !== null && !capable && absentMembers().length === 0) {
      capable = true;
      listen();
    }
    if (capable) hint();
    else setTimeout(openGate, GATE_MS);
  }

  const MEMBERS = {
    "WPP.whatsapp.Conn": () => WPP.whatsapp.Conn.on,
    "WPP.whatsapp.Socket": () => WPP.whatsapp.Socket.logout,
    "WPP.whatsapp.Stream": () => WPP.whatsapp.Stream.on,
    "WPP.whatsapp.Cmd": () => WPP.whatsapp.Cmd.on,
    "WPP.conn.getStreamData": () => WPP.conn.getStreamData(),
    "WPP.conn.isAuthenticated": () => typeof WPP.conn.isAuthenticated() === "boolean",
    "WPP.conn.getMyUserId": () => (WPP.conn.getMyUserId(), true),
    "WPP.conn.getAuthCode": () => WPP.conn.getAuthCode,
  };

  const absentMembers = () =>
    Object.keys(MEMBERS).filter((name) => !attempt(MEMBERS[name], false));

  function missing() {
    if (capable || injectedAt === null || performance.now() - injectedAt < CAPABLE_MS) return [];
    return isQuiet() ? [...absentModules(), ...absentMembers()] : [];
  }

  // --- hints: reasons to look now ------------------------------------------------------------

  function hintOn(emitter, ...names) {
    for (const name of names) attempt(() => emitter.on(name, hint));
  }

  const BANNED = "ACCOUNT_TEMPORARILY_BANNED";

  function onBackendEvent(name, detail) {
    if (name === BANNED) {
      const { code, reason, expire } = detail ?? {};
      sticky.banned = plain(code ?? reason);
      if (Number.isInteger(expire) && expire > 0 && expire < 1e9) sticky.banned_for_s = expire;
    }
    if (name === "STORAGE_INITIALIZATION_ERROR") sticky.storage_failed = true;
    if (name === "LOGOUT" || name === "STARTING_LOGOUT") {
      sticky.leaving = plain(detail?.reason ?? detail) || sticky.leaving || "unnamed";
    }
    hint();
  }

  function listen() {
    const { Conn, Socket, Stream, Cmd } = WPP.whatsapp;
    const bus = module("WAWebBackendEventBus");
    for (const [name, event] of Object.entries(bus.BackendEvent ?? {})) {
      attempt(() => bus.BackendEventBus.on(event, (detail) => onBackendEvent(name, detail)));
    }
    attempt(() => Cmd.on("temporary_ban", (ban) => onBackendEvent(BANNED, ban)));
    hintOn(Cmd, "main_loaded", "logout", "refresh_qr", "offline_progress_update_from_bridge");
    hintOn(Conn, "change:ref", "change:platform", "change:pushname");
    hintOn(Socket, "change:state", "change:stream", "change:hasSynced");
    hintOn(Stream, "change:mode", "change:info", "change:needsUpdate");
    hintOn(module("WAWebAdvSignatureApi").advSecretEventEmitter, "change");
    hintOn(WPP, "conn.auth_code_change", "conn.authenticated", "conn.main_ready", "conn.online");
    new MutationObserver(hint).observe(document, {
      attributes: true,
      attributeFilter: ["data-ref"],
      childList: false,
      subtree: true,
    });
  }

  // A server without a person cannot answer a passkey; that it was asked for is worth knowing.
  function watchPasskeys() {
    const container = navigator.credentials;
    const original = container?.get;
    if (!original) return;
    container.get = function get(options) {
      if (options?.publicKey) {
        sticky.passkey_asked = true;
        hint();
      }
      return original.call(container, options);
    };
  }

  // --- the state ----------------------------------------------------------------------------

  async function readState() {
    const gone = missing();
    const state = {
      phase: capable ? "running" : injectedAt === null ? "loading" : "starting",
      loaded: document.readyState !== "loading",
      online: navigator.onLine,
      left: read.logoutFromAddress(),
      missing: gone.slice(0, MOST_MISSING),
      unloaded: gone.length ? unloadedScripts() : 0,
      ...sticky,
    };
    if (!capable) return state;
    const stream = attempt(() => WPP.conn.getStreamData(), {});
    const authenticated = attempt(() => WPP.conn.isAuthenticated(), false) === true;
    Object.assign(state, {
      whatsapp: plain(attempt(() => window.Debug.VERSION)),
      wa_js: plain(attempt(() => WPP.version)),
      mode: word(stream.mode),
      info: word(stream.info),
      socket: word(attempt(() => WPP.whatsapp.Socket.state)),
      authenticated,
      synced: attempt(() => WPP.whatsapp.Socket.hasSynced) === true,
      needs_update: attempt(() => WPP.whatsapp.Stream.needsUpdate) === true,
      sync_percent: authenticated && stream.mode === "SYNCING" ? read.progress() : null,
      me: authenticated ? read.me() : null,
      pairing_code: authenticated ? null : pairing.code(),
      pairing_refused: authenticated ? null : pairing.refused(),
      code: authenticated ? null : await read.code(),
    });
    return state;
  }

  // --- sending ------------------------------------------------------------------------------

  // Rejected when the page goes away under it, or when Python does.
  const call = (message) => {
    sequence += 1;
    return binding(stringify({ nonce, boot, sequence, ...message })).catch(() => "failed");
  };

  async function deliver(message) {
    const late = new Promise((resolve) => setTimeout(resolve, ANSWER_MS, "late"));
    return Promise.race([call(message), late]);
  }

  // One message is under way at a time: order is kept, and what changed meanwhile goes together.
  async function send() {
    for (;;) {
      const snapshot = await readState();
      lookedAt = performance.now();
      const text = stringify(snapshot);
      if (text !== acknowledged) {
        if ((await deliver({ kind: "snapshot", snapshot })) !== "taken") return false;
        acknowledged = text;
        continue;
      }
      messages.look(snapshot);
      const news = messages.news();
      if (news === null) return true;
      if (!["taken", "refused"].includes(await deliver(news.message))) return false;
      news.done(); // what was refused would be refused for ever
    }
  }

  // What was not taken waits for the next look: no hurry, Python is busy.
  async function hint() {
    wanted = true;
    if (sending) return;
    sending = true;
    await null; // The page changes several of its words in one go, and tells of the first at once.
    let taken = true;
    while (wanted && taken) {
      wanted = false;
      taken = await send().catch(() => false);
    }
    sending = false;
  }

  // --- what Python asks for -----------------------------------------------------------------

  const commands = {
    // Beats tell that the document lives; this, that WhatsApp's modules and our looks at them do.
    health: () => ({ missing: absentMembers(), looked_ms: performance.now() - lookedAt }),
    async refresh_codes() {
      if (!attempt(() => (WPP.whatsapp.Cmd.refreshQR(), true), false)) {
        document.querySelector("[data-ref] button")?.click();
      }
    },
    logout: () => WPP.conn.logout(),
    pairing_code: (phone) => pairing.start(phone),
    take_over: () => WPP.whatsapp.Socket.takeover(),
    ...messages.commands,
  };

  async function obey(name, argument) {
    if (!capable) return { error: "not_ready" };
    try {
      return { result: (await commands[name](argument)) ?? null };
    } catch (problem) {
      return { error: plain(problem?.code) || plain(problem?.name) || "failed" };
    }
  }

  Object.defineProperty(window, handle, { value: obey });
  watchPasskeys();
  watchScripts();
  call({ kind: "beat" });
  setInterval(() => call({ kind: "beat" }), heartbeatMs);
  setInterval(hint, LOOK_MS);
  document.addEventListener("readystatechange", hint);
  hint();
  openGate();
}
