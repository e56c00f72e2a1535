"""The scenes: what the stand-in can be told to do differently, for a rehearsal of every failure.

Nothing else in the sandbox asks for a scene's name: a scene is turned into a `Behaviour` when a
page is loaded, and the page and the server look at that.
"""

from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

import msgspec

SYNC_S = 2.0  # first sync of a fresh link with few chats; of our own choosing, as is the next
RESUMED_SYNC_S = 0.5  # a page that comes back has less to fetch
DELIVERED_S = 1.0  # until a message that was sent reaches a phone that is on
ACCOUNT_BAN_S = 86_400  # a first temporary ban is reported as a day

Seconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]
BanForm = Literal["temporary", "terms", "proxy"]
Moment = Literal["qr", "ready"]
PairingAnswer = Literal["given", "limited", "refused"]


class Mishap(msgspec.Struct, frozen=True):
    """Something that happens `after_s` seconds after the first QR code or after READY."""

    what: Literal["crash", "hang", "fall_silent", "logged_out", "conflict"]
    at: Moment
    after_s: float


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """What page and server do. The defaults are a WhatsApp that works."""

    document: Literal["served", "dropped", "unanswered"] = "served"
    bundles: Literal["served", "dropped"] = "served"
    hidden_modules: tuple[str, ...] = ()
    hidden_members: tuple[str, ...] = ()
    bundle_gap_s: float = 0.0  # real seconds, not scaled: clients have clocks of their own
    modules_after_sync: bool = False
    codes: Literal["issued", "withheld", "none_at_first", "none_ever"] = "issued"
    scan: Literal["accepted", "rejected"] = "accepted"
    pairing_code: PairingAnswer = "given"
    passkey: bool = False
    login: Literal["answered", "unanswered", "refused", "open_elsewhere"] = "answered"
    banned: BanForm | None = None
    ban_expires_in_s: int = ACCOUNT_BAN_S
    outdated: bool = False
    sync_s: float = SYNC_S
    resumed_sync_s: float = RESUMED_SYNC_S
    sync_stops_at_percent: int | None = None
    number_after_s: float | None = 0.0  # None: never
    sending: Literal["answered", "refused", "unanswered"] = "answered"
    receipts: Literal["in_order", "out_of_order"] = "in_order"
    delivered_after_s: float = DELIVERED_S
    mishap: Mishap | None = None


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class After(Parameters, frozen=True):
    after_s: Seconds = 1.0


class AtMoment(Parameters, frozen=True):
    at: Moment = "qr"
    after_s: Seconds = 1.0


class SyncFor(Parameters, frozen=True):
    sync_s: Seconds = 30.0


class SyncUpTo(Parameters, frozen=True):
    percent: Annotated[int, msgspec.Meta(ge=0, le=99)] = 40


class NumberAfter(Parameters, frozen=True):
    after_s: Seconds = 5.0


class DeliveredAfter(Parameters, frozen=True):
    after_s: Seconds = 3600.0


class Gap(Parameters, frozen=True):
    gap_s: Annotated[float, msgspec.Meta(ge=0, le=60)] = 2.0


class Missing(Parameters, frozen=True):
    modules: tuple[str, ...] = ("WAWebSocketModel",)
    members: tuple[str, ...] = ()


class NoPairingCode(Parameters, frozen=True):
    because: Literal["limited", "refused"] = "limited"


class NoCodes(Parameters, frozen=True):
    always: bool = False


class Ban(Parameters, frozen=True):
    form: BanForm = "temporary"
    expires_in_s: Annotated[int, msgspec.Meta(ge=0, le=31_536_000)] = ACCOUNT_BAN_S


class Scene(msgspec.Struct, frozen=True):
    name: str
    sentence: str
    parameters: type[Parameters]
    behaves: Callable[[Parameters], Behaviour]

    def behaviour(self, given: dict[str, object]) -> Behaviour:
        """Raises msgspec.ValidationError, which names the parameter that does not fit."""
        return self.behaves(msgspec.convert(given, self.parameters))


P = TypeVar("P", bound=Parameters)


def _scene(
    name: str, sentence: str, parameters: type[P], behaves: Callable[[P], Behaviour]
) -> Scene:
    def checked(given: Parameters) -> Behaviour:
        assert isinstance(given, parameters)  # noqa: S101 - ties the two types of one row together
        return behaves(given)

    return Scene(name, sentence, parameters, checked)


def _plain(name: str, sentence: str, behaviour: Behaviour) -> Scene:
    return _scene(name, sentence, Parameters, lambda _: behaviour)


