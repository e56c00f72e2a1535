"""`evolve` folds one event into an account, `replay` a whole story.

Neither ever refuses: what is in the log has happened, whatever the table says today.
"""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from domain import attempt_story, link_story, message_story, silence
from domain import events as e
from domain import facts as f
from domain import message_events as m
from domain.account import NEW, Account
from domain.lifecycle import LEADS_TO
from domain.status import Status

Fold = Callable[[Account, Any], Account]


def evolve(account: Account, event: e.AccountEvent) -> Account:
    """Fold one event into the account."""
    fold, status = _FOLD_AND_STATUS[type(event)]
    status_before = account.status
    account = fold(account, event)
    if status is None or status is status_before:
        return account
    return replace(account, status=status, since=event.at)


def replay(events: Iterable[e.AccountEvent], account: Account = NEW) -> Account:
    """Fold a story, oldest event first."""
    for event in events:
        account = evolve(account, event)
    return account


FOLDS: dict[type[e.AccountEvent], Fold] = {
    e.AccountRegistered: link_story.registered,
    e.LinkRequested: attempt_story.link_requested,
    e.ReconnectStarted: attempt_story.reconnect_started,
    e.PageReached: attempt_story.page_reached,
    e.SessionFound: attempt_story.session_found,
    e.SessionRejected: attempt_story.session_rejected,
    e.QrIssued: attempt_story.qr_issued,
    e.QrFetched: attempt_story.qr_fetched,
    e.CodesExhausted: attempt_story.codes_exhausted,
    e.PairingCodeIssued: attempt_story.pairing_code_issued,
    e.QrScanned: attempt_story.qr_scanned,
    e.SyncProgressed: attempt_story.sync_progressed,
    e.ActionRequired: attempt_story.action_required,
    e.PhoneAwaited: attempt_story.phone_awaited,
    e.PhoneIdentified: link_story.phone_identified,
    e.LinkCompleted: link_story.link_completed,
    e.LinkFailed: attempt_story.link_failed,
    e.ReconnectFailed: link_story.lost,
    e.ConnectionLost: link_story.lost,
    e.AccountSuperseded: link_story.superseded,
    e.LogoutRequested: link_story.logout_requested,
    e.LoggedOut: link_story.logged_out,
    e.AccountDestroyed: link_story.destroyed,
    f.AccountErased: link_story.erased,
    f.PrimaryChosen: link_story.primary_chosen,
    f.PrimaryWithdrawn: link_story.primary_withdrawn,
    f.SessionSealed: link_story.session_sealed,
    f.SealingFailed: link_story.sealing_failed,
    f.ReconnectCalledOff: link_story.called_off,
    f.StandbyRequested: link_story.standby_requested,
    f.StandbyReady: link_story.standby_ready,
    f.StandbyFailed: link_story.standby_failed,
    f.StandbyPromoted: link_story.standby_promoted,
    f.EvidenceKept: attempt_story.evidence_kept,
    f.WebhookSilent: silence.silent,
    f.WebhookHeard: silence.heard,
    m.MessageQueued: message_story.queued,
    m.MessageNotSent: message_story.not_sent,
    m.MessageSent: message_story.sent,
    m.MessageDelivered: message_story.delivered,
    m.MessageRead: message_story.over,
    m.MessageFailed: message_story.over,
    m.MessageReceived: message_story.received,
}
"""What each event changes beside the status. Tests see that every event has its line."""

_FOLD_AND_STATUS: dict[type[e.AccountEvent], tuple[Fold, Status | None]] = {
    event: (fold, LEADS_TO[event]) for event, fold in FOLDS.items()
}
"""One look-up per event: folding a long story is mostly this."""
