"""The two rules that hold across the accounts of one workspace.

A phone number is held by at most one account: whoever links it last has it. (As a constraint on a
status column this was half of all failures in seed qr-scan-failure-flow.) And the first account to
become READY is the primary; when it is destroyed, the one that has been READY longest follows.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, assert_never

import msgspec

from domain import workspace_events as w
from domain.decision import Ignored


class AccountNews(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an account's event means for its workspace."""

    at: datetime
    account: str
    position: int = 0
    """The event's position in the log. One that is no newer than what was heard is ignored."""


class ClaimPhone(AccountNews, frozen=True, kw_only=True):
    """The account became READY with this number, by this link."""

    phone_fingerprint: str
    link: str = ""


class LoseReadiness(AccountNews, frozen=True, kw_only=True):
    """The account is not READY any more, but its link may come back."""


class ReleasePhone(AccountNews, frozen=True, kw_only=True):
    """The account's link is gone for good."""

    because: Literal["logged_out", "destroyed"]


WorkspaceCommand = ClaimPhone | LoseReadiness | ReleasePhone
WorkspaceDecision = list[w.WorkspaceEvent] | Ignored


class Workspace(msgspec.Struct, frozen=True, kw_only=True):
    """The folded workspace."""

    holders: dict[str, str] = {}
    """Phone fingerprint -> the account that holds the number."""
    ready_since: dict[str, datetime] = {}
    """Account -> since when it is READY; accounts that are not READY are absent."""
    primary: str | None = None
    claims: dict[str, tuple[str, str]] = {}
    """Account -> the link and the number of its last claim, kept when the number moves away."""
    heard: int = 0
    """Position of the last account's event that changed something here."""

    def number_of(self, account: str) -> str | None:
        """Fingerprint of the number that the account holds."""
        return next((f for f, holder in self.holders.items() if holder == account), None)


NEW_WORKSPACE = Workspace()


def decide_workspace(workspace: Workspace, command: WorkspaceCommand) -> WorkspaceDecision:
    """Decide one command on one workspace; it never refuses, for what it hears has happened."""
    if 0 < command.position <= workspace.heard:
        return Ignored("heard_already")
    match command:
        case ClaimPhone():
            return _claim(workspace, command)
        case LoseReadiness():
            if command.account not in workspace.ready_since:
                return Ignored("already_so")
            heard = command.position
            return [w.ReadinessLost(at=command.at, heard=heard, account=command.account)]
        case ReleasePhone():
            return _release(workspace, command)
        case _:
            assert_never(command)


def _claim(workspace: Workspace, command: ClaimPhone) -> WorkspaceDecision:
    at, heard = command.at, command.position
    account, number, link = command.account, command.phone_fingerprint, command.link
    holder = workspace.holders.get(number)
    moves = holder is not None and holder != account
    if moves and link and workspace.claims.get(account) == (link, number):
        # It has lost the number under this very link and came back before it was told.
        return Ignored("superseded")
    events: list[w.WorkspaceEvent] = []
    held = workspace.number_of(account)
    if held is not None and held != number:
        released = w.PhoneReleased(at=at, heard=heard, account=account, because="other_number")
        events.append(released)
    if holder is not None and holder != account:
        older, _ = workspace.claims.get(holder, ("", number))
        events.append(
            w.PhoneClaimMoved(
                at=at,
                heard=heard,
                account=holder,
                to=account,
                phone_fingerprint=number,
                link=older,
                to_link=link,
            )
        )
    elif account not in workspace.ready_since or workspace.claims.get(account) != (link, number):
        events.append(
            w.PhoneClaimed(at=at, heard=heard, account=account, phone_fingerprint=number, link=link)
        )
    if workspace.primary is None:
        first = w.PrimaryAssigned(at=at, heard=heard, account=account, because="first_ready")
        events.append(first)
    return events or Ignored("already_so")


def _release(workspace: Workspace, command: ReleasePhone) -> WorkspaceDecision:
    at, heard, account = command.at, command.position, command.account
    events: list[w.WorkspaceEvent] = []
    if workspace.number_of(account) is not None:
        released = w.PhoneReleased(at=at, heard=heard, account=account, because=command.because)
        events.append(released)
    if command.because == "destroyed" and workspace.primary == account:
        events.append(_succession(workspace, command))
    return events or Ignored("already_so")


def _succession(
    workspace: Workspace, command: ReleasePhone
) -> w.PrimaryAssigned | w.PrimaryVacated:
    at, heard, account = command.at, command.position, command.account
    others = {a: since for a, since in workspace.ready_since.items() if a != account}
    if not others:
        return w.PrimaryVacated(at=at, heard=heard, account=account)
    heir = min(others, key=lambda a: (others[a], a))
    return w.PrimaryAssigned(
        at=at, heard=heard, account=heir, because="longest_ready", earlier=account
    )


def evolve_workspace(workspace: Workspace, event: w.WorkspaceEvent) -> Workspace:
    """Fold one event into the workspace; never refuses."""
    holders, ready = dict(workspace.holders), dict(workspace.ready_since)
    claims, primary = dict(workspace.claims), workspace.primary
    match event:
        case w.PhoneClaimed():
            holders[event.phone_fingerprint] = event.account
            claims[event.account] = (event.link, event.phone_fingerprint)
            ready.setdefault(event.account, event.at)
        case w.PhoneClaimMoved():
            holders[event.phone_fingerprint] = event.to
            claims[event.to] = (event.to_link, event.phone_fingerprint)
            ready.pop(event.account, None)
            ready.setdefault(event.to, event.at)
        case w.PhoneReleased():
            holders = {f: a for f, a in holders.items() if a != event.account}
            claims.pop(event.account, None)
            ready.pop(event.account, None)
        case w.ReadinessLost():
            ready.pop(event.account, None)
        case w.PrimaryAssigned():
            primary = event.account
        case w.PrimaryVacated():
            primary = None
        case _:  # an event of a later version: nothing of it is known here
            return workspace
    return Workspace(
        holders=holders,
        ready_since=ready,
        primary=primary,
        claims=claims,
        heard=max(workspace.heard, event.heard),
    )


def replay_workspace(
    events: Iterable[w.WorkspaceEvent], workspace: Workspace = NEW_WORKSPACE
) -> Workspace:
    """Fold a story, oldest event first."""
    for event in events:
        workspace = evolve_workspace(workspace, event)
    return workspace
