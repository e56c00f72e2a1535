"""Who asks. The guard finds out once and notes it at the request."""

from typing import Literal

import msgspec

from app.http.traces import AnyConnection


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and how far that reaches."""

    actor: str
    """As the log names it: `key:<id>`, or `link:<id of the key that made the link>`."""
    key_id: str
    via: Literal["key", "page", "link", "ticket"]
    account_id: str | None = None
    """Not None: this account only."""
    workspace: str | None = None
    """Not None: this workspace's feed only."""

    @property
    def owner(self) -> str:
        """Whose Idempotency-Keys these are; users of two link pages do not share any."""
        return self.key_id if self.account_id is None else f"{self.key_id}/{self.account_id}"


def note_principal(connection: AnyConnection, principal: Principal) -> None:
    """Keep who asks for the rest of the request."""
    connection.scope["state"]["principal"] = principal


def principal_of(connection: AnyConnection) -> Principal:
    """Give who asks; only behind the guard."""
    principal = connection.scope["state"]["principal"]
    assert isinstance(principal, Principal)  # noqa: S101  for the type checker: the guard put it there
    return principal
