"""What is recorded for the corpus: a scene, what the phone and the client do in it, the cause.

The labels say what was put in: they are written here, beside the doing, and by hand.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
import msgspec

from adapters import clock
from tests.corpus.labelled import LINKED
from tests.end_to_end.rehearsals import REHEARSALS, Rehearsal
from tests.end_to_end.story import Story
from tests.waiting import wait_until

LIMIT_S = 90.0
LATE_S = 3.0
"""With less left of a code nobody aims a phone at it in time."""


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """An account whose story was played, and the causes that a person would give."""

    account_id: str
    labels: dict[int, str]
    now: str | None = None


Play = Callable[[httpx.Client, str], list[Played]]
"""Client and phone number -> what was played; the number is this performance's own."""

SCENE_LABELS = {
    "page_unreachable": "page_unreachable",
    "page_never_answers": "page_unreachable",
    "bundles_unreachable": "page_unreachable",
    "page_changed": "page_changed",
    "a_member_missing": "page_changed",
    "nothing_that_wa_js_knows": "page_changed",
    "no_pairing_code": "pairing_code_limited",
    "number_refused": "pairing_code_refused",
    "qr_never_shown": "code_never_shown",
    "codes_never_come": "code_never_shown",
    "codes_run_out": LINKED,
    "late_bundles": LINKED,
    "scan_rejected": "scan_rejected",
    "authentication_hangs": "authentication_timed_out",
    "sync_hangs": "sync_stalled",
    "slow_sync": LINKED,
    "phone_number_late": LINKED,
    "phone_number_never": "phone_number_unknown",
    "passkey": "passkey_required",
    "banned": "temporarily_banned",
    "outdated": "client_outdated",
    "logout": "phone_unlinked",
    "conflict": "stream_replaced",
    "open_elsewhere": "already_linked_elsewhere",
    "page_falls_silent": "page_hung",
    "crash": "browser_crashed",
    "page_hangs": "page_hung",
}
"""Rehearsal -> the cause of its first attempt; a test sees that none is missing."""


@contextmanager
def story(client: httpx.Client, **register: object) -> Generator[Story]:
    """Register an account; destroy it at the end, so that its browser is free."""
    made = Story(client, **register)
    try:
        yield made
    finally:
        client.delete(f"/v1/accounts/{made.id}")


def rehearse(rehearsal: Rehearsal) -> Play:
    """Play a scene of the end-to-end tests, and link again without it."""

    def play(client: httpx.Client, number: str) -> list[Played]:
        policy = rehearsal.policy or None
        with story(client, workspace=f"w-{number[-5:]}", policy=policy) as told:
            told.scene(rehearsal.scene, rehearsal.times, **rehearsal.params)
            told.link(wait_s=30, pairing_phone=rehearsal.pairing_phone)
            if rehearsal.scans:
                told.scan(number, refused=rehearsal.scene == "scan_rejected")
            label = SCENE_LABELS[rehearsal.id]
            if rehearsal.returns:
                wait_until(lambda: "ConnectionLost" in told.names(), LIMIT_S)
                told.scene("normal")
                wait_until(lambda: told.names().count("LinkCompleted") > 1, LIMIT_S)
                return [Played(account_id=told.id, labels={1: label, 2: LINKED})]
            if label == LINKED:
                told.until("READY", limit_s=LIMIT_S)
                return [Played(account_id=told.id, labels={1: label})]
            told.until("FAILED", "DISCONNECTED", limit_s=LIMIT_S)
            return [_linked_again(told, label, number)]

    return play


def _linked_again(told: Story, label: str, number: str) -> Played:
    how = "retry" if told.show()["status"] == "FAILED" else "link"
    if told.link(how, wait_s=30)["status"] == "WAITING_QR":
        told.scan(number)
    told.until("READY", limit_s=LIMIT_S)
    return Played(account_id=told.id, labels={1: label, 2: LINKED})


def banned_network(client: httpx.Client, number: str) -> list[Played]:
    with story(client) as told:
        told.scene("banned", form="proxy")
        told.link(wait_s=30)
        told.scan(number)
        told.until("FAILED", limit_s=LIMIT_S)
        return [Played(account_id=told.id, labels={1: "network_refused"})]


def never_fetched(client: httpx.Client, _: str) -> list[Played]:
    with story(client, policy={"link_window_s": 15.0}) as told:
        told.link()
        told.until("FAILED", limit_s=LIMIT_S)
        return [Played(account_id=told.id, labels={1: "code_never_fetched"})]


def fetched_once(client: httpx.Client, _: str) -> list[Played]:
    """The front end shows the first code for ever."""
    with story(client, policy={"link_window_s": 40.0}) as told:
        told.link()
        fetch(told)
        told.until("FAILED", limit_s=LIMIT_S)
        return [Played(account_id=told.id, labels={1: "stale_code_shown"})]


