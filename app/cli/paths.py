"""Addresses of the API that hold what a user typed."""

import re

from app.cli.ending import CommandFailed, Exit

ACCOUNT_ID = re.compile(r"[A-Za-z0-9_]{1,64}")


def account_path(account_id: str, what: str = "") -> str:
    """Give an account's address; what cannot be an id is not even asked for."""
    if not ACCOUNT_ID.fullmatch(account_id):
        raise CommandFailed(
            Exit.NOT_FOUND,
            f"{account_id!r} is no account's id.",
            "`./linkwright accounts` lists the accounts that there are.",
        )
    return f"/v1/accounts/{account_id}{what}"
