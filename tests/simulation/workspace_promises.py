"""The two rules of a workspace, read from its events alone, and from all accounts once at rest."""

from domain import events as e
from domain import workspace_events as w
from domain.log import RecordedEvent, workspace_stream
from domain.status import Status
from tests.simulation.stories import Stories


class WorkspacePromises:
    """Follows who holds which number and who is the primary, without asking the fold."""

    def __init__(self) -> None:
        self._primaries: dict[str, str | None] = {}
        self._holders: dict[tuple[str, str], str] = {}
        """(workspace's stream, number) -> the account that holds it."""
        self._newest: dict[str, tuple[str, str]] = {}
        """Account -> link and number of its newest claim."""
        self._claims: dict[tuple[str, str, str], list[int]] = {}
        """(account, link, number) -> positions at which the account told of it."""

    def add(self, recorded: RecordedEvent) -> None:
        """Check the next event of the log."""
        match recorded.event:
            case e.LinkCompleted(link=link, phone_fingerprint=number):
                self._claim(recorded, link, number)
            case e.PhoneIdentified(link=link, fingerprint=number) if link:
                self._claim(recorded, link, number)
            case w.PhoneClaimed() | w.PhoneClaimMoved() | w.PhoneReleased() as event:
                self._hold(recorded.stream, event)
            case w.PrimaryAssigned() as event:
                primary = self._primaries.get(recorded.stream)
                assert event.earlier == primary, "two primaries"
                assert event.account != primary
                assert (event.because == "longest_ready") == (primary is not None)
                self._primaries[recorded.stream] = event.account
            case w.PrimaryVacated() as event:
                assert event.account == self._primaries.get(recorded.stream)
                self._primaries[recorded.stream] = None
            case _:
                pass

    def _claim(self, recorded: RecordedEvent, link: str, number: str) -> None:
        """Note a claim; that of a reconnect with the same number is the one it had before."""
        account = recorded.stream
        if self._newest.get(account) != (link, number):
            self._newest[account] = (link, number)
            self._claims.setdefault((account, link, number), []).append(recorded.position)

    def _hold(
        self, stream: str, event: w.PhoneClaimed | w.PhoneClaimMoved | w.PhoneReleased
    ) -> None:
        match event:
            case w.PhoneClaimed():
                holder = self._holders.get((stream, event.phone_fingerprint))
                assert holder in (None, event.account), "two live claims on one number"
                self._holders[stream, event.phone_fingerprint] = event.account
            case w.PhoneClaimMoved():
                assert self._holders.get((stream, event.phone_fingerprint)) == event.account
                self._check_newer(event)
                self._holders[stream, event.phone_fingerprint] = event.to
            case w.PhoneReleased():
                self._holders = {
                    claim: holder
                    for claim, holder in self._holders.items()
                    if (claim[0], holder) != (stream, event.account)
                }

    def _check_newer(self, moved: w.PhoneClaimMoved) -> None:
        """Late and repeated news never cost the account that linked last its number."""
        number = moved.phone_fingerprint
        lost = self._last(moved.account, moved.link, number, moved.heard)
        won = self._last(moved.to, moved.to_link, number, moved.heard)
        assert lost < won, "an older link took the number from a newer one"

    def _last(self, account: str, link: str, number: str, heard: int) -> int:
        """Give the position of the last such claim that the workspace had heard of."""
        claims = self._claims.get((account, link, number), ())
        positions = [position for position in claims if position <= heard]
        assert positions, "a number was moved that nobody had linked"
        return positions[-1]


def check_at_rest(stories: Stories, workspace: str, unreadable: set[str]) -> None:
    """Once every word has been carried: one live holder of a number, and both sides agree.

    Accounts that only a newer build can read are left to it.
    """
    folded = stories.workspace(workspace_stream(workspace))
    accounts = {
        stream: story[-1].account
        for stream, story in stories.accounts.items()
        if stream not in unreadable and story[-1].account.workspace == workspace
    }
    ready = {name: a for name, a in accounts.items() if a.status is Status.READY}
    numbers = [account.phone_fingerprint for account in ready.values()]
    assert len(numbers) == len(set(numbers)), "two accounts are READY with one number"
    for name, account in ready.items():
        holder = folded.holders.get(str(account.phone_fingerprint))
        assert holder == name or holder in unreadable, f"{name} is READY and {holder} holds it"
    assert set(folded.ready_since) - unreadable == set(ready), "the workspace counts otherwise"
    primaries = [name for name, account in accounts.items() if account.primary]
    assert len(primaries) <= 1, f"{primaries} are all primary"
    if not unreadable:
        assert primaries == ([folded.primary] if folded.primary else []), "who is the primary?"
        assert folded.primary or not ready, "accounts are READY and none is the primary"
