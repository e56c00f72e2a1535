// Hands a page's requests on to Linkwright and adds the key, which has no business in a browser.
//
//   app.use("/api/whatsapp", requireLogin, linkwrightProxy())
//
// Mount it behind your own login, before express.json(). It needs nothing but Node.
import { request } from "node:http";
import { request as requestSecurely } from "node:https";
import { pipeline } from "node:stream";

export function linkwrightProxy({
  url = process.env.LINKWRIGHT_URL ?? "http://127.0.0.1:8700",
  key = process.env.LINKWRIGHT_API_KEY,
  workspace = "default",
} = {}) {
  const ask = url.startsWith("https:") ? requestSecurely : request;
  return (from, to) => {
    const { cookie, host, ...headers } = from.headers; // your login is not Linkwright's business
    headers.authorization = `Bearer ${key}`;
    headers["linkwright-workspace"] = workspace;
    const path = from.originalUrl ?? from.url; // Express cuts the mount path off `url`
    const asked = ask(url + path, { method: from.method, headers }, (answer) => {
      to.writeHead(answer.statusCode, answer.headers);
      pipeline(answer, to, () => asked.destroy()); // the page has left: so does its stream
    });
    asked.on("error", () => {
      if (to.headersSent) return to.destroy();
      to.writeHead(502, { "content-type": "application/json" });
      to.end('{"success":false,"error":"Linkwright cannot be reached"}');
    });
    pipeline(from, asked, () => {});
  };
}
