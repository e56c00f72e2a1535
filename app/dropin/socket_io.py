"""The words of socket.io over a WebSocket: Engine.IO protocol 4, Socket.IO protocol 5.

Only what a client needs that listens, and now and then says something: text packets of the main
namespace, no binary ones. See github.com/socketio/engine.io-protocol and socket.io-protocol.
"""

import re
from typing import Any, Literal

import msgspec

from app.http.socket_session import MOST_BYTES

PROTOCOL = "4"
PING_EVERY_S = 25
PING_LIMIT_S = 20
"""Both are the official server's defaults; the client is told them, and leaves after their sum
without a word. The feed's beat (15 s) is what pings it."""

PING = "2"
PONG = "3"
_PACKET = re.compile(r"4([0-9])(?:([0-9]+)-)?(?:(/[^,]*),)?([0-9]+)?(.*)", re.DOTALL)


class NotUnderstood(Exception):
    """It is no packet that a client of the main namespace sends."""


class _Opened(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    sid: str
    upgrades: tuple[str, ...] = ()
    ping_interval: int = PING_EVERY_S * 1000
    ping_timeout: int = PING_LIMIT_S * 1000
    max_payload: int = MOST_BYTES


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a client said."""

    kind: Literal["connect", "leave", "event", "nothing"]
    namespace: str = "/"
    auth: object = None
    event: str = ""
    ack: str = ""
    """Not empty: the client waits for an answer under this number."""


def read(packet: str) -> Said:
    """Read one packet; raises NotUnderstood."""
    if packet == "1":
        return Said(kind="leave")
    if packet in (PONG, "5", "6"):
        return Said(kind="nothing")
    found = _PACKET.fullmatch(packet)
    if found is None or found[2]:
        raise NotUnderstood(packet[:1])
    namespace, ack, content = found[3] or "/", found[4] or "", _content(found[5])
    match found[1]:
        case "0":
            return Said(kind="connect", namespace=namespace, auth=content)
        case "1":
            return Said(kind="leave", namespace=namespace)
        case "2" if isinstance(content, list) and content and isinstance(content[0], str):
            return Said(kind="event", namespace=namespace, event=content[0], ack=ack)
        case "3":
            return Said(kind="nothing")
        case _:
            raise NotUnderstood(packet[:2])


def opened(sid: str) -> str:
    """Begin a connection."""
    return f"0{_json(_Opened(sid=sid))}"


def connected(sid: str) -> str:
    """Let a client in."""
    return f"40{_json({'sid': sid})}"


def refused(namespace: str, message: str, data: object = None) -> str:
    """Keep a client out; it is told why by `connect_error`."""
    where = "" if namespace == "/" else f"{namespace},"
    return f"44{where}{_json({'message': message, 'data': data})}"


def event(name: str, payload: object) -> str:
    """Tell a client of something."""
    return f"42{_json([name, payload])}"


def acknowledged(ack: str) -> str:
    """Answer a client that waits."""
    return f"43{ack}[]"


def _content(text: str) -> Any:  # noqa: ANN401  any JSON
    if not text:
        return None
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotUnderstood(text[:1]) from error


def _json(content: object) -> str:
    return msgspec.json.encode(content).decode()
