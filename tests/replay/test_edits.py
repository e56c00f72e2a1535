"""Changes that cannot be made are refused by a rule with a name, before anything is decided."""

from typing import Any

import pytest

from domain.reasons import Reason
from projections.replay.edits import (
    INSERTABLE,
    MOST_EDITS,
    BadChange,
    Changes,
    Delay,
    Drop,
    Edit,
    Insert,
)
from projections.replay.what_if import what_if
from tests.read_models import scenes
from tests.read_models.stories import at
from tests.replay.test_account_log import log_of

LOG = log_of(scenes.close_window(scenes.waiting()))
CLOCK_INPUT = LOG.inputs[-1].input_id
PAGE_INPUT = 3
LATER = {"at": "2026-03-01T12:00:20Z"}
BODIES: dict[str, dict[str, Any]] = {
    "RecordAck": {"whatsapp_id": "3EB0", "ack": "read"},
    "RecordMessageFailed": {"message": "msg_1", "reason": "expired"},
    "RecordMessageNotSent": {"message": "msg_1", "reason": "page_refused"},
    "RecordMessageReceived": {
        "message": "msg_2",
        "whatsapp_id": "3EB1",
        "sender": "62",
        "sender_fingerprint": "p",
    },
    "RecordMessageSent": {"message": "msg_1"},
    "SendMessage": {
        "message": "msg_1",
        "whatsapp_id": "3EB0",
        "recipient": "62",
        "recipient_fingerprint": "p",
        "kind": "text",
        "fingerprint": "t",
        "size_bytes": 1,
    },
    "PromoteStandby": {"attempt": "att_9"},
    "RecordActionRequired": {"action": "passkey"},
    "RecordEvidence": {"kind": "console", "digest": "d", "size_bytes": 1},
    "RecordLogout": {"by": "phone"},
    "RecordPage": {"phase": "page_loaded"},
    "RecordPairingCode": {"fingerprint": "p", "expires_at": at(50)},
    "RecordPrimary": {"chosen": True},
    "RecordProblem": {"reason": Reason.NETWORK_LOST.value},
    "RecordQr": {"fingerprint": "q", "expires_at": at(50)},
    "RecordQrFetch": {"fingerprint": "code-1"},
    "RecordReady": {"phone": "62", "phone_fingerprint": "p"},
    "RecordSealedSession": {"digest": "d", "size_bytes": 1},
    "RecordStandby": {"stage": "ready"},
    "RecordSuperseded": {"by": "acc_2", "phone_fingerprint": "p"},
    "RecordSyncProgress": {"percent": 3},
    "RecordUnmaskedRead": {"form": "bundle"},
    "RecordUnsealedSession": {"reason": Reason.SESSION_TOO_LARGE.value},
    "RecordWebhookHeard": {"endpoint": "whk_1"},
    "RecordWebhookSilent": {"endpoint": "whk_1", "since": at(4), "error": "connect_failed"},
    "RegisterAccount": {"workspace": "ws_1"},
}


def refused(*edits: Edit, **policy: float) -> str:
    with pytest.raises(BadChange) as bad:
        what_if(LOG, Changes(policy=policy, edits=edits))
    assert bad.value.sentence.endswith(".")
    return bad.value.rule


@pytest.mark.parametrize("kind", INSERTABLE)
def test_every_kind_can_be_inserted(kind: str) -> None:
    for before in (PAGE_INPUT, CLOCK_INPUT, None):
        told = what_if(LOG, Changes(edits=(Insert(kind, before, BODIES.get(kind, {})),)))
        assert told.events


@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        (Drop(999), "no_such_input"),
        (Drop(CLOCK_INPUT), "clock_input"),
        (Delay(CLOCK_INPUT, 1), "clock_input"),
        (Delay(PAGE_INPUT, 0), "bad_delay"),
        (Delay(PAGE_INPUT, float("nan")), "bad_delay"),
        (Delay(PAGE_INPUT, 1e12), "bad_delay"),
        (Insert("ExpireDeadline"), "unknown_kind"),
        (Insert("NoSuchKind"), "unknown_kind"),
        (Insert("RecordScan", before=999), "no_such_input"),
        (Insert("RecordReady"), "bad_command"),
        (Insert("RecordScan", body={"at": "2026-03-01T12:00:20"}), "bad_command"),
        (Insert("RecordScan", body={"at": "9999-12-31T23:59:59Z"}), "bad_command"),
        (Insert("RecordProblem", body={"reason": "page_hung", "jitter": 1e300}), "bad_command"),
        (Insert("RequestLink", body={"policy": {"passkey_s": -1}}), "bad_command"),
    ],
)
def test_an_edit_that_cannot_be_made(edit: Edit, rule: str) -> None:
    assert refused(edit) == rule


def test_an_input_can_be_edited_once() -> None:
    assert refused(Drop(PAGE_INPUT), Delay(PAGE_INPUT, 1)) == "not_editable"


def test_edits_are_limited_in_number() -> None:
    scans = [Insert("RecordScan", body=LATER) for _ in range(MOST_EDITS + 1)]
    assert refused(*scans) == "too_many_edits"


@pytest.mark.parametrize(
    ("policy", "rule"),
    [
        ({"window_s": 1}, "unknown_policy_field"),
        ({"health_look_s": 5}, "not_decided_by"),
        ({"link_window_s": 0}, "bad_policy"),
        ({"link_window_s": float("inf")}, "bad_policy"),
        ({"reconnect_budget": 2.5}, "bad_policy"),
        ({"reconnect_budget": float("nan")}, "bad_policy"),
    ],
)
def test_a_policy_that_cannot_be(policy: dict[str, float], rule: str) -> None:
    assert refused(**policy) == rule
