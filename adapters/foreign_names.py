"""What systems that moved over call accounts: their workspace, their account, their session.

An account has one name in each of them, and a new session whenever it is linked anew. A session
that was replaced still leads to its account, and says that it is not the current one.
"""

from collections.abc import Sequence
from typing import LiteralString

import msgspec

from adapters.event_log.database import Database, Record

CLAIM: LiteralString = """
    with account as (
        insert into foreign_accounts as known (system, workspace, name, account_id, session)
        select %(system)s, %(workspace)s, %(name)s, %(account)s, %(session)s
        where not exists (
            select from foreign_sessions taken join foreign_accounts other using (account_id)
            where taken.system = %(system)s and taken.session = %(session)s
                and (other.workspace, other.name) <> (%(workspace)s, %(name)s)
        )
        on conflict (system, workspace, name) do update set session = excluded.session
        returning account_id
    ), session as (
        insert into foreign_sessions as known (system, session, account_id)
        select %(system)s, %(session)s, account_id from account
        on conflict (system, session) do update set session = excluded.session
        returning account_id
    )
    select account.account_id from account join session using (account_id)
"""
"""The first to claim a name decides which account it is; nothing comes back if the session is of
another one."""
REPLACE: LiteralString = """
    with account as (
        update foreign_accounts set account_id = %(new)s where account_id = %(old)s
    )
    update foreign_sessions set account_id = %(new)s where account_id = %(old)s
"""
SELECT: LiteralString = """
    select a.account_id, a.workspace, a.name, a.session from foreign_accounts a
"""
OF_SESSION: LiteralString = (
    SELECT + " join foreign_sessions s using (account_id) where s.system = %s and s.session = %s"
)
OF_ACCOUNTS: LiteralString = SELECT + " where a.system = %s and a.account_id = any(%s)"
OF_SYSTEM: LiteralString = (
    SELECT + " where a.system = %s and a.account_id > %s order by a.account_id limit %s"
)
STATUSES: LiteralString = """
    select r.status, r.attempt_kind, count(*) from foreign_accounts a
    join accounts r using (account_id) where a.system = %s group by 1, 2
"""


class SessionTaken(Exception):
    """The session's id was given to another account before."""


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """One account under its foreign names."""

    account_id: str
    """Ours."""
    workspace: str
    name: str
    session: str
    """The current one."""


class ForeignNames:
    """The names that one system gives. Every method may raise StorageUnavailable."""

    def __init__(self, database: Database, system: str) -> None:
        self._database = database
        self._system = system

    async def claim(self, *, workspace: str, name: str, session: str, account_id: str) -> str:
        """Make `session` the current one of their account; give the id of ours.

        It is `account_id` if the name is new. Raises SessionTaken.
        """
        records = await self._database.fetch(
            CLAIM,
            {
                "system": self._system,
                "workspace": workspace,
                "name": name,
                "session": session,
                "account": account_id,
            },
        )
        if not records:
            raise SessionTaken(session)
        return str(records[0][0])

    async def replace(self, old_account_id: str, new_account_id: str) -> None:
        """Let the names lead to another account: the old one cannot be linked any more."""
        await self._database.fetch(REPLACE, {"old": old_account_id, "new": new_account_id})

    async def of_session(self, session: str) -> Named | None:
        """Find the account of a session, current or not."""
        records = await self._database.fetch(OF_SESSION, (self._system, session))
        return _named(records[0]) if records else None

    async def of_accounts(self, account_ids: Sequence[str]) -> dict[str, Named]:
        """Name accounts of ours; those that this system never named are missing."""
        records = await self._database.fetch(OF_ACCOUNTS, (self._system, list(account_ids)))
        return {record[0]: _named(record) for record in records}

    async def page(self, after: str, limit: int) -> list[Named]:
        """List the accounts behind one of ours, in the order of their registration."""
        records = await self._database.fetch(OF_SYSTEM, (self._system, after, limit))
        return [_named(record) for record in records]

    async def statuses(self) -> list[tuple[str, str | None, int]]:
        """Count the accounts by status and by the kind of attempt that led there.

        Both in the words of their rows.
        """
        records = await self._database.fetch(STATUSES, (self._system,))
        return [(status, kind, count) for status, kind, count in records]


def _named(record: Record) -> Named:
    account_id, workspace, name, session = record
    return Named(account_id=account_id, workspace=workspace, name=name, session=session)
