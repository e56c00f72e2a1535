"""Every event, command and rule has its words; none of the words holds a secret."""

import ast
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

import domain
from domain import events as e
from domain import facts as f
from domain.account import NEW
from domain.commands import AnyCommand
from domain.deadlines import Awaited, Deadline
from domain.evolve import evolve
from domain.lifecycle import EVENTS
from domain.policy import Policy
from domain.reasons import Reason
from projections.input_sentences import INPUT_SENTENCES, RULES, input_sentence, rule_in_words
from projections.sentences import AWAITED, EVENT_SENTENCES, event_sentence
from tests.examples import (
    DELIVERED,
    HEARD,
    MESSAGE_FAILED,
    NOT_SENT,
    QUEUED,
    READ,
    RECEIVED,
    SENT,
    SILENT,
)
from tests.read_models import scenes
from tests.read_models.stories import CLIENT, Story, at

A = "att_1"
SOON = Deadline(Awaited.PAGE, at(40))
RECONNECT = Deadline(Awaited.RECONNECT, at(102))
PHONE = "62811801641"
GONE = Reason.NETWORK_LOST

TOLD: list[tuple[e.AccountEvent, str]] = [
    (
        e.AccountRegistered(at=at(0), workspace="ws_1", label="Branch 7"),
        "The account was registered as “Branch 7” in workspace ws_1.",
    ),
    (
        e.LinkRequested(at=at(1), attempt=A, number=2, method="qr", policy=Policy(), deadline=SOON),
        "Attempt 2 began: a client asked to link by QR code.",
    ),
    (
        e.ReconnectStarted(at=at(1), attempt=A, number=3, policy=Policy(), deadline=SOON),
        "Attempt 3 began: a reconnect from the kept session, it was due.",
    ),
    (
        e.PageReached(at=at(1), attempt=A, phase="page_loaded", deadline=SOON),
        "The page has loaded.",
    ),
    (
        e.SessionFound(at=at(1), attempt=A, deadline=SOON),
        "A kept session was found; WhatsApp is checking it.",
    ),
    (
        e.SessionRejected(at=at(1), attempt=A, reason=Reason.PHONE_UNLINKED, deadline=SOON),
        (
            "The kept session is dead (the linked device was removed on the phone); the page starts"
            " over with a code."
        ),
    ),
    (
        e.QrIssued(
            at=at(1), attempt=A, fingerprint="x", ordinal=2, expires_at=at(20), deadline=SOON
        ),
        "The page shows code 2, good until 12:00:20 UTC.",
    ),
    (
        e.QrFetched(at=at(1), attempt=A, fingerprint="x"),
        "A client fetched code 1 for the first time.",
    ),
    (
        e.CodesExhausted(at=at(1), attempt=A),
        "The page ran out of codes after 1; it is asked for new ones.",
    ),
    (
        e.PairingCodeIssued(
            at=at(1), attempt=A, fingerprint="y", expires_at=at(160), deadline=SOON
        ),
        "The page shows pairing code 2, good until 12:02:40 UTC.",
    ),
    (
        e.QrScanned(at=at(1), attempt=A, deadline=SOON),
        "A phone used the code; WhatsApp is checking it.",
    ),
    (
        e.SyncProgressed(at=at(1), attempt=A, percent=40, deadline=SOON),
        "The first sync has reached 40 %.",
    ),
    (
        e.ActionRequired(at=at(1), attempt=A, action="passkey", deadline=SOON),
        "WhatsApp demands a passkey, which only a person can give.",
    ),
    (
        e.PhoneAwaited(at=at(1), attempt=A, deadline=SOON),
        "The page is usable, but has not told the phone number yet.",
    ),
    (
        e.PhoneIdentified(at=at(1), attempt=A, phone=PHONE, fingerprint="z"),
        "The page told the own phone number: …1641.",
    ),
    (e.LinkCompleted(at=at(1), attempt=A), "Linked: messages can be sent."),
    (
        e.LinkFailed(at=at(1), attempt=A, reason=Reason.BROWSER_CRASHED, detail="tab"),
        "The attempt failed: the browser or its tab crashed (tab).",
    ),
    (
        e.ReconnectFailed(at=at(1), attempt=A, reason=Reason.BROWSER_CRASHED),
        "The reconnect failed: the browser or its tab crashed.",
    ),
    (
        e.ConnectionLost(at=at(1), attempt=A, reason=GONE, deadline=RECONNECT),
        (
            "The link was lost: the page lost its connection to WhatsApp. The next reconnect is due"
            " at 12:01:42 UTC."
        ),
    ),
    (
        e.AccountSuperseded(at=at(1), attempt=A, by="acc_2"),
        "Account acc_2 of the same workspace linked this number and holds it now.",
    ),
    (
        e.LogoutRequested(at=at(1), deadline=SOON),
        "A client asked to log out; the page is doing it.",
    ),
    (
        e.LoggedOut(at=at(1), by="client", reason=Reason.LOGGED_OUT, confirmed=False),
        "The link was ended on a client's request; the page could not confirm it.",
    ),
    (
        e.AccountDestroyed(at=at(1)),
        "The account was destroyed: no link and no session is kept.",
    ),
    (f.AccountErased(at=at(1)), "Phone number, name and label were erased for good."),
    (f.PrimaryChosen(at=at(1)), "The account became the primary of its workspace."),
    (f.PrimaryWithdrawn(at=at(1)), "Another account is the primary of the workspace now."),
    (
        f.SessionSealed(at=at(1), attempt=A, digest="d", size_bytes=9000),
        "The session was sealed and kept (9000 bytes).",
    ),
    (
        f.SealingFailed(at=at(1), attempt=A, reason=Reason.SESSION_TOO_LARGE),
        (
            "The session could not be sealed: the session is larger than what is kept sealed; only"
            " this machine's disk has it."
        ),
    ),
    (
        e.ConnectionLost(at=at(1), attempt=A, reason=Reason.STOPPED),
        "The account was stopped on request; its session is kept.",
    ),
    (
        f.ReconnectCalledOff(at=at(1), attempt=A),
        "The account was stopped; no reconnect is to come.",
    ),
    (f.StandbyRequested(at=at(1), attempt=A), "A standby is being prepared."),
    (
        f.StandbyReady(at=at(1), attempt=A),
        "The standby is ready: it can open the sealed session.",
    ),
    (
        f.StandbyFailed(at=at(1), attempt=A, reason=GONE, retry_at=at(301)),
        (
            "The standby failed: the page lost its connection to WhatsApp. It is tried again at"
            " 12:05:01 UTC."
        ),
    ),
    (
        f.StandbyPromoted(at=at(1), attempt=A, because="send_failed"),
        "The standby took the session over: sending on the primary failed.",
    ),
    (
        f.EvidenceKept(at=at(1), attempt=A, kind="screenshot", digest="d", size_bytes=70),
        "A screenshot was kept as evidence (70 bytes).",
    ),
    (SILENT, "Webhook whk_1 has not been reached since 09:00:15 UTC."),
    (HEARD, "Webhook whk_1 is reached again."),
    (QUEUED, "A message to …5003 was accepted."),
    (
        NOT_SENT,
        (
            "A message was not sent by the primary: WhatsApp's page answered that it could not send"
            " it. It is tried again."
        ),
    ),
    (SENT, "A message was sent by the primary."),
    (DELIVERED, "A message reached the recipient's phone."),
    (READ, "A message was read."),
    (MESSAGE_FAILED, "A message failed: the recipient's number is not on WhatsApp."),
    (RECEIVED, "A message from …5003 came in."),
]


