"""The one account of a back end, as somebody who listens sees it: its items, and its codes."""

from adapters.vault import VaultedCode
from app.dropin.back_end import BackEnd
from app.feed_reader import FeedFilter
from app.held import Held
from app.http.parts import AnyRequest, ApiParts
from app.http.shown_code import current_code, fetch_to_record
from projections.feed import FeedItem


class FollowedClient:
    """What one listener has been told of. It may listen before there is an account."""

    def __init__(
        self, api: ApiParts, request: AnyRequest, back_end: BackEnd, *, resumes: bool = False
    ) -> None:
        """`resumes`: it wants to hear of what has been before, too."""
        self._api = api
        self._request = request
        self._back_end = back_end
        self._account_id: str | None = None
        self._delivered = ""
        """Fingerprint of the last code that was delivered."""
        self._told_up_to: int | None = 0 if resumes else None
        """Items up to this position are told by where things stand; None: not looked at yet."""

    @property
    def wanted(self) -> FeedFilter:
        """What to ask the feed for: the whole workspace, because the account may be to come."""
        if self._back_end.bound_to:
            return FeedFilter(account_id=self._back_end.bound_to)
        return FeedFilter(workspace=self._back_end.workspace)

    async def load(self) -> Held:
        """Load the account as it is now; a fresh one while there is none."""
        if self._told_up_to is None:  # before the account, which may be newer then, never older
            self._told_up_to = await self._api.services.log.head()
        account_id, held = await self._back_end.load()
        self._account_id = account_id or None
        return held

    async def is_news(self, item: FeedItem) -> bool:
        """Tell whether an item is the account's, and not told by where things stood."""
        if item.id <= (self._told_up_to or 0):
            return False
        if item.type == "account.registered" and item.account_id != self._account_id:
            self._account_id = await self._back_end.find()
        return item.account_id == self._account_id

    async def new_code(self) -> VaultedCode | None:
        """Give the QR code that is on show now, once; who takes it is to deliver it.

        One that was missed meanwhile is of no use any more.
        """
        if self._account_id is None:
            return None
        held = await self._api.services.dispatch.load(self._account_id)
        code = await current_code(self._api, self._account_id, held)
        if code is None or code.kind != "qr" or code.fingerprint == self._delivered:
            return None
        self._delivered = code.fingerprint
        if record := fetch_to_record(self._api, self._request, held, code):
            await record()
        return code
