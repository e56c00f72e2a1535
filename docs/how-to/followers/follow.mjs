// Follows Linkwright's feed in a browser. `ticket` asks your own back end, which has the API key
// and calls POST /v1/tickets; a ticket opens one stream, so each connection takes a new one.

const PAUSE_MS = 2000;
const NOT_AGAIN = [4403, 4404, 4422]; // 4401 is a ticket that was too old: the next one will do

// Over WebSocket, also from a page of another origin. `base` is like "wss://linkwright.example".
export async function followSocket(base, ticket, handle, after = 0) {
  for (;;) {
    const { socket_url } = await ticket();
    const code = await new Promise((ended) => {
      const socket = new WebSocket(`${base}${socket_url}&after=${after}`);
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        if (!message.event.startsWith("feed:")) handle(message.data);
        after = message.id ?? after; // a feed:error has none
      };
      socket.onclose = (event) => ended(event.code);
    });
    if (NOT_AGAIN.includes(code)) return code;
    await new Promise((over) => setTimeout(over, PAUSE_MS));
  }
}

// Over server-sent events, from a page of the same origin (your back end hands /v1/feed on).
// `types` are those of the items that you want to hear of. Call what it gives to stop.
export function followEvents(ticket, types, handle, after = 0) {
  let source = null;
  let stopped = false;
  const connect = async () => {
    const { url } = await ticket();
    if (stopped) return;
    source = new EventSource(`${url}&after=${after}&types=${types.join(",")}`);
    for (const type of types) {
      source.addEventListener(type, (event) => {
        handle(JSON.parse(event.data));
        after = Number(event.lastEventId);
      });
    }
    source.onerror = () => {
      source.close(); // by itself it would come back with the ticket that is spent
      if (!stopped) setTimeout(connect, PAUSE_MS);
    };
  };
  connect();
  return () => {
    stopped = true;
    source?.close();
  };
}