TABLE = (
    _plain("normal", "Everything works.", Behaviour()),
    _plain(
        "page_unreachable",
        "The connection is closed without an answer when the page is asked for.",
        Behaviour(document="dropped"),
    ),
    _plain(
        "page_never_answers",
        "The page is asked for and no answer ever comes.",
        Behaviour(document="unanswered"),
    ),
    _plain(
        "bundles_unreachable",
        "The page comes, but the connection is closed when its bundles are asked for.",
        Behaviour(bundles="dropped"),
    ),
    _scene(
        "page_changed",
        "Modules that clients need are missing from the page (`*`: all), or members of theirs.",
        Missing,
        lambda given: Behaviour(hidden_modules=given.modules, hidden_members=given.members),
    ),
    _scene(
        "late_bundles",
        "The page's modules arrive gap_s seconds after its document.",
        Gap,
        lambda given: Behaviour(bundle_gap_s=given.gap_s),
    ),
    _plain(
        "already_synced",
        "A page with a kept session is synced before any of its modules can be seen.",
        Behaviour(modules_after_sync=True),
    ),
    _plain(
        "qr_never_shown",
        "The page opens and no code ever comes.",
        Behaviour(codes="withheld"),
    ),
    _scene(
        "codes_run_out",
        "The page is idle at once and shows a code only when asked for one, or never (always).",
        NoCodes,
        lambda given: Behaviour(codes="none_ever" if given.always else "none_at_first"),
    ),
    _plain(
        "scan_rejected",
        "The phone scans and then refuses; the page goes back to new codes.",
        Behaviour(scan="rejected"),
    ),
    _scene(
        "no_pairing_code",
        "WhatsApp gives no pairing code: too many were asked for, or the number is refused.",
        NoPairingCode,
        lambda given: Behaviour(pairing_code=given.because),
    ),
    _plain(
        "passkey",
        "After the scan the phone demands a passkey from the browser and waits for it.",
        Behaviour(passkey=True),
    ),
    _plain(
        "authentication_hangs",
        "The scan works, and then the login, of a new device or a kept one, is never answered.",
        Behaviour(login="unanswered"),
    ),
    _scene(
        "banned",
        "The account that logs in is blocked: for a time, by the terms, or behind a proxy.",
        Ban,
        lambda given: Behaviour(banned=given.form, ban_expires_in_s=given.expires_in_s),
    ),
    _plain(
        "outdated",
        "The server refuses this version of the page and asks for an update.",
        Behaviour(outdated=True),
    ),
    _scene(
        "slow_sync",
        "Syncing after the login takes sync_s seconds, with progress.",
        SyncFor,
        lambda given: Behaviour(sync_s=given.sync_s, resumed_sync_s=given.sync_s),
    ),
    _scene(
        "sync_hangs",
        "Syncing stops for ever at a percentage.",
        SyncUpTo,
        lambda given: Behaviour(sync_stops_at_percent=given.percent),
    ),
    _scene(
        "phone_number_late",
        "The own phone number is known only after_s seconds after the page is usable.",
        NumberAfter,
        lambda given: Behaviour(number_after_s=given.after_s),
    ),
    _plain(
        "phone_number_never",
        "The page becomes usable and its own phone number never becomes known.",
        Behaviour(number_after_s=None),
    ),
    _plain(
        "session_dead",
        "The kept session is refused at login; the page forgets it and goes back to codes.",
        Behaviour(login="refused"),
    ),
    _plain(
        "open_elsewhere",
        "At its login the page finds the session open in another window.",
        Behaviour(login="open_elsewhere"),
    ),
    _scene(
        "logout",
        "The phone removes this device after_s seconds after the page is usable.",
        After,
        lambda given: Behaviour(mishap=Mishap("logged_out", "ready", given.after_s)),
    ),
    _scene(
        "conflict",
        "Another window opens the same account after_s seconds after the page is usable.",
        After,
        lambda given: Behaviour(mishap=Mishap("conflict", "ready", given.after_s)),
    ),
    _scene(
        "crash",
        "The browser tab dies after_s seconds after the first code or after the page is usable.",
        AtMoment,
        lambda given: Behaviour(mishap=Mishap("crash", given.at, given.after_s)),
    ),
    _scene(
        "page_hangs",
        "The page's script never yields again, after the first code or after it is usable.",
        AtMoment,
        lambda given: Behaviour(mishap=Mishap("hang", given.at, given.after_s)),
    ),
    _scene(
        "page_falls_silent",
        "The page lives on, but after_s seconds after it is usable its modules answer nothing.",
        After,
        lambda given: Behaviour(mishap=Mishap("fall_silent", "ready", given.after_s)),
    ),
    _plain(
        "send_fails",
        "WhatsApp refuses every message that is sent on this page.",
        Behaviour(sending="refused"),
    ),
    _plain(
        "send_hangs",
        "A message that is sent on this page is never answered.",
        Behaviour(sending="unanswered"),
    ),
    _scene(
        "acks_late",
        "Messages are delivered after_s seconds after they were sent, unless the phone does it.",
        DeliveredAfter,
        lambda given: Behaviour(delivered_after_s=given.after_s),
    ),
    _plain(
        "acks_out_of_order",
        "A message is reported read, and then delivered, twice.",
        Behaviour(receipts="out_of_order"),
    ),
)

SCENES = {scene.name: scene for scene in TABLE}
