"""What the command line reads out of the API's answers; everything else in them is passed over."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from domain.status import Status


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why an account failed or was lost."""

    code: str = ""
    sentence: str = ""
    detail: str = ""
    next_step: str = ""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt by name."""

    id: str
    number: int


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses, relative to the service's."""

    page: str = ""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account as it stands."""

    id: str
    workspace: str
    label: str
    site: str
    status: Status
    since: datetime
    phone: str | None = None
    name: str = ""
    primary: bool = False
    reason: Reason | None = None
    attempt: Attempt | None = None
    links: Links = Links()


class AccountAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One account, true at least up to `position`."""

    position: int
    account: Account


class AccountPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the accounts table."""

    accounts: list[Any]
    """As they came, for `--json`; each is an Account."""
    next_cursor: str | None = None


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of evidence, without its content."""

    digest: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    kind: Annotated[str, msgspec.Meta(pattern=r"^[a-z]{1,40}\Z")]
    attempt: str
    position: int | None
    size_bytes: int
    kept_at: datetime
    kept: bool


class EvidencePage(msgspec.Struct, frozen=True, kw_only=True):
    """What was kept of an account."""

    evidence: list[Any]
    """As they came, for `--json`; each is a Piece."""


class FeedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item of the feed."""

    id: int
    type: str
    account_id: str
    workspace: str = ""
    status: Status
    at: datetime
    correlation_id: str = ""
    attempt: Attempt | None = None
    data: dict[str, Any] = {}


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Problem details as the API answers them (RFC 9457)."""

    type: str
    title: str = ""
    detail: str = ""
    what_to_do: str = ""
    account: dict[str, Any] | None = None
    attempt: dict[str, Any] | None = None

    @property
    def code(self) -> str:
        """The last part of the type: what to match on."""
        return self.type.rpartition("/")[2]
