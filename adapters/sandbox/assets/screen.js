"use strict";
// What a person sees: splash, code, reload button, pairing code, syncing, chats, notices.
(() => {
  const { define } = StandIn;
  const CODE_LABEL = "Scan this QR code to link a device!";
  const QUIET_ZONE = 4; // modules of white around a QR code, from its standard

  define("StandInScreen", [], (global, require, a, b, c, module) => {
    const root = document.getElementById("app");

    function element(name, attributes = {}, ...children) {
      const made = document.createElement(name);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      made.append(...children);
      return made;
    }

    const show = (...children) => root.replaceChildren(...children);
    const heading = (text) => element("h1", {}, text);
    const paragraph = (text) => element("p", {}, text);

    function button(text, onPress) {
      const made = element("button", { type: "button" }, text);
      made.addEventListener("click", onPress);
      return made;
    }

    function draw(canvas, rows) {
      const scale = Math.max(3, Math.floor(320 / (rows.length + 2 * QUIET_ZONE)));
      canvas.width = canvas.height = (rows.length + 2 * QUIET_ZONE) * scale;
      const pen = canvas.getContext("2d");
      pen.fillStyle = "#ffffff";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.fillStyle = "#000000";
      rows.forEach((row, y) => {
        [...row].forEach((dot, x) => {
          if (dot !== "1") return;
          pen.fillRect((x + QUIET_ZONE) * scale, (y + QUIET_ZONE) * scale, scale, scale);
        });
      });
    }

    // Repaints the same canvas while a code is on show, as a rotation does.
    function code(text, rows) {
      let holder = root.querySelector("[data-ref]");
      if (!holder?.querySelector("canvas")) {
        holder = element("div", { class: "code" }, element("canvas", { "aria-label": CODE_LABEL, role: "img" }));
        show(
          heading("Link a device"),
          paragraph("This is Linkwright's sandbox: no real phone can use this code."),
          holder,
        );
      }
      draw(holder.querySelector("canvas"), rows);
      holder.setAttribute("data-ref", text);
    }

    function idle(onReload) {
      const reload = button("Click to reload QR code", onReload);
      show(heading("Link a device"), element("div", { class: "code", "data-ref": "" }, reload));
    }

    function pairingCode(text) {
      const letters = element("p", { class: "letters", "data-link-code": [...text].join(",") }, text);
      show(heading("Enter code on phone"), letters);
    }

    function chats(name, messages) {
      const lines = messages.map((one) =>
        element("li", { class: one.id.fromMe ? "mine" : "theirs" }, one.body ?? one.filename ?? ""),
      );
      show(heading(name), element("ul", { id: "pane-side", "aria-label": "Messages" }, ...lines));
    }

    module.exports = {
      code,
      idle,
      pairingCode,
      chats,
      splash: (text) => show(heading("WhatsApp stand-in"), paragraph(text)),
      syncing: (percent) =>
        show(
          heading("Loading your chats"),
          element("progress", { max: "100", value: String(percent), "aria-label": "Loading" }),
        ),
      notice: (title, detail, label, onPress) =>
        show(heading(title), paragraph(detail), ...(label ? [button(label, onPress)] : [])),
    };
  });
})();
