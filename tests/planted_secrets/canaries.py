"""Texts that are found nowhere else, of every kind that somebody may choose, and the finding."""

import base64
import re
import secrets
import string
from collections import Counter
from collections.abc import Iterator

from tests.erasure.canaries import forms

WORD = b"PlantedKanarie"
PHONE = b"628117774"
"""Numbers of Indonesia's 811 range: they pass wherever a phone number is asked for."""
CODE = b"WKNR"
"""Pairing codes have eight characters, shown with a hyphen in the middle."""

PLAIN = tuple(
    re.compile(pattern)
    for pattern in (
        rb"PlantedKanarie[0-9]{6}",
        rb"628117774[0-9]{5}",
        rb"WKNR-?[0-9A-Z]{4}",
        rb"lw[tlo]?_[A-Za-z0-9+/=_-]{20,}",
        rb"whsec_[A-Za-z0-9+/=]{20,}",
    )
)
"""Whatever may be one; only what was planted counts, so that no digest is taken for a
number. One pattern each: what begins with a literal is looked for ten times as fast."""
LONGEST = 64
"""More than the encoded form of any of them takes."""
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]*")
HEX = re.compile(rb"(?:[0-9A-Fa-f]{2})*")


def _encoded() -> Iterator[tuple[bytes, str, bytes]]:
    """Give the forms in which a marker is seen, what each is, and what it does not show of it."""
    for marker in (WORD, PHONE):
        yield marker.hex().encode(), "hex", b""
        yield marker.hex().upper().encode(), "hex", b""
        yield marker.decode().encode("utf-16-le"), "utf-16", b""
        yield marker.decode().encode("utf-16-be"), "utf-16", b""
        for before in range(3):  # bytes of something else, in the group that it begins in
            hidden = (3 - before) % 3
            whole = (len(marker) - hidden) // 3 * 3
            shown = base64.b64encode(marker[hidden : hidden + whole])
            yield shown, "base64", marker[:hidden]


ENCODED = {form: (what, hidden) for form, what, hidden in _encoded()}


class Canaries:
    """Makes them, and knows of what kind each is."""

    def __init__(self) -> None:
        self._kinds: dict[bytes, str] = {}
        self._literals: dict[bytes, tuple[bytes, ...]] = {}

    def __len__(self) -> int:
        return len(self._kinds)

    def kinds(self) -> Counter[str]:
        """Count what was planted."""
        return Counter(self._kinds.values())

    def word(self, kind: str) -> str:
        """Give a text for any place that takes letters and digits."""
        return self.add(kind, f"{WORD.decode()}{len(self._kinds):06d}")

    def phone(self, kind: str) -> str:
        """Give a phone number: digits with country code."""
        return self.add(kind, f"{PHONE.decode()}{len(self._kinds):05d}")

    def code(self, kind: str) -> str:
        """Give a pairing code."""
        digits = string.digits + string.ascii_uppercase
        number, text = len(self._kinds), ""
        for _ in range(4):
            number, digit = divmod(number, len(digits))
            text = digits[digit] + text
        return self.add(kind, CODE.decode() + text)

    def key(self, kind: str, prefix: str = "lw") -> str:
        """Give what is shaped like a key or a ticket of ours."""
        return self.add(kind, f"{prefix}_{secrets.token_hex(20)}")

    def add(self, kind: str, text: str) -> str:
        """Take one that the service or a page has made itself, such as a ticket."""
        data = text.encode()
        self._kinds[data] = kind
        if not any(pattern.fullmatch(data) for pattern in PLAIN):
            self._literals[data] = tuple(forms(text))
        return text

    def found_in(self, data: bytes) -> dict[str, str]:
        """Give the kinds that are in the data, in whatever form, each with one text of it."""
        found: dict[str, str] = {}
        for text in _plain(data):
            kind = self._kinds.get(text)
            if kind is not None:
                found.setdefault(kind, text.decode())
        for text, told in self._literals.items():
            kind = self._kinds[text]
            if kind not in found and any(form in data for form in told):
                found[kind] = text.decode()
        return found


def _plain(data: bytes) -> Iterator[bytes]:
    yield from _whole(data)
    for form, (what, hidden) in ENCODED.items():
        start = data.find(form)
        while start >= 0:
            yield from _whole(_decoded(data[start : start + LONGEST], what, hidden))
            start = data.find(form, start + 1)


def _whole(data: bytes) -> Iterator[bytes]:
    for pattern in PLAIN:
        for text in pattern.findall(data):
            yield text.replace(b"-", b"", 1) if text.startswith(CODE) else text


def _decoded(rest: bytes, what: str, hidden: bytes) -> bytes:
    if what == "utf-16":
        return rest.replace(b"\0", b"")
    if what == "hex":
        digits = HEX.match(rest)
        return bytes.fromhex(digits[0].decode()) if digits else b""
    letters = BASE64.match(rest)
    run = letters[0] if letters else b""
    return hidden + base64.urlsafe_b64decode(run[: len(run) // 4 * 4].translate(_URL_SAFE))


_URL_SAFE = bytes.maketrans(b"+/", b"-_")
