"""What follows from an event for other streams: accounts tell their workspace, and it tells them.

Delivery is in the order of the log and at least once. The same event gives the same commands, and
each carries what its receiver needs to know a redelivery or a late word for what it is:

- to a workspace, the event's position; a workspace ignores what is no newer than what it has heard;
- to an account about its number, the link that lost it; a link made since is not meant;
- to an account about the primary, the workspace's version; an older word does not undo a newer one.

So a reactor may stop between any two commands and begin again at any earlier position.
"""

from collections.abc import Callable

import msgspec

from domain import events as e
from domain import workspace_events as w
from domain.commands import AnyCommand
from domain.log import WORKSPACE_PREFIX, RecordedEvent, workspace_stream
from domain.observations import RecordPrimary, RecordSuperseded
from domain.workspace import ClaimPhone, LoseReadiness, ReleasePhone, WorkspaceCommand


class Reaction(msgspec.Struct, frozen=True):
    """A command that follows from an event, and the stream it is for."""

    stream: str
    command: AnyCommand | WorkspaceCommand

    @property
    def workspace(self) -> bool:
        """Tell whether the stream is a workspace's; its commands are then a workspace's too."""
        return self.stream.startswith(WORKSPACE_PREFIX)


def reactions(recorded: RecordedEvent, workspace_of: Callable[[str], str]) -> list[Reaction]:
    """List what follows from an event; `workspace_of` names the workspace of an account's stream.

    There is at most one command per receiving stream.
    """
    if isinstance(recorded.event, w.WorkspaceEvent):
        return _for_accounts(recorded.event, recorded.version)
    command = _for_workspace(recorded.event, recorded.stream, recorded.position)
    if command is None:
        return []
    return [Reaction(workspace_stream(workspace_of(recorded.stream)), command)]


def _for_workspace(event: e.AccountEvent, account: str, position: int) -> WorkspaceCommand | None:
    """Tell what the workspace must hear: every arrival at READY, and every way out of it."""
    match event:
        case e.LinkCompleted(phone_fingerprint=str(number)) if number:
            return ClaimPhone(
                at=event.at,
                account=account,
                phone_fingerprint=number,
                link=event.link,
                position=position,
            )
        case e.PhoneIdentified(link=str(link)) if link:
            return ClaimPhone(
                at=event.at,
                account=account,
                phone_fingerprint=event.fingerprint,
                link=link,
                position=position,
            )
        case e.ConnectionLost() | e.AccountSuperseded():
            return LoseReadiness(at=event.at, account=account, position=position)
        case e.LoggedOut():
            return ReleasePhone(
                at=event.at, account=account, because="logged_out", position=position
            )
        case e.AccountDestroyed():
            return ReleasePhone(
                at=event.at, account=account, because="destroyed", position=position
            )
        case _:
            return None


def _for_accounts(event: w.WorkspaceEvent, version: int) -> list[Reaction]:
    match event:
        case w.PhoneClaimMoved():
            superseded = RecordSuperseded(
                at=event.at,
                by=event.to,
                phone_fingerprint=event.phone_fingerprint,
                link=event.link,
            )
            return [Reaction(event.account, superseded)]
        case w.PrimaryAssigned():
            told = [_primary(event, event.account, version, chosen=True)]
            if event.earlier is not None:
                told.append(_primary(event, event.earlier, version, chosen=False))
            return told
        case w.PrimaryVacated():
            return [_primary(event, event.account, version, chosen=False)]
        case _:
            return []


def _primary(event: w.WorkspaceEvent, account: str, version: int, *, chosen: bool) -> Reaction:
    return Reaction(account, RecordPrimary(at=event.at, chosen=chosen, workspace_version=version))
