"""What is put into every document before its own scripts run: the bridge, and wa-js inside it.

An init script is exempt from the page's Content-Security-Policy; a script element is refused by it.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from adapters.browser.spec import Limits


def _name() -> str:
    return f"_{secrets.token_hex(16)}"


@dataclass(frozen=True, kw_only=True)
class Injection:
    """The script of one session, and the names in it that only this session knows."""

    wa_js: str
    """The bundle's text."""
    limits: Limits
    hosts: Sequence[str]
    """What the page may ask; see SessionSpec.allowed_hosts."""
    binding: str = field(default_factory=_name)
    """The function through which the page reaches Python; the bridge takes it off the window."""
    handle: str = field(default_factory=_name)
    """The function through which Python reaches the bridge."""
    nonce: str = field(default_factory=_name)
    """In every message; page scripts that find the binding do not know it."""

    def script(self) -> str:
        """Make the init script around the bundle: 0.6 MB, so not to be kept for each session."""
        settings = {
            "binding": self.binding,
            "handle": self.handle,
            "nonce": self.nonce,
            "hosts": self.hosts,
            "heartbeatMs": self.limits.heartbeat_s * 1000,
            "missingAfterMs": self.limits.missing_after_s * 1000,
        }
        told = msgspec.json.encode(settings).decode()
        parts = ", ".join((told, *map(_read, ("readers.js", "pairing.js", "messages.js"))))
        return f"({_read('bridge.js')})({parts}, () => {{{self.wa_js}\n}})"


def _read(name: str) -> str:
    """Read one of our scripts: a single function expression."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8").rstrip()
