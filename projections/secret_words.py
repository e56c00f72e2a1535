"""What looks like a secret, wherever it stands: a QR code's text, a pairing code, a key of ours."""

import re

SECRET = re.compile(
    r"\S*\b[0-9]@[A-Za-z0-9+/=]{20,}\S*"  # the text of a QR code, also within an address
    r"|\blw[ltko]?_[A-Za-z0-9_-]{20,}"  # an API key, a ticket, a link, the operator's key
    r"|\bwhsec_[A-Za-z0-9+/=]{20,}"  # a webhook's secret
    r"|\b[A-Z0-9]{4}-[A-Z0-9]{4}\b|\b(?=[A-Z]+[0-9]|[0-9]+[A-Z])[A-Z0-9]{8}\b"  # a pairing code
)
REMOVED = "(removed)"


def without_secrets(text: str) -> str:
    """Cut out what looks like one."""
    return SECRET.sub(REMOVED, text)
