"""Short stories that the read models' tests share; every step goes through the real `decide`."""

from domain.commands import ExpireDeadline
from domain.deadlines import Awaited
from domain.observations import (
    RecordPage,
    RecordQr,
    RecordQrFetch,
    RecordReady,
    RecordScan,
    RecordSyncProgress,
)
from domain.wishes import RegisterAccount, RequestLink
from projections.accounts import AccountRow, project_account
from tests.read_models.stories import CLIENT, CLOCK, NOON, Story, at

A1 = "att_1"
PHONE = "62811801641"
PHONE_PRINT = "phone-f00d"
FIRST_CODE_S = 60
CODE_S = 20
WINDOW_S = 300


def registered(account: str = "acc_1", label: str = "Branch 7") -> Story:
    """An account that has never been linked."""
    register = RegisterAccount(at=NOON, workspace="ws_1", label=label, site="sandbox")
    return Story().tell(register, by=CLIENT, to=account)


def requested() -> Story:
    """Linking was asked for at 1 s, as attempt 1."""
    return registered().tell(RequestLink(at=at(1), attempt=A1), by=CLIENT)


def opened() -> Story:
    """The browser, the page and the bridge are up at 4 s."""
    return requested().tell(
        RecordPage(at=at(2), attempt=A1, phase="browser_started"),
        RecordPage(at=at(3), attempt=A1, phase="page_loaded"),
        RecordPage(at=at(4), attempt=A1, phase="bridge_started"),
    )


def show(story: Story, ordinal: int, seconds: float, *, lives_s: float, attempt: str = A1) -> Story:
    """Let the page show a code."""
    code = RecordQr(
        at=at(seconds),
        attempt=attempt,
        fingerprint=f"code-{ordinal}",
        expires_at=at(seconds + lives_s),
    )
    return story.tell(code)


def fetch(story: Story, ordinal: int, seconds: float, attempt: str = A1) -> Story:
    """Let a client fetch a code."""
    fetched = RecordQrFetch(at=at(seconds), attempt=attempt, fingerprint=f"code-{ordinal}")
    return story.tell(fetched, by=CLIENT)


def waiting() -> Story:
    """Code 1 is on show from 5 s to 65 s."""
    return show(opened(), 1, 5, lives_s=FIRST_CODE_S)


def rotated(fetched: dict[int, float], last: int = 13) -> Story:
    """Codes 1 to `last` follow one another from 5 s on; `fetched` is code -> after how many s."""
    story = opened()
    shown_at = 5.0
    for ordinal in range(1, last + 1):
        lives_s = FIRST_CODE_S if ordinal == 1 else CODE_S
        show(story, ordinal, shown_at, lives_s=lives_s)
        if ordinal in fetched:
            fetch(story, ordinal, shown_at + fetched[ordinal])
        shown_at += lives_s
    return story


def expire(story: Story, awaited: Awaited, due_s: float, attempt: str = A1) -> Story:
    """Let the clock pass a deadline, half a second late."""
    passed = ExpireDeadline(at=at(due_s + 0.5), awaited=awaited, due=at(due_s), attempt=attempt)
    return story.tell(passed, by=CLOCK)


def close_window(story: Story) -> Story:
    """Let the linking window, open since 5 s, close."""
    return expire(story, Awaited.SCAN, 5 + WINDOW_S)


def scanned() -> Story:
    """A client fetched code 1 at 6 s and a phone used it at 15 s."""
    return fetch(waiting(), 1, 6).tell(RecordScan(at=at(15), attempt=A1))


def synced() -> Story:
    """The first sync is under way at 16 s."""
    return scanned().tell(RecordSyncProgress(at=at(16), attempt=A1, percent=40))


def ready(seconds: float = 18, attempt: str = A1) -> RecordReady:
    """The page says that it is linked and usable, with its phone number."""
    return RecordReady(
        at=at(seconds), attempt=attempt, phone=PHONE, phone_fingerprint=PHONE_PRINT, name="Sari"
    )


def linked() -> Story:
    """The account has been READY since 18 s."""
    return synced().tell(ready())


def accounts_row(story: Story, stream: str = "acc_1") -> AccountRow:
    """Fold the account's row."""
    row: AccountRow | None = None
    for recorded in story.of(stream)[1]:
        row = project_account(row, recorded)
    assert row is not None
    return row
