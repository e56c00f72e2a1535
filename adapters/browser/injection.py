"""What is put into every document before its own scripts run: the bridge, and wa-js inside it.

An init script is exempt from the page's Content-Security-Policy; a script element is refused by it.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

import msgspec


@dataclass(frozen=True)
class Injection:
    """The script of one session, and the names in it that only this session knows."""

    binding: str
    """The function through which the page reaches Python; the bridge takes it off the window."""
    handle: str
    """The function through which Python reaches the bridge."""
    nonce: str
    """In every message; page scripts that find the binding do not know it."""
    script: str


def make_injection(wa_js: str, *, heartbeat_s: float, missing_after_s: float) -> Injection:
    """Make the init script around the bundle's text."""
    binding, handle, nonce = (f"_{secrets.token_hex(16)}" for _ in range(3))
    settings = {
        "binding": binding,
        "handle": handle,
        "nonce": nonce,
        "heartbeatMs": heartbeat_s * 1000,
        "missingAfterMs": missing_after_s * 1000,
    }
    told = msgspec.json.encode(settings).decode()
    parts = ", ".join((told, *map(_read, ("readers.js", "pairing.js", "messages.js"))))
    script = f"({_read('bridge.js')})({parts}, () => {{{wa_js}\n}})"
    return Injection(binding=binding, handle=handle, nonce=nonce, script=script)


def _read(name: str) -> str:
    """Read one of our scripts: a single function expression."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8").rstrip()
