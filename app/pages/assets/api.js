// Talks to the API of this very service. The key is never here: a cookie that no script can read
// carries the sign-in, and the token below proves that a change comes from this page.

export class Problem extends Error {
  constructor(told, status) {
    super(told.detail || told.title || `The service answered ${status}.`);
    this.code = (told.type || "").split("/").pop();
    this.told = told;
    this.status = status;
  }
}

export class Api {
  // `as` is "page" for the operator's sign-in, "link" for an end user's one-time link.
  constructor(as) {
    this.as = as;
    this.session = { signed_in: false };
  }

  get sessionPath() {
    return this.as === "link" ? "/link/session" : "/session";
  }

  async readSession() {
    this.session = await this.get(this.sessionPath);
    return this.session.signed_in;
  }

  async signIn(body) {
    this.session = await this.post(this.sessionPath, body);
  }

  async signOut() {
    this.session = await this.send("DELETE", this.sessionPath);
  }

  get(path) {
    return this.send("GET", path);
  }

  post(path, body) {
    return this.send("POST", path, body);
  }

  async send(method, path, body) {
    const answered = await this.request(method, path, body, "application/json");
    return answered.json();
  }

  // A file goes as it is, anything else as JSON.
  async request(method, path, body, accept) {
    const isFile = body instanceof Blob;
    const headers = { Accept: accept, "X-Linkwright-Page": this.as };
    if (this.session.csrf_token && method !== "GET") headers["X-CSRF-Token"] = this.session.csrf_token;
    if (body !== undefined) headers["Content-Type"] = isFile ? "application/octet-stream" : "application/json";
    let answered;
    try {
      answered = await fetch(path, {
        method,
        headers,
        body: isFile || body === undefined ? body : JSON.stringify(body),
        cache: "no-store",
        credentials: "same-origin",
      });
    } catch {
      throw new Problem({ detail: "The service cannot be reached. Is it running?" }, 0);
    }
    if (!answered.ok) throw new Problem(await told(answered), answered.status);
    return answered;
  }

  // Follows the feed behind `position`; `heard` gets every item, `state` "live" or "away".
  follow(position, filter, heard, state) {
    const query = new URLSearchParams({ after: position, page: this.as, ...filter });
    const source = new EventSource(`/v1/feed?${query}`);
    for (const type of [...this.session.feed_types, "reset"]) {
      source.addEventListener(type, (event) => heard(JSON.parse(event.data), type));
    }
    source.onopen = () => state("live");
    source.onerror = () => state(source.readyState === EventSource.CLOSED ? "ended" : "away");
    window.addEventListener("pagehide", () => source.close(), { once: true });
    return source;
  }
}

async function told(answered) {
  try {
    return await answered.json();
  } catch {
    return {};
  }
}
