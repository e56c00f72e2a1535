"""Where wa-js is, the bridge into WhatsApp Web's own modules. npm installs it; we never edit it.

Standard library only: the launcher asks before anything is installed.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2]
INSTALLED_BY_NPM = (
    _CHECKOUT / "node_modules" / "@wppconnect" / "wa-js" / "dist" / "wppconnect-wa.js"
)

# The bundle opens with two comments, the second of which names its version.
_BANNER_BYTES = 512
_BANNER = re.compile(rb"wa-js v(\d+\.\d+\.\d+\S*?)\s*\*/")


class WaJsMissingError(FileNotFoundError):
    """There is no wa-js bundle where one is expected."""


def find_wa_js(environment: Mapping[str, str] | None = None) -> Path:
    """Return the bundle: the one that WA_JS_FILE names, else the one that npm installed."""
    configured = (os.environ if environment is None else environment).get("WA_JS_FILE")
    path = Path(configured).absolute() if configured else INSTALLED_BY_NPM
    if path.is_file():
        return path
    if configured:
        raise WaJsMissingError(f"WA_JS_FILE is {configured!r}, and there is no file there.")
    raise WaJsMissingError(
        f"wa-js is not installed: {path} is missing. Start through ./linkwright, which installs "
        "it, or set WA_JS_FILE to a copy of wppconnect-wa.js."
    )


def wa_js_version(bundle: Path) -> str:
    """Read the version from the bundle's own banner, which travels with every copy of it."""
    with bundle.open("rb") as file:
        version = banner_version(file.read(_BANNER_BYTES))
    if version is None:
        raise WaJsMissingError(f"{bundle} is no wa-js bundle: it does not open with its banner.")
    return version


def banner_version(head: bytes) -> str | None:
    """Read the version from the beginning of a bundle, None if that is no wa-js."""
    banner = _BANNER.search(head[:_BANNER_BYTES])
    return None if banner is None else banner.group(1).decode()
