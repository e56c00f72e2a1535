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


class ClaimPhone(msgspec.Struct, frozen=True, kw_only=True):
    """The account became READY with this number."""

    at: datetime
    account: str
    phone_fingerprint: str


class LoseReadiness(msgspec.Struct, frozen=True, kw_only=True):
    """The account is not READY any more, but its link may come back."""

    at: datetime
    account: str


class ReleasePhone(msgspec.Struct, frozen=True, kw_only=True):
    """The account's link is gone for good."""

    at: datetime
    account: str
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

    def number_of(self, account: str) -> str | None:
        """Fingerprint of the number that the account holds."""
        return next((f for f, holder in self.holders.items() if holder == account), None)


NEW_WORKSPACE = Workspace()


def decide_workspace(workspace: Workspace, command: WorkspaceCommand) -> WorkspaceDecision:
    """Decide one command on one workspace; it never refuses, for what it hears has happened."""
    match command:
        case ClaimPhone():
            return _claim(workspace, command)
        case LoseReadiness():
            if command.account not in workspace.ready_since:
                return Ignored("already_so")
            return [w.ReadinessLost(at=command.at, account=command.account)]
        case ReleasePhone():
            return _release(workspace, command)
        case _:
            assert_never(command)


def _claim(workspace: Workspace, command: ClaimPhone) -> WorkspaceDecision:
    at, account, number = command.at, command.account, command.phone_fingerprint
    holder = workspace.holders.get(number)
    events: list[w.WorkspaceEvent] = []
    held = workspace.number_of(account)
    if held is not None and held != number:
        events.append(w.PhoneReleased(at=at, account=account, because="other_number"))
    if holder is not None and holder != account:
        events.append(
            w.PhoneClaimMoved(at=at, account=holder, to=account, phone_fingerprint=number)
        )
    elif holder is None or account not in workspace.ready_since:
        events.append(w.PhoneClaimed(at=at, account=account, phone_fingerprint=number))
    if workspace.primary is None:
        events.append(w.PrimaryAssigned(at=at, account=account, because="first_ready"))
    return events or Ignored("already_so")


def _release(workspace: Workspace, command: ReleasePhone) -> WorkspaceDecision:
    at, account = command.at, command.account
    events: list[w.WorkspaceEvent] = []
    if workspace.number_of(account) is not None:
        events.append(w.PhoneReleased(at=at, account=account, because=command.because))
    if command.because == "destroyed" and workspace.primary == account:
        events.append(_succession(workspace, at, account))
    return events or Ignored("already_so")


def _succession(
    workspace: Workspace, at: datetime, account: str
) -> w.PrimaryAssigned | w.PrimaryVacated:
    others = {a: since for a, since in workspace.ready_since.items() if a != account}
    if not others:
        return w.PrimaryVacated(at=at, account=account)
    heir = min(others, key=lambda a: (others[a], a))
    return w.PrimaryAssigned(at=at, account=heir, because="longest_ready")


def evolve_workspace(workspace: Workspace, event: w.WorkspaceEvent) -> Workspace:
    """Fold one event into the workspace; never refuses."""
    holders, ready = dict(workspace.holders), dict(workspace.ready_since)
    primary = workspace.primary
    match event:
        case w.PhoneClaimed():
            holders[event.phone_fingerprint] = event.account
            ready.setdefault(event.account, event.at)
        case w.PhoneClaimMoved():
            holders[event.phone_fingerprint] = event.to
            ready.pop(event.account, None)
            ready.setdefault(event.to, event.at)
        case w.PhoneReleased():
            holders = {f: a for f, a in holders.items() if a != event.account}
            ready.pop(event.account, None)
        case w.ReadinessLost():
            ready.pop(event.account, None)
        case w.PrimaryAssigned():
            primary = event.account
        case w.PrimaryVacated():
            primary = None
        case _:  # an event of a later version: nothing of it is known here
            return workspace
    return Workspace(holders=holders, ready_since=ready, primary=primary)


def replay_workspace(
    events: Iterable[w.WorkspaceEvent], workspace: Workspace = NEW_WORKSPACE
) -> Workspace:
    """Fold a story, oldest event first."""
    for event in events:
        workspace = evolve_workspace(workspace, event)
    return workspace
