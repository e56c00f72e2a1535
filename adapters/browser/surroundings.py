"""What every browser is given: a part of our environment, flags, a plain name."""

import os
import platform
from collections.abc import Sequence

WRITE_SOON = "--enable-aggressive-domstorage-flushing"
"""Local Storage reaches the disk after 1 s, not after 5 s to minutes (see session_flush)."""
# What a browser needs from our environment. Database addresses and keys are not among it.
PASSED_ON = ("PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH")
PASSED_ON_PREFIXES = ("LC_", "XDG_", "FONTCONFIG_", "SSL_CERT_", "DBUS_")


def passed_on() -> dict[str, str]:
    """Give the part of our environment that browsers get."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in PASSED_ON or name.startswith(PASSED_ON_PREFIXES)
    }


def usual_flags(hosts: Sequence[str]) -> list[str]:
    """Give the flags for a browser that may ask these hosts."""
    # Other hosts do not resolve, IP addresses included. This costs nothing, where page.route
    # sends every request through Python: 0.2 s to the first code (browser-findings 4).
    allowed = "".join(f", EXCLUDE {host}" for host in hosts)
    return [f"--host-resolver-rules=MAP * ~NOTFOUND{allowed}", WRITE_SOON]


_SYSTEMS = {
    "Darwin": "Macintosh; Intel Mac OS X 10_15_7",
    "Windows": "Windows NT 10.0; Win64; x64",
}


def user_agent(version: str) -> str:
    """Word it as Chrome does, which tells only its major version."""
    system = _SYSTEMS.get(platform.system(), "X11; Linux x86_64")
    major = version.partition(".")[0]
    return (
        f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko)"
        f" Chrome/{major}.0.0.0 Safari/537.36"
    )
