"""What clients of this machine's plain HTTP are given: reading every CA would take 25 ms each."""

import ssl

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody."""
