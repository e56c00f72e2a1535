"""How one stand-in of WhatsApp Web is set up."""

from pathlib import Path
from typing import Annotated

import msgspec

# The form that phones accept since May 2026; older pages painted the five fields alone.
QR_PREFIX = "https://wa.me/settings/linked_devices#"


class SandboxSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`port` 0 takes a free one; a kept session belongs to its origin, so give a fixed one.

    `control_token` opens every control route; the page itself needs none.
    """

    control_token: Annotated[str, msgspec.Meta(min_length=16)]
    state_file: Path
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 0
    # 1 is the real timing: a code lives 60 s, later ones 20 s. 20 makes that 3 s and 1 s.
    time_scale: Annotated[float, msgspec.Meta(gt=0, le=1000)] = 1.0
    qr_prefix: str = QR_PREFIX
    # Memory that the page allocates on top, to size machines as if the page were the real one.
    ballast_mb: Annotated[int, msgspec.Meta(ge=0, le=1024)] = 0

    def scaled(self, seconds: float) -> float:
        return seconds / self.time_scale
