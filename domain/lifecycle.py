"""THE table: every legal step of an account is a row here, and nowhere else is a status changed.

Read a row as: this event may happen in these statuses, and leads to that one. SAME means the event
never changes the status. The diagram in docs/lifecycle.md is drawn from this table.

The table defines a `transitions` Machine. That machine is asked once, at import, to compile the two
lookups that the rest of the domain uses; tests prove lookup and machine equal for every pair.
It is asked when deciding, never when replaying: what is in the log has happened.
"""

import logging
from typing import Any

from transitions import Machine

from domain import events as e
from domain import facts as f
from domain import message_events as m
from domain.status import Status as S  # noqa: N817  the table must stay readable aloud

# transitions logs three INFO records per trigger; they cost three times the step itself.
logging.getLogger("transitions").setLevel(logging.WARNING)

SAME = None
ALL = tuple(S)
RUNNING = (S.INITIALIZING, S.WAITING_QR, S.AUTHENTICATING)
LINKED = (S.READY, S.DISCONNECTED)
BEGUN = tuple(s for s in S if s is not S.NOT_CREATED)

Row = tuple[type[e.AccountEvent], tuple[S, ...], S | None]

TABLE: tuple[Row, ...] = (
    (e.AccountRegistered, (S.NOT_CREATED,), SAME),
    # Starting
    (e.LinkRequested, (S.NOT_CREATED, S.FAILED, S.DISCONNECTED), S.INITIALIZING),
    (e.ReconnectStarted, (S.DISCONNECTED,), S.INITIALIZING),
    (e.PageReached, (S.INITIALIZING,), SAME),
    (e.SessionFound, (S.INITIALIZING,), S.AUTHENTICATING),
    # A kept session that turns out dead goes back to showing a code (seed erp-system-flow has no
    # way out of this but "failed", and its users had to delete folders by hand).
    (e.SessionRejected, (S.AUTHENTICATING,), S.INITIALIZING),
    # Codes on show
    (e.QrIssued, (S.INITIALIZING, S.WAITING_QR), S.WAITING_QR),  # codes rotate
    (e.QrFetched, (S.WAITING_QR,), SAME),
    (e.CodesExhausted, (S.INITIALIZING, S.WAITING_QR), SAME),
    (e.PairingCodeIssued, (S.INITIALIZING, S.WAITING_QR), S.WAITING_QR),
    # A phone can be faster than our first look at the page, hence also from INITIALIZING.
    (e.QrScanned, (S.INITIALIZING, S.WAITING_QR), S.AUTHENTICATING),
    # Checking and syncing
    (e.SyncProgressed, (S.AUTHENTICATING,), SAME),
    (e.ActionRequired, RUNNING, SAME),
    (e.PhoneAwaited, (S.AUTHENTICATING,), SAME),
    (e.PhoneIdentified, (S.AUTHENTICATING, S.READY), SAME),
    (e.LinkCompleted, (S.AUTHENTICATING,), S.READY),
    # Endings of an attempt
    (e.LinkFailed, RUNNING, S.FAILED),
    # A reconnect that fails was linked before and still is at WhatsApp: not FAILED.
    (e.ReconnectFailed, (S.INITIALIZING, S.AUTHENTICATING), S.DISCONNECTED),
    # Endings of a link
    (e.ConnectionLost, (S.READY,), S.DISCONNECTED),
    # The number moved to another account, also while this one was trying to come back.
    (e.AccountSuperseded, (S.INITIALIZING, S.AUTHENTICATING, *LINKED), S.DISCONNECTED),
    (e.LogoutRequested, (S.READY,), SAME),
    (e.LoggedOut, LINKED, S.DISCONNECTED),
    (e.AccountDestroyed, (*RUNNING, S.READY, S.FAILED, S.DISCONNECTED), S.NOT_CREATED),
    # Facts beside the status
    (f.AccountErased, (S.NOT_CREATED,), SAME),
    (f.PrimaryChosen, ALL, SAME),
    (f.PrimaryWithdrawn, ALL, SAME),
    # Before READY is told, so that no crash loses the link then; and when an attempt was stopped.
    (f.SessionSealed, (S.AUTHENTICATING, *LINKED, S.FAILED), SAME),
    (f.SealingFailed, (S.AUTHENTICATING, *LINKED, S.FAILED), SAME),
    (f.ReconnectCalledOff, (S.DISCONNECTED,), SAME),
    (f.StandbyRequested, LINKED, SAME),
    (f.StandbyReady, LINKED, SAME),
    # Its process may end at any time, also while the primary is coming back.
    (f.StandbyFailed, (*RUNNING, *LINKED), SAME),
    (f.StandbyPromoted, LINKED, SAME),
    (f.EvidenceKept, BEGUN, SAME),
    # Beside a running attempt; heard again whenever that is.
    (f.WebhookSilent, RUNNING, SAME),
    (f.WebhookHeard, ALL, SAME),
    # Messages: they wait through a reconnect, and WhatsApp may confirm them after the link is lost.
    (m.MessageQueued, BEGUN, SAME),
    (m.MessageNotSent, BEGUN, SAME),
    (m.MessageSent, BEGUN, SAME),
    (m.MessageDelivered, BEGUN, SAME),
    (m.MessageRead, BEGUN, SAME),
    (m.MessageFailed, BEGUN, SAME),
    (m.MessageReceived, BEGUN, SAME),
)


def build_machine() -> Machine:
    """Build the machine that the table defines; it has no model and no callback."""
    rows: list[dict[str, Any]] = [
        {"trigger": event.__name__, "source": list(sources), "dest": to}
        for event, sources, to in TABLE
    ]
    return Machine(
        model=None, states=S, initial=S.NOT_CREATED, transitions=rows, auto_transitions=False
    )


def compile_steps(machine: Machine) -> dict[tuple[S, str], S]:
    """List every legal step of the machine as (status, event name) -> status afterwards."""
    steps: dict[tuple[S, str], S] = {}
    for trigger, event in machine.events.items():
        for source, transitions in event.transitions.items():
            dest = transitions[0].dest
            steps[S[source], trigger] = S[source] if dest is None else S[dest]
    return steps


STEPS = compile_steps(build_machine())
"""(status, event name) -> status afterwards, for every legal step and no other."""

LEADS_TO: dict[type[e.AccountEvent], S | None] = {event: to for event, _, to in TABLE}
"""Event -> the one status it leads to, None when it never changes the status. Used by replay."""

EVENTS: dict[str, type[e.AccountEvent]] = {event.__name__: event for event, _, _ in TABLE}
"""Topic -> event, for every event of an account."""


def next_events(status: S) -> tuple[str, ...]:
    """Name what may happen to an account in this status, in the table's order."""
    return tuple(name for name in EVENTS if (status, name) in STEPS)
