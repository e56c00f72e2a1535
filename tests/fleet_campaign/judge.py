"""What the log tells of the accounts between two rounds, compared with what was done to them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from domain import events as e
from domain import facts as f
from domain.log import RecordedEvent
from domain.reasons import Reason

ENDS = (
    e.QrIssued,
    e.PairingCodeIssued,
    e.SessionRejected,
    e.LinkFailed,
    e.LoggedOut,
    e.AccountSuperseded,
)
"""Whatever says that an account needs another scan."""
TROUBLE = (e.ConnectionLost, e.ReconnectFailed)


class Verdict:
    """Events of one round."""

    def __init__(self, events: Iterable[RecordedEvent]) -> None:
        self._of: dict[str, list[RecordedEvent]] = defaultdict(list)
        for recorded in events:
            self._of[recorded.stream].append(recorded)

    def came_back(self, account: str) -> bool:
        """Tell whether the account was lost and has become READY after that."""
        kinds = [type(one.event) for one in self._of[account]]
        return (
            e.ConnectionLost in kinds and e.LinkCompleted in kinds[kinds.index(e.ConnectionLost) :]
        )

    def lost_links(self, unlinked: Iterable[str]) -> list[str]:
        """Name what ended links that no phone had ended."""
        spared = set(unlinked)
        return [
            _sentence(one)
            for account, told in self._of.items()
            if account not in spared
            for one in told
            if isinstance(one.event, ENDS)
        ]

    def untrue(self, allowed: Mapping[str, frozenset[Reason]]) -> list[str]:
        """Name every reason that is not one for what was done to the account."""
        return [
            _sentence(one)
            for account, told in self._of.items()
            for one in told
            if account in allowed
            and (
                isinstance(one.event, f.SealingFailed)
                or (isinstance(one.event, TROUBLE) and one.event.reason not in allowed[account])
            )
        ]

    def losses(self) -> int:
        """How many links were lost for a while."""
        return sum(
            isinstance(one.event, e.ConnectionLost) for all_ in self._of.values() for one in all_
        )


def _sentence(recorded: RecordedEvent) -> str:
    event = recorded.event
    reason: Reason | None = getattr(event, "reason", None)
    detail: str = getattr(event, "detail", "")
    return (
        f"{recorded.stream} at {recorded.position}, {recorded.recorded_at:%H:%M:%S}:"
        f" {recorded.topic} {reason.value if reason else ''} {detail}".rstrip()
    )
