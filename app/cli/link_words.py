"""The feed in words for whoever is linking a phone right now."""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from app.cli.answers import Account, FeedItem
from domain.status import Status

Mark = Literal["done", "good", "bad", "warn"]


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How the linking ended."""

    linked: bool
    phone: str = ""
    name: str = ""
    reason: str = ""
    sentence: str = ""
    next_step: str = ""


def step_words(item: FeedItem) -> tuple[Mark, str] | None:
    """Say an item in a few words; None for what a person at the terminal need not know."""
    words = _STEPS.get(item.type)
    return words(item.data) if words else None


def _phase(data: dict[str, Any]) -> tuple[Mark, str] | None:
    told = _PHASES.get(str(data.get("phase")))
    return ("done", told) if told else None


_PHASES = {
    "queued": "Waiting for its turn to start a browser",
    "browser_started": "Browser started",
    "page_loaded": "Page loaded",
    "bridge_started": "Bridge into the page works",
}


def _code(data: dict[str, Any]) -> tuple[Mark, str]:
    return ("done", f"Code {data.get('ordinal', '')} is on show")


def _action(data: dict[str, Any]) -> tuple[Mark, str]:
    return (
        "warn",
        f"WhatsApp demands a {data.get('action')}. {data.get('next_step', '')}".rstrip(),
    )


def _syncing(data: dict[str, Any]) -> tuple[Mark, str]:
    return ("done", f"Syncing: {data.get('percent')} %")


def _says(mark: Mark, words: str) -> Callable[[dict[str, Any]], tuple[Mark, str]]:
    return lambda _: (mark, words)


_STEPS: dict[str, Callable[[dict[str, Any]], tuple[Mark, str] | None]] = {
    "page.reached": _phase,
    "session.found": _says("done", "A kept session was found: perhaps no scan is needed"),
    "session.rejected": _says("warn", "The kept session is dead: a new scan is needed"),
    "qr": _code,
    "codes.exhausted": _says("done", "The page ran out of codes and is asked for new ones"),
    "pairing_code": _says("done", "A pairing code is on show"),
    "scanned": _says("done", "A phone has used the code"),
    "syncing": _syncing,
    "action.required": _action,
    "phone.awaited": _says("done", "Usable, and waiting for the phone number"),
    "logout.requested": _says("warn", "A client asked to log out"),
}
"""Feed type -> words. Endings are told by `ending_of`."""


def ending_of(item: FeedItem) -> Ending | None:
    """Tell whether the linking is over with this item, and how."""
    data = item.data
    match item.status:
        case Status.READY:
            return Ending(
                linked=True, phone=str(data.get("phone") or ""), name=str(data.get("name") or "")
            )
        case Status.FAILED | Status.DISCONNECTED:
            return Ending(
                linked=False,
                reason=str(data.get("reason") or ""),
                sentence=_with_detail(
                    str(data.get("sentence") or "The attempt ended."), str(data.get("detail") or "")
                ),
                next_step=str(data.get("next_step") or ""),
            )
        case Status.NOT_CREATED:
            return DESTROYED
        case Status.INITIALIZING | Status.WAITING_QR | Status.AUTHENTICATING:
            return None


DESTROYED = Ending(
    linked=False,
    reason="destroyed",
    sentence="The account was destroyed meanwhile.",
    next_step="Link it again when wanted.",
)


def ending_as_it_stands(account: Account) -> Ending | None:
    """Tell how the linking ended from the account alone; None while it goes on."""
    reason = account.reason
    match account.status:
        case Status.READY:
            return Ending(linked=True, phone=account.phone or "", name=account.name)
        case Status.FAILED | Status.DISCONNECTED:
            if reason is None:
                return Ending(linked=False, sentence="The attempt ended.")
            return Ending(
                linked=False,
                reason=reason.code,
                sentence=_with_detail(reason.sentence, reason.detail),
                next_step=reason.next_step,
            )
        case Status.NOT_CREATED:
            return DESTROYED
        case Status.INITIALIZING | Status.WAITING_QR | Status.AUTHENTICATING:
            return None


def _with_detail(sentence: str, detail: str) -> str:
    return f"{sentence.rstrip('.')} ({detail})." if detail else sentence
