"""What the control routes share: the forms of their bodies, and the account they speak of."""

from typing import Annotated

import msgspec

from adapters.sandbox.accounts import Account, Accounts
from adapters.sandbox.refusals import UnknownAccount

PhoneNumber = Annotated[str, msgspec.Meta(pattern=r"^\+?[1-9][0-9]{6,14}$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Outcome(msgspec.Struct, frozen=True):
    outcome: str


def known_account(accounts: Accounts, name: str) -> Account:
    account = accounts.known(name)
    if account is None:
        raise UnknownAccount(
            f"Neither was a page of {name!r} opened here, nor a scene chosen for it."
        )
    return account
