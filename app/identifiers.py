"""New ids: prefixed, and sortable by the time of their making (UUIDv7's layout, RFC 9562)."""

import secrets
from datetime import datetime
from typing import Literal

Prefix = Literal["acc", "att", "req", "msg", "whk", "whs", "rdl", "evt"]
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u


def new_id(prefix: Prefix, now: datetime) -> str:
    """Make an id such as `acc_01jd4q…`: 48 bits of milliseconds, then 80 random bits."""
    value = int(now.timestamp() * 1000) << 80 | secrets.randbits(80)
    digits = [_ALPHABET[value >> shift & 31] for shift in range(125, -1, -5)]
    return f"{prefix}_{''.join(digits)}"
