"""What a client may do next. The oracle is `decide` itself: each wish is tried, nothing is kept."""

from datetime import datetime

import msgspec

from domain.account import Account
from domain.commands import (
    CancelLink,
    DestroyAccount,
    PromoteStandby,
    RegisterAccount,
    RequestLink,
    RequestLogout,
    RequestReconnect,
    RequestStop,
    SendMessage,
    Wish,
)
from domain.decide import decide
from domain.decision import Ignored
from domain.refusals import Refused


class PossibleWish(msgspec.Struct, frozen=True):
    """A wish that would be accepted now."""

    name: str
    """As in the route and on the command line."""
    sentence: str


class RefusedWish(msgspec.Struct, frozen=True):
    """A wish that would be refused now, by this rule."""

    name: str
    rule: str
    sentence: str


def ask_wishes(
    account: Account, now: datetime
) -> tuple[tuple[PossibleWish, ...], tuple[RefusedWish, ...]]:
    """Try every wish; one that would be ignored (it is so already) is in neither list."""
    possible: list[PossibleWish] = []
    refused: list[RefusedWish] = []
    for name, sentence, wish in _wishes(now):
        try:
            decision = decide(account, wish)
        except Refused as no:
            refused.append(RefusedWish(name, no.rule, f"{no.sentence}."))
            continue
        if not isinstance(decision, Ignored):
            possible.append(PossibleWish(name, sentence))
    return tuple(possible), tuple(refused)


def _wishes(now: datetime) -> tuple[tuple[str, str, Wish], ...]:
    """List name, what it does, and the wish; ids and numbers are placeholders that go nowhere."""
    nobody, nowhere = "att_asked", "ws_asked"
    by_code = RequestLink(at=now, attempt=nobody, method="pairing_code", pairing_phone="0")
    return (
        ("register", "Register the account.", RegisterAccount(at=now, workspace=nowhere)),
        ("link", "Link by a new QR code.", RequestLink(at=now, attempt=nobody)),
        ("link_by_pairing_code", "Link by a code typed into the phone.", by_code),
        (
            "retry",
            "Start the next attempt by a new QR code.",
            RequestLink(at=now, attempt=nobody, retry=True),
        ),
        (
            "reconnect",
            "Bring the link back from its kept session.",
            RequestReconnect(at=now, attempt=nobody),
        ),
        (
            "promote_standby",
            "Let the standby take the session over.",
            PromoteStandby(at=now, attempt=nobody),
        ),
        ("send", "Send a message.", _message(now)),
        ("stop", "Close the page and keep its session.", RequestStop(at=now)),
        ("cancel", "End the running attempt.", CancelLink(at=now)),
        ("logout", "Unlink the account from the phone.", RequestLogout(at=now)),
        ("destroy", "Delete the link and every kept session.", DestroyAccount(at=now)),
    )


def _message(now: datetime) -> SendMessage:
    return SendMessage(
        at=now,
        message="msg_asked",
        whatsapp_id="asked",
        recipient="0",
        recipient_fingerprint="",
        kind="text",
        fingerprint="",
        size_bytes=0,
    )