@pytest.mark.parametrize(("event", "sentence"), TOLD, ids=lambda v: type(v).__name__)
def test_an_event_is_told_so(event: e.AccountEvent, sentence: str) -> None:
    before = scenes.waiting().accounts["acc_1"]
    assert event_sentence(event, evolve(before, event)) == sentence


@pytest.mark.parametrize(("event", "_sentence"), TOLD, ids=lambda v: type(v).__name__)
def test_an_event_can_be_told_without_what_was_before(
    event: e.AccountEvent, _sentence: str
) -> None:
    assert event_sentence(event, evolve(NEW, event)).endswith(".")


def test_every_event_is_told_above_and_has_its_line() -> None:
    assert {type(event) for event, _ in TOLD} == set(EVENT_SENTENCES) == set(EVENTS.values())


def test_every_command_has_its_line() -> None:
    assert set(INPUT_SENTENCES) == set(get_args(AnyCommand))


def test_everything_that_can_be_awaited_has_words() -> None:
    assert set(AWAITED) == set(Awaited)


def rules_of_the_domain() -> set[str]:
    """Read the domain's code for every rule that it ignores or refuses by."""
    rules: set[str] = set()
    for path in Path(str(domain.__file__)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="Ignored" | "Refused"), args=[rule, *_]):
                    rules |= strings(rule)
                case _:
                    pass
    return rules | {"illegal_step"}


def strings(node: ast.expr) -> set[str]:
    return {
        n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }


def test_every_rule_of_the_domain_has_words() -> None:
    assert set(RULES) == rules_of_the_domain()


def test_a_rule_of_a_newer_build_stays_as_it_is() -> None:
    assert rule_in_words("phase_of_the_moon") == "phase_of_the_moon"


def test_a_command_of_a_newer_build_is_named() -> None:
    recorded = scenes.registered().inputs[0]
    unknown = type(recorded)(
        **{name: getattr(recorded, name) for name in recorded.__struct_fields__}
        | {"command": None, "kind": "RecordMoon", "outcome": "ignored", "rule": "not_due"}
    )
    assert input_sentence(unknown) == (
        "RecordMoon, which this build does not know: ignored, that limit is not reached yet."
    )


@pytest.mark.parametrize("command", get_args(AnyCommand), ids=lambda command: command.__name__)
def test_every_command_can_be_told(command: type) -> None:
    values = {
        "attempt": A,
        "workspace": "ws_1",
        "phase": "page_loaded",
        "fingerprint": "x",
        "expires_at": at(60),
        "percent": 3,
        "action": "passkey",
        "phone": PHONE,
        "phone_fingerprint": "z",
        "reason": GONE,
        "by": "phone",
        "chosen": True,
        "digest": "d",
        "size_bytes": 1,
        "stage": "ready",
        "kind": "console",
        "form": "bundle",
        "awaited": Awaited.SCAN,
        "message": "msg_1",
        "whatsapp_id": "3EB0",
        "recipient": PHONE,
        "recipient_fingerprint": "z",
        "sender": PHONE,
        "sender_fingerprint": "z",
        "ack": "read",
        "endpoint": "whk_1",
        "since": at(0),
        "error": "connect_failed",
        "due": at(1) - timedelta(seconds=1),
    }
    fields: tuple[str, ...] = getattr(command, "__struct_fields__", ())
    made = command(at=at(1), **{k: v for k, v in values.items() if k in fields})
    (recorded,) = Story().tell(made, by=CLIENT).inputs
    sentence = input_sentence(recorded)
    assert PHONE not in sentence
    assert sentence.endswith(".")
