"""Every scene of the sandbox: what the phone does in it, and what must come of it."""

from typing import Any

import msgspec

from tests.end_to_end.story import PHONE


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """A scene, what the phone does, and what must come of it."""

    scene: str
    params: dict[str, Any] = {}
    times: int | None = 1
    """How many loads of the page are played so; None: all."""
    policy: dict[str, float] = {}
    scans: bool = True
    """False: the scene ends before there is a code."""
    pairing_phone: str = ""
    """The first attempt is to link this phone by a pairing code."""
    status: str = "FAILED"
    reason: str | None = None
    passes_ready: bool = False
    """The mishap comes after READY, which is not its end."""
    returns: bool = False
    """The link comes back by itself after that."""
    name: str = ""

    @property
    def id(self) -> str:
        """Name of the test."""
        return self.name or self.scene


REHEARSALS = (
    Rehearsal(scene="page_unreachable", scans=False, reason="page_unreachable"),
    Rehearsal(scene="page_never_answers", scans=False, reason="page_unreachable"),
    Rehearsal(scene="bundles_unreachable", scans=False, reason="page_unreachable"),
    Rehearsal(scene="page_changed", scans=False, reason="page_changed"),
    Rehearsal(
        scene="page_changed",
        name="a_member_missing",
        params={"modules": [], "members": ["WAWebStreamModel.Stream"]},
        scans=False,
        reason="page_changed",
    ),
    Rehearsal(
        scene="page_changed",
        name="nothing_that_wa_js_knows",
        params={"modules": ["*"]},
        scans=False,
        reason="page_changed",
    ),
    Rehearsal(
        scene="no_pairing_code",
        pairing_phone=PHONE,
        scans=False,
        reason="pairing_code_limited",
    ),
    Rehearsal(
        scene="no_pairing_code",
        name="number_refused",
        params={"because": "refused"},
        pairing_phone=PHONE,
        scans=False,
        reason="pairing_code_refused",
    ),
    Rehearsal(
        scene="qr_never_shown",
        scans=False,
        policy={"initialize_s": 8.0},
        reason="initialize_timed_out",
    ),
    Rehearsal(
        scene="codes_run_out",
        name="codes_never_come",
        params={"always": True},
        scans=False,
        policy={"initialize_s": 8.0},
        reason="initialize_timed_out",
    ),
    Rehearsal(scene="codes_run_out", status="READY"),
    Rehearsal(scene="late_bundles", status="READY"),
    Rehearsal(scene="scan_rejected", reason="scan_rejected"),
    Rehearsal(
        scene="authentication_hangs",
        policy={"authentication_s": 5.0},
        reason="authentication_timed_out",
    ),
    Rehearsal(
        scene="sync_hangs", policy={"authentication_s": 5.0}, reason="authentication_timed_out"
    ),
    Rehearsal(
        scene="slow_sync",
        params={"sync_s": 100.0},  # ten seconds at this installation's scale
        policy={"authentication_s": 6.0},
        status="READY",
    ),
    Rehearsal(scene="phone_number_late", status="READY"),
    Rehearsal(
        scene="phone_number_never", policy={"phone_number_s": 4.0}, reason="phone_number_unknown"
    ),
    Rehearsal(scene="passkey", policy={"passkey_s": 4.0}, reason="passkey_required"),
    Rehearsal(scene="banned", reason="temporarily_banned"),
    Rehearsal(scene="outdated", scans=False, reason="client_outdated"),
    Rehearsal(
        scene="logout",
        params={"after_s": 30.0},
        passes_ready=True,
        status="DISCONNECTED",
        reason="phone_unlinked",
    ),
    Rehearsal(
        scene="conflict",
        params={"after_s": 30.0},
        passes_ready=True,
        status="DISCONNECTED",
        reason="stream_replaced",
    ),
    Rehearsal(scene="open_elsewhere", reason="already_linked_elsewhere"),
    # A page that lives on but whose modules answer nothing any more.
    Rehearsal(
        scene="page_falls_silent",
        params={"after_s": 20.0},
        times=None,
        policy={"health_look_s": 1.0, "reconnect_first_s": 0.5},
        status="DISCONNECTED",
        reason="page_hung",
        passes_ready=True,
        returns=True,
    ),
    Rehearsal(scene="crash", params={"at": "qr"}, scans=False, reason="browser_crashed"),
    # A page that hangs is loaded anew once; only when it hangs again the attempt is over.
    Rehearsal(scene="page_hangs", params={"at": "qr"}, times=2, scans=False, reason="page_hung"),
)
