"""Where a stream of the feed starts, and the `reset` for a reader that was never there."""

import msgspec

from app.feed_reader import FeedFilter
from app.http.accounts import PAGE
from app.http.parts import ApiParts
from app.http.views import AccountView, account_view
from projections.accounts import AccountRow

MOST_ACCOUNTS_IN_A_RESET = 100


class ResetData(msgspec.Struct, frozen=True, kw_only=True):
    """The state as it is now, for a reader whose position this log never had."""

    position: int
    asked_for: int
    accounts: tuple[AccountView, ...]
    more: bool
    """True: the list was cut; read the rest from GET /v1/accounts."""


class Start(msgspec.Struct, frozen=True):
    """Where a reader begins."""

    after: int | None
    """None: with what comes next."""
    asked_for: int | None = None
    """Not None: this position, which the log never had; `after` is its end."""


async def start_at(api: ApiParts, given: int | None, reached: int) -> Start:
    """Find where to begin; `reached` is a position that the log is known to have."""
    if given is None or given <= reached:
        return Start(given)
    head = await api.services.log.head()
    return Start(given) if given <= head else Start(head, asked_for=given)


async def reset_data(api: ApiParts, wanted: FeedFilter, asked_for: int, head: int) -> ResetData:
    """Say what holds, in place of what the reader believes to have seen."""
    if wanted.account_id is not None:
        row = await api.services.log.account_row(wanted.account_id)
        rows = [row] if row else []
    else:
        rows = await api.services.log.account_rows(wanted.workspace, "", PAGE)
    parked = {one.stream for one in await api.services.log.parked("accounts")}
    shown = [msgspec.convert(row, AccountRow) for row in rows[:MOST_ACCOUNTS_IN_A_RESET]]
    return ResetData(
        position=head,
        asked_for=asked_for,
        accounts=tuple(account_view(row, behind=row.account_id in parked) for row in shown),
        more=len(rows) > len(shown),
    )