def always_fetched(client: httpx.Client, _: str) -> list[Played]:
    """The front end shows every code at once, and nobody scans."""
    with story(client, policy={"link_window_s": 22.0}) as told:
        told.link()
        wait_until(lambda: fetch(told) is None, LIMIT_S)
        return [Played(account_id=told.id, labels={1: "user_too_slow"})]


def fetched_late(client: httpx.Client, _: str) -> list[Played]:
    """The front end wakes up when the first code is about to expire; the next are short."""
    with story(client, policy={"link_window_s": 22.0}) as told:
        told.link()
        wait_until(lambda: _left_s(told) < LATE_S, LIMIT_S)
        wait_until(lambda: fetch(told) is None, LIMIT_S)
        return [Played(account_id=told.id, labels={1: "codes_fetched_late"})]


def fetch(told: Story) -> str | None:
    """Fetch the code on show as a front end does; None once the attempt is over."""
    told.client.get(f"/v1/accounts/{told.id}/qr")
    status: str = told.show()["status"]
    return None if status == "FAILED" else status


def _left_s(told: Story) -> float:
    """Say how long the code on show is good, without fetching it."""
    code = told.show()["code"]
    if code is None:
        return LIMIT_S
    return (
        datetime.fromisoformat(code["expires_at"]).astimezone(UTC) - clock.now()
    ).total_seconds()


def cancelled(client: httpx.Client, _: str) -> list[Played]:
    with story(client) as told:
        told.link()
        told.post("cancel")
        return [Played(account_id=told.id, labels={1: "cancelled"})]


def stopped_then_logged_out(client: httpx.Client, number: str) -> list[Played]:
    """A logout of an account whose page is closed reaches nobody."""
    with story(client) as told:
        told.link_to_ready(phone=number)
        told.post("stop")
        told.post("logout")
        labels = {1: "stopped"}
        return [Played(account_id=told.id, labels=labels, now="logout_unconfirmed")]


def stopped_and_reconnected(client: httpx.Client, number: str) -> list[Played]:
    with story(client) as told:
        told.link_to_ready(phone=number)
        told.post("stop")
        told.post("reconnect")
        told.until("READY", limit_s=LIMIT_S)
        return [Played(account_id=told.id, labels={1: "stopped", 2: LINKED})]


def logged_out(client: httpx.Client, number: str) -> list[Played]:
    with story(client) as told:
        told.link_to_ready(phone=number)
        told.post("logout")
        told.until("DISCONNECTED", limit_s=LIMIT_S)
        return [Played(account_id=told.id, labels={1: "logged_out"})]


def unlinked_on_the_phone(client: httpx.Client, number: str) -> list[Played]:
    with story(client) as told:
        told.link_to_ready(phone=number)
        told.phone("logout")
        told.until("DISCONNECTED", limit_s=LIMIT_S)
        return [Played(account_id=told.id, labels={1: "phone_unlinked"})]


def linked_twice(client: httpx.Client, number: str) -> list[Played]:
    """Another account of the workspace links the same phone."""
    workspace = f"w-{number[-5:]}"
    with story(client, workspace=workspace) as old, story(client, workspace=workspace) as new:
        old.link_to_ready(phone=number)
        new.link_to_ready(phone=number)
        wait_until(lambda: "AccountSuperseded" in old.names(), LIMIT_S)
        return [
            Played(account_id=old.id, labels={1: "duplicate_account"}),
            Played(account_id=new.id, labels={1: LINKED}),
        ]


def session_dead_and_nobody_there(client: httpx.Client, number: str) -> list[Played]:
    with story(client, policy={"link_window_s": 8.0}) as told:
        _lose(told, number, "session_dead")
        told.post("reconnect")
        told.until("FAILED", limit_s=LIMIT_S)
        labels = {1: "stream_replaced", 2: "new_scan_needed"}
        return [Played(account_id=told.id, labels=labels)]


def session_unanswered(client: httpx.Client, number: str) -> list[Played]:
    with story(client, policy={"authentication_s": 5.0, "reconnect_budget": 1}) as told:
        _lose(told, number, "authentication_hangs")
        told.post("reconnect")
        wait_until(lambda: "ReconnectFailed" in told.names(), LIMIT_S)
        labels = {1: "stream_replaced", 2: "session_unanswered"}
        return [Played(account_id=told.id, labels=labels)]


def _lose(told: Story, number: str, next_scene: str) -> None:
    told.scene("conflict", after_s=10.0)
    told.link_to_ready(phone=number)
    told.until("DISCONNECTED", limit_s=LIMIT_S)
    told.scene(next_scene)


PERFORMANCES: dict[str, Play] = {each.id: rehearse(each) for each in REHEARSALS} | {
    play.__name__: play
    for play in (
        banned_network,
        never_fetched,
        fetched_once,
        always_fetched,
        fetched_late,
        cancelled,
        stopped_then_logged_out,
        stopped_and_reconnected,
        logged_out,
        unlinked_on_the_phone,
        linked_twice,
        session_dead_and_nobody_there,
        session_unanswered,
    )
}
"""Name -> performance: every rehearsal, and what people do."""
