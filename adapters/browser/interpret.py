"""From what the page shows to what is recorded. Pure: time, ids and keys come with the context.

A page is looked at again and again; only a difference to the last look is worth recording. The
`View` is that memory. What the observations mean for the account is the domain's business.
"""

import re
from datetime import timedelta

from msgspec.structs import replace

from adapters.browser.codes import codes
from adapters.browser.snapshot import PageSnapshot
from adapters.browser.view import Context, Seen, View, is_ready, logged_out, problem
from domain.observations import (
    Observation,
    RecordActionRequired,
    RecordPage,
    RecordReady,
    RecordScan,
    RecordSession,
    RecordSynced,
    RecordSyncProgress,
)
from domain.reasons import Reason


def interpret(
    view: View, snapshot: PageSnapshot, context: Context
) -> tuple[View, list[Observation]]:
    """Compare a look at the page with the view; returns the new view and what to record."""
    view = _new_page(view, context)
    seen: Seen = []
    for look in (_phases, _troubles, _logout, _stream, _linked, _passkey, codes):
        if view.over:
            break
        view, news = look(view, snapshot, context)
        seen += news
    return view, seen


def _new_page(view: View, context: Context) -> View:
    """A page that was loaded anew has another set of codes."""
    if view.boot == context.boot:
        return view
    was_ready = view.stage in ("ready", "away")
    return replace(
        view,
        boot=context.boot,
        ref="",
        code="",
        codes_in_set=0,
        exhausted=False,
        pairing_code="",
        loaded_anew=was_ready,
    )


def _phases(view: View, snapshot: PageSnapshot, context: Context) -> tuple[View, Seen]:
    seen: Seen = []
    if snapshot.loaded and not view.loaded:
        seen.append(RecordPage(at=context.at, attempt=context.attempt, phase="page_loaded"))
    if snapshot.phase == "running" and not view.started:
        started = RecordPage(
            at=context.at,
            attempt=context.attempt,
            phase="bridge_started",
            whatsapp=_version(snapshot.whatsapp),
        )
        seen.append(started)
    loaded = view.loaded or snapshot.loaded
    started = view.started or snapshot.phase == "running"
    return replace(view, loaded=loaded, started=started), seen


VERSION = re.compile(r"\d{1,3}(\.\d{1,10}){1,3}")
"""Such as 2.3000.1031992593: the log takes no other text from a page in its place."""


def _version(told: str) -> str:
    return told if VERSION.fullmatch(told) else ""


BLOCKS = {
    "TOS_BLOCK": Reason.TEMPORARILY_BANNED,
    "SMB_TOS_BLOCK": Reason.TEMPORARILY_BANNED,
    # WhatsApp refuses the network that the page comes from.
    "PROXYBLOCK": Reason.PAGE_UNREACHABLE,
    "DEPRECATED_VERSION": Reason.CLIENT_OUTDATED,
}
"""Socket states and stream modes in which the page gives up for good (browser-findings 2.2)."""


def _troubles(view: View, snapshot: PageSnapshot, context: Context) -> tuple[View, Seen]:
    """What the page cannot recover from."""
    block = next((word for word in (snapshot.socket, snapshot.mode) if word in BLOCKS), None)
    if snapshot.banned is not None:
        found = (Reason.TEMPORARILY_BANNED, _ban(snapshot, context))
    elif block is not None:
        found = (BLOCKS[block], f"the page says {block}")
    elif snapshot.missing:
        found = _missing(snapshot)
    elif snapshot.storage_failed:
        found = (Reason.STORAGE_UNAVAILABLE, "the page could not open its storage")
    else:
        return view, []
    return replace(view, over=True), [problem(context, *found)]


def _missing(snapshot: PageSnapshot) -> tuple[Reason, str]:
    """Tell a page that has changed from one that has come in part only, which may be had again."""
    names = "missing: " + ", ".join(snapshot.missing)
    if snapshot.unloaded:
        return Reason.PAGE_UNREACHABLE, f"{snapshot.unloaded} of its scripts did not come; {names}"
    return Reason.PAGE_CHANGED, names


def _ban(snapshot: PageSnapshot, context: Context) -> str:
    told = f"ban code {snapshot.banned or 'unknown'}"
    if snapshot.banned_for_s is None:
        return told
    until = context.seen_at + timedelta(seconds=snapshot.banned_for_s)
    return f"{told}, until {until:%Y-%m-%d %H:%M} UTC"


