// Pairing codes: asked for, renewed, refused. Called with three functions of bridge.js, see there.
//
// Not by wa-js's own flow (startLinkDeviceCodeForPhoneNumber): that one ends itself on
// conn.main_ready, which wa-js tells once, and perhaps after the flow has begun.
(tools) => {
  "use strict";
  const { attempt, plain, hint } = tools;
  const RENEW_MS = 195000; // when the page has not asked for it before, at 180 s
  let shown = null;
  let refusal = null; // WhatsApp's own word for why there is none
  let renewal = 0;

  function take(code) {
    const letters = String(code ?? "").replace(/[^A-Z0-9]/g, "");
    shown = letters.length === 8 ? letters : null;
    refusal = shown ? null : "malformed";
    hint();
  }

  function refuse(problem) {
    const { type, code, name } = problem ?? {};
    shown = null;
    refusal = plain(type?.name) || plain(code) || plain(name) || "unnamed";
    hint();
  }

  async function ask(phone) {
    clearTimeout(renewal);
    renewal = setTimeout(ask, RENEW_MS, phone);
    const asked = async () => WPP.conn.genLinkDeviceCodeForPhoneNumber(phone);
    await asked().then(take, refuse);
  }

  // A code lives on the connection that it was asked on: after another one no phone can use it.
  function renewOnReconnect(phone) {
    const { Socket } = WPP.whatsapp;
    let dropped = false;
    const look = () => {
      const renew = dropped && Socket.state === "UNPAIRED";
      dropped = Socket.state === "OPENING" || (dropped && !renew);
      if (renew) ask(phone);
    };
    attempt(() => Socket.on("change:state", look));
  }

  function start(phone) {
    const on = (name, then) =>
      attempt(() => WPP.whatsapp.LinkDeviceEvents.on(`link_device_events:${name}`, then));
    on("refresh_alt_linking_code", () => ask(phone));
    on("force_manual_refresh", () => ask(phone));
    on("primary_hello_received", () => clearTimeout(renewal)); // a phone is at work on this one
    renewOnReconnect(phone);
    return ask(phone);
  }

  return { start, code: () => shown, refused: () => refusal };
}
