"use strict";
// The module loader of the stand-in page. It offers the same global names as Meta's loader, because
// wa-js and whatsapp-web.js find everything through them: __d, require, importDefault,
// importNamespace, requireLazy, ErrorGuard, Bootloader and require("__debug").modulesMap.
(() => {
  const modules = Object.create(null);
  const waiting = []; // requireLazy calls whose modules have not all arrived
  const config = JSON.parse(document.getElementById("page-config").textContent);
  const hidden = new Set(config.hidden_modules);

  function define(id, dependencies, factory, special = 0) {
    if (id in modules) return; // the first definition wins, as with late duplicates of a bundle
    modules[id] = { id, dependencies, factory, special, module: null, namespace: null };
    for (const entry of waiting.splice(0)) requireLazy(entry.ids, entry.callback);
  }

  function load(id) {
    const entry = modules[id];
    if (!entry) throw new Error(`Requiring unknown module "${id}".`);
    if (!entry.module) {
      entry.module = { exports: {} };
      const original = entry.module.exports;
      entry.factory(window, exportsOf, loadDefault, loadNamespace, requireLazy, entry.module, original);
      // A module that replaced its exports is a CommonJS one; the others are namespaces.
      entry.replaced = entry.module.exports !== original;
    }
    return entry;
  }

  const exportsOf = (id) => load(id).module.exports;

  function loadDefault(id) {
    const entry = load(id);
    return entry.replaced ? entry.module.exports : entry.module.exports.default;
  }

  function loadNamespace(id) {
    const entry = load(id);
    if (!entry.replaced) return entry.module.exports;
    entry.namespace ??= { default: entry.module.exports };
    return entry.namespace;
  }

  function requireLazy(ids, callback) {
    if (ids.every((id) => id in modules)) callback(...ids.map(exportsOf));
    else waiting.push({ ids, callback });
  }

  // The page's own code goes through `load`. Scripts from outside go through these, and do not see
  // what the scene hides.
  const guarded = (inner) => (id) => {
    if (hidden.has(id)) throw new Error(`Requiring unknown module "${id}".`);
    return withoutHidden(id, inner(id));
  };

  function withoutHidden(id, exports) {
    if (!config.hidden_members.some((member) => member.startsWith(`${id}.`))) return exports;
    const isLeft = ([name]) => !config.hidden_members.includes(`${id}.${name}`);
    return Object.fromEntries(Object.entries(exports).filter(isLeft));
  }

  const errorGuard = {
    skipped: false,
    skipGuardGlobal(skip) {
      this.skipped = skip;
    },
    applyWithGuard(callback, context, args) {
      return callback.apply(context, args ?? []);
    },
    guard(callback) {
      return callback;
    },
  };

  const bootloader = {
    loadModules(ids, callback) {
      for (const id of ids) {
        if (!(id in modules)) throw new Error(`Bootloader: unknown component "${id}".`);
      }
      callback(...ids.map(exportsOf));
    },
    __debug: { componentMap: new Map() },
  };

  define("Bootloader", [], (global, require, a, b, c, module) => {
    module.exports = bootloader;
  });
  define("ErrorGuard", [], (global, require, a, b, c, module) => {
    module.exports = errorGuard;
  });
  define("__debug", [], (global, require, a, b, c, module, exports) => {
    exports.modulesMap = new Proxy(modules, {
      has: (target, id) => id in target && !hidden.has(id),
      get: (target, id) => (hidden.has(id) ? undefined : target[id]),
      ownKeys: (target) => Reflect.ownKeys(target).filter((id) => !hidden.has(id)),
    });
  });
  define("StandInConfig", [], (global, require, a, b, c, module) => {
    module.exports = Object.freeze(config);
  });
  define("StandInBallast", [], (global, require, a, b, c, module) => {
    // Memory that a real page would hold, for people who size machines: see `ballast_mb`.
    module.exports = new Uint8Array(config.ballast_mb * 1024 * 1024).fill(1);
  });

  function publish() {
    if (window.__d || hidden.has("*")) return;
    window.ErrorGuard = errorGuard;
    window.Bootloader = bootloader;
    window.importDefault = guarded(loadDefault);
    window.importNamespace = guarded(loadNamespace);
    window.requireLazy = (ids, callback) => {
      if (!ids.some((id) => hidden.has(id))) requireLazy(ids, callback);
    };
    window.require = guarded(exportsOf);
    window.__d_stub = (id) => define(id, [], (g, r, d, n, l, module) => (module.exports = {}));
    window.__d = define;
  }

  define("StandInPublish", [], (global, require, a, b, c, module) => {
    module.exports = publish;
  });

  // document.currentScript carries the nonce; a bundle that is added later needs it again.
  const nonce = document.currentScript.nonce;
  function addBundle(name) {
    const script = document.createElement("script");
    script.nonce = nonce;
    script.async = false;
    script.src = `${config.bundles_at}${name}`;
    document.head.append(script);
  }

  // Every file of the page calls this one name; it stays when `__d` is published.
  Object.defineProperty(window, "StandIn", { value: Object.freeze({ define, load: exportsOf }) });
  if (!config.modules_after_sync) publish();
  for (const name of config.bundles) addBundle(name);
  setTimeout(() => config.late_bundles.forEach(addBundle), config.bundle_gap_s * 1000);
})();
