"use strict";
// What linking needs: constants, connection, socket and stream state, commands, key access and the
// pairing code. Values come from StandInClient and StandInKeys; here they only get their names.
(() => {
  const { define } = StandIn;
  const VERSION = "2.3000.1048032155";
  const enumOf = (...names) => Object.freeze(Object.fromEntries(names.map((name) => [name, name])));
  const esm = (id, dependencies, fill) =>
    define(id, dependencies, (global, require, a, b, c, module, exports) => fill(exports, require));
  const cjs = (id, dependencies, make) =>
    define(id, dependencies, (global, require, a, b, c, module) => {
      module.exports = make(require);
    });

  esm("WAWebBuildConstants", [], (exports) => {
    const [primary, secondary, tertiary] = VERSION.split(".");
    Object.assign(exports, {
      VERSION_STR: VERSION,
      SANITIZED_VERSION_STR: VERSION,
      VERSION_BASE: VERSION,
      VERSION_PRIMARY: primary,
      VERSION_SECONDARY: secondary,
      VERSION_TERTIARY: tertiary,
      WINDOWS_BUILD: null,
    });
  });

  esm("WAWebSocketConstants", [], (exports) => {
    exports.SOCKET_STATE = enumOf(
      "OPENING", "PAIRING", "UNPAIRED", "UNPAIRED_IDLE", "CONNECTED", "TIMEOUT", "CONFLICT",
      "UNLAUNCHED", "PROXYBLOCK", "TOS_BLOCK", "SMB_TOS_BLOCK", "DEPRECATED_VERSION",
    );
    exports.SOCKET_STREAM = enumOf("DISCONNECTED", "SYNCING", "RESUMING", "CONNECTED");
    exports.WATCHED_SOCKET_STATE = enumOf("OPEN", "CLOSED");
  });

  esm("WAWebLogoutReasonConstants", [], (exports) => {
    exports.LogoutReason = Object.freeze({
      UserInitiated: "user_initiated",
      UnknownCompanion: "unknown_companion",
      AccountLocked: "account_locked",
      ClientVersionOutdated: "client_version_outdated",
    });
    exports.LOGOUT_REASON_CODE = Object.freeze({
      CLIENT_FATAL: "0",
      SYNC_FAIL: "1",
      INITIAL_HISTORY_SYNC_TIMEOUT: "2",
      ACCOUNT_LOCKED: "3",
    });
  });

  esm("WAWebLogoutReason", [], (exports) => {
    let code = null;
    let message = null;
    exports.getErrorCodeFromLogoutReason = (reason) => (reason === "account_locked" ? "3" : "0");
    exports.setPrevLogoutReasonCode = (value) => (code = value);
    exports.getPrevLogoutReasonCode = () => code;
    exports.setPrevCustomLogoutMessage = (value) => (message = value);
    exports.getPrevCustomLogoutMessage = () => message;
  });

  esm("WAWebBackendEventBus", ["WAWebEventEmitter"], (exports, require) => {
    const EventEmitter = require("WAWebEventEmitter");
    exports.BackendEvent = Object.freeze({
      LOGOUT: "logout",
      REFRESH_QR: "refresh_qr",
      STARTING_LOGOUT: "starting_logout",
      ON_CRITICAL_SYNC_DONE: "on_critical_sync_done",
      STORAGE_INITIALIZATION_ERROR: "storage_initialization_error",
      SOCKET_STREAM_DISCONNECTED: "socket_stream_disconnected",
      OPEN_SOCKET_STREAM: "open_socket_stream",
      SET_SOCKET_STATE: "set_socket_state",
      ACCOUNT_TEMPORARILY_BANNED: "account_temporarily_banned",
      UNEXPECTED_LOGOUT_MODAL: "unexpected_logout_modal",
      INITIAL_LOAD_READY: "initial_load_ready",
      MAIN_STREAM_MODE_READY: "main_stream_mode_ready",
      OFFLINE_DELIVERY_END: "offline_delivery_end",
    });
    exports.BackendEventBus = new EventEmitter();
  });

  cjs("WAWebNetworkStatus", ["WAWebBaseModel"], (require) => {
    const { BaseModel, defineModel } = require("WAWebBaseModel");
    class NetworkStatus extends BaseModel {
      checkOnline() {
        this.online = navigator.onLine;
        return this.online;
      }
    }
    const status = new (defineModel(NetworkStatus, ["online"]))({ online: navigator.onLine });
    window.addEventListener("online", () => status.checkOnline());
    window.addEventListener("offline", () => status.checkOnline());
    return status;
  });

  esm("WAWebConnModel", ["WAWebBaseModel"], (exports, require) => {
    const { BaseModel, defineModel } = require("WAWebBaseModel");
    const names = ["ref", "refTTL", "wid", "connected", "platform", "phone", "pushname", "battery", "plugged"];
    exports.ConnImpl = defineModel(class Conn extends BaseModel {}, names);
    exports.Conn = new exports.ConnImpl({ connected: false, platform: undefined });
  });

  esm("WAWebSocketModel", ["WAWebBaseModel"], (exports, require) => {
    const { BaseModel, defineModel } = require("WAWebBaseModel");
    const client = () => require("StandInClient");
    class SocketModel extends BaseModel {
      initConn() {}

      poke() {
        client().refreshCodes();
      }

      logout() {
        return client().logout();
      }

      takeover() {
        return client().takeOver();
      }
    }
    exports.Socket = new (defineModel(SocketModel, ["state", "stream", "hasSynced", "launched"]))({
      state: "UNLAUNCHED",
      stream: "DISCONNECTED",
      hasSynced: false,
    });
  });

  esm("WAWebStreamModel", ["WAWebBaseModel"], (exports, require) => {
    const { BaseModel, defineModel } = require("WAWebBaseModel");
    class StreamModel extends BaseModel {
      markAvailable() {
        this.available = true;
      }

      markUnavailable() {
        this.available = false;
      }
    }
    const names = ["mode", "info", "needsUpdate", "available", "resumeCount"];
    exports.Stream = new (defineModel(StreamModel, names))({ info: "OPENING", needsUpdate: false });
  });

  esm("WAWebCmd", ["WAWebEventEmitter"], (exports, require) => {
    const EventEmitter = require("WAWebEventEmitter");
    exports.CmdImpl = class Cmd extends EventEmitter {
      isMainLoaded = false;

      mainLoaded() {
        this.isMainLoaded = true;
        this.trigger("main_loaded");
      }

      refreshQR() {
        this.trigger("refresh_qr");
        require("StandInClient").refreshCodes();
      }

      logout() {
        this.trigger("logout");
      }

      onTemporaryBan(ban) {
        this.trigger("temporary_ban", ban);
      }

      openChatBottom() {
        return true;
      }
    };
    exports.Cmd = new exports.CmdImpl();
  });

  esm("WAWebLaunchSocketUtils", ["WAWebCmd"], (exports, require) => {
    exports.refreshQR = () => require("WAWebCmd").Cmd.refreshQR();
  });

  esm("WAWebOfflineHandler", ["WAWebEventEmitter"], (exports, require) => {
    let percent = 0;
    exports.OfflineMessageHandler = {
      getOfflineDeliveryProgress: () => percent,
      setOfflineDeliveryProgress(value) {
        percent = value;
        require("WAWebCmd").Cmd.trigger("offline_progress_update_from_bridge");
      },
    };
  });

  esm("WAWebCompanionRegClientUtils", [], (exports) => {
    exports.DEVICE_PLATFORM = 1; // Chrome, in the list of linked-device platforms
  });

  esm("WABase64", [], (exports) => {
    exports.BASE64_DATA_URL_SCHEME = "data:image/jpeg;base64,";
    exports.encodeB64 = (data) => btoa(String.fromCharCode(...new Uint8Array(data)));
    exports.decodeB64 = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer;
    exports.encodeB64UrlSafe = (data) =>
      exports.encodeB64(data).replaceAll("+", "-").replaceAll("/", "_");
    exports.decodeB64ToJsArray = (text) => [...new Uint8Array(exports.decodeB64(text))];
  });

  esm("WAWebAdvSignatureApi", ["WAWebEventEmitter"], (exports, require) => {
    const EventEmitter = require("WAWebEventEmitter");
    const keys = () => require("StandInKeys");
    exports.advSecretEventEmitter = new EventEmitter();
    exports.getADVSecretKey = () => keys().advSecret();
    exports.generateADVSecretKey = () => {
      const secret = keys().renewAdvSecret();
      exports.advSecretEventEmitter.trigger("change", secret);
      return secret;
    };
    exports.clearADVSecretKey = () => undefined;
    exports.setADVSignedIdentity = () => undefined;
  });

  esm("WAWebUserPrefsInfoStore", [], (exports, require) => {
    exports.waNoiseInfo = {
      get: async () => ({ staticKeyPair: { pubKey: (await require("StandInKeys").publicKeys()).noise } }),
      set: () => undefined,
    };
  });

  esm("WAWebSignalStoreApi", [], (exports, require) => {
    exports.waSignalStore = {
      getRegistrationInfo: async () => ({
        registrationId: 1,
        identityKeyPair: { pubKey: (await require("StandInKeys").publicKeys()).identity },
      }),
    };
  });

  esm("WAWebUserPrefsMultiDevice", [], (exports, require) => {
    const linked = () => require("StandInClient").isLinked();
    exports.isLoggedIn = linked;
    exports.isRegistered = linked;
    exports.getADVSecretKey = () => require("StandInKeys").advSecret();
  });

  esm("WAWebLinkDeviceEvents", ["WAWebEventEmitter"], (exports, require) => {
    const events = new (require("WAWebEventEmitter"))();
    const say = (name) => () => events.trigger(`link_device_events:${name}`);
    exports.WAWebLinkDeviceEvents = Object.assign(events, {
      triggerRefreshAltLinkingCode: say("refresh_alt_linking_code"),
      triggerForceManualRefresh: say("force_manual_refresh"),
      triggerPrimaryHelloReceived: say("primary_hello_received"),
      triggerErrorAltLinking: say("error_alt_linking"),
    });
  });

  esm("WAWebAltDeviceLinkingApi", [], (exports, require) => {
    const client = () => require("StandInClient");
    let pairingType = "QR_CODE";
    exports.setPairingType = (type) => (pairingType = type);
    exports.getPairingType = () => pairingType;
    exports.initializeAltDeviceLinking = async () => exports.setPairingType("ALT_DEVICE_LINKING");
    exports.initializeQRLinking = async () => {
      exports.setPairingType("QR_CODE");
      client().refreshCodes();
    };
    exports.startAltLinkingFlow = (phone) => client().startPairingCode(phone);
    exports.genLinkDeviceCodeForPhoneNumber = (phone) => client().startPairingCode(phone);
  });
})();
