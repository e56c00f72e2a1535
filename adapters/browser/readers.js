// What the bridge reads from the page, by functions that remember next to nothing.
//
// Called with three functions of bridge.js, see there. Whatever does not fit the schema of
// snapshot.py is left out here: a refused message would tell nothing at all.
(tools) => {
  "use strict";
  const { attempt, plain, module } = tools;
  const PAINT_MS = 1000; // how long a code may take from the connection to the screen
  const ANSWER_MS = 1000; // how long the page may think about a code: no look waits for ever
  const LONGEST_LIFE_S = 3600;
  const LONGEST_REF = 300;
  const LONGEST_NAME = 100;
  let expected = { code: "", since: 0 }; // what the screen has to show, and since when

  // prefix#ref,noise,identity,secret,platform: the prefix may change, the fields have not.
  const fieldsOf = (text) => text.slice(text.lastIndexOf("#") + 1).split(",");

  const isCode = (text) => /^[\x21-\x7e]{20,1024}$/.test(text);

  function lifeOf(ttl) {
    const life_s = ttl > 1000 ? ttl / 1000 : ttl; // seconds, or milliseconds
    return life_s > 0 && life_s <= LONGEST_LIFE_S ? life_s : null;
  }

  // What the page paints is what phones accept today, so it is preferred; but only when it is the
  // code that WhatsApp's connection is waiting for. No reference, no code.
  async function code() {
    const { Conn } = WPP.whatsapp;
    const current = Conn.ref;
    if (typeof current !== "string" || !current || Conn.connected) return null;
    if (current.length > LONGEST_REF) return null;
    const asked = Promise.resolve(attempt(() => WPP.conn.getAuthCode())).catch(() => null);
    const late = new Promise((resolve) => setTimeout(resolve, ANSWER_MS, null));
    const known = await Promise.race([asked, late]);
    const wanted = `${current},${known?.secretKey}`;
    if (wanted !== expected.code) expected = { code: wanted, since: performance.now() };
    const painted = document.querySelector("[data-ref]")?.getAttribute("data-ref") ?? "";
    const fields = fieldsOf(painted);
    const agrees = fields[0] === current && (!known || fields[3] === known.secretKey);
    const overdue = performance.now() - expected.since > PAINT_MS;
    const shown = { ref: current, life_s: lifeOf(Number(Conn.refTTL)) };
    if (agrees && isCode(painted)) return { ...shown, text: painted, source: "page" };
    if (overdue && known?.ref === current && isCode(known.fullCode)) {
      return { ...shown, text: known.fullCode, source: "bridge" };
    }
    return null;
  }

  function me() {
    const wid =
      attempt(() => WPP.conn.getMyUserId()) ??
      attempt(() => module("WAWebUserPrefsMeUser").getMaybeMePnUser()) ??
      attempt(() => WPP.whatsapp.Conn.wid);
    const phone = String(wid?.user ?? "");
    if (!/^[0-9]{5,20}$/.test(phone)) return null;
    const name = String(attempt(() => WPP.whatsapp.Conn.pushname, ""));
    return {
      phone,
      name: [...name].slice(0, LONGEST_NAME).join("").toWellFormed(),
      platform: plain(attempt(() => WPP.conn.getPlatform(), "")),
    };
  }

  function progress() {
    const handler = module("WAWebOfflineHandler").OfflineMessageHandler;
    const percent =
      attempt(() => handler.getOfflineDeliveryProgress()) ??
      attempt(() => WPP.conn.getHistorySyncProgress().progress);
    return Number.isFinite(percent) ? Math.max(0, Math.min(100, Math.floor(percent))) : null;
  }

  function logoutFromAddress() {
    const query = new URLSearchParams(location.search);
    return query.get("post_logout") === "1" ? plain(query.get("logout_reason")) : null;
  }

  return { code, me, progress, logoutFromAddress };
}