def _logout(view: View, snapshot: PageSnapshot, context: Context) -> tuple[View, Seen]:
    """A logout loads the page anew, with the reason in its address.

    On the way back to a code its phases are signs of progress once more.
    """
    if snapshot.leaving:
        view = replace(view, leaving=snapshot.leaving)
    if snapshot.left is None or view.left_boot == context.boot:
        return view, []
    reason = snapshot.left or view.leaving
    view = replace(view, left_boot=context.boot, leaving="")
    match view.stage:
        case "opening":  # a kept session was refused before we could look
            found = RecordSession(at=context.at, attempt=context.attempt)
            return _start_again(view), [found, logged_out(context, reason)]
        case "unpaired":
            return view, []  # nothing was linked that could end
        case "session":
            return _start_again(view), [logged_out(context, reason)]
        case _:
            return replace(view, over=True), [logged_out(context, reason)]


def _start_again(view: View) -> View:
    return replace(
        view, stage="unpaired", loaded=False, started=False, sync_percent=-1, synced=False
    )


def _stream(view: View, snapshot: PageSnapshot, context: Context) -> tuple[View, Seen]:
    """Conflict, and a link that was ready and has lost its stream."""
    if "CONFLICT" in (snapshot.mode, snapshot.socket):
        if view.conflict:
            return view, []
        linked = view.stage in ("ready", "away")
        reason = Reason.STREAM_REPLACED if linked else Reason.ALREADY_LINKED_ELSEWHERE
        replaced = problem(context, reason, "the page says CONFLICT")
        return replace(view, conflict=True), [replaced]
    view = replace(view, conflict=False)
    if view.stage not in ("ready", "away") or is_ready(snapshot):
        return view, []
    if view.stage == "ready":
        return replace(view, stage="away", away_since_s=context.now_s), []
    limit_s = context.come_back_s if view.loaded_anew else context.offline_after_s
    if view.lost or context.now_s - view.away_since_s < limit_s:
        return view, []
    # TIMEOUT is the page's word for a phone that does not answer; all else is the way there.
    reason = Reason.PHONE_OFFLINE if snapshot.socket == "TIMEOUT" else Reason.NETWORK_LOST
    detail = f"no stream for {limit_s:g} s: {snapshot.mode}, {snapshot.info}, {snapshot.socket}"
    return replace(view, lost=True), [problem(context, reason, detail)]


def _passkey(view: View, snapshot: PageSnapshot, context: Context) -> tuple[View, Seen]:
    if view.passkey_asked or not snapshot.passkey_asked:
        return view, []
    required = RecordActionRequired(at=context.at, attempt=context.attempt, action="passkey")
    return replace(view, passkey_asked=True), [required]


FIRST_SYNC = ("session", "scanned")
"""Where progress is told: a page that was ready and is loaded anew syncs again; that is no news."""


def _linked(view: View, snapshot: PageSnapshot, context: Context) -> tuple[View, Seen]:
    """Session found, scanned, syncing, ready."""
    if view.conflict:
        return view, []
    pairing = "PAIRING" in (snapshot.info, snapshot.socket)
    if not snapshot.authenticated and not (pairing and view.stage == "unpaired"):
        return view, []
    view, seen = _answered(view, context)
    percent = snapshot.sync_percent
    if is_ready(snapshot):
        view, news = _ready(view, snapshot, context)
    elif view.stage not in FIRST_SYNC:
        news = []
    elif snapshot.authenticated and snapshot.mode == "MAIN" and not view.synced:
        view = replace(view, synced=True)
        news = [RecordSynced(at=context.at, attempt=context.attempt)]
    elif percent is not None and percent > view.sync_percent and snapshot.mode == "SYNCING":
        view = replace(view, sync_percent=percent)
        news = [RecordSyncProgress(at=context.at, attempt=context.attempt, percent=percent)]
    else:
        news = []
    return view, [*seen, *news]


def _answered(view: View, context: Context) -> tuple[View, Seen]:
    """Tell a kept session from a scan: a page that had a code to show had no session."""
    match view.stage:
        case "opening":
            found = RecordSession(at=context.at, attempt=context.attempt)
            return replace(view, stage="session"), [found]
        case "unpaired":
            scanned = RecordScan(at=context.at, attempt=context.attempt)
            return replace(view, stage="scanned"), [scanned]
        case _:
            return view, []


def _ready(view: View, snapshot: PageSnapshot, context: Context) -> tuple[View, Seen]:
    me = snapshot.me
    if me is None:
        return view, []
    again = view.stage == "ready" or (view.stage == "away" and not view.lost)
    view_ready = replace(view, stage="ready", me=me, lost=False, loaded_anew=False)
    if again and me == view.me:
        return view_ready, []
    ready = RecordReady(
        at=context.at,
        attempt=context.attempt,
        phone=me.phone,
        phone_fingerprint=context.fingerprint("phone", me.phone),
        name=me.name,
        platform=me.platform,
    )
    return view_ready, [ready]
