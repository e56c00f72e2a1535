"""The templates that workspaces saved. Every statement may be run twice, as the database may."""

from datetime import datetime
from typing import LiteralString

import msgspec

from adapters.event_log.database import Database, Record

MOST_OF_WORKSPACE = 200

LIST: LiteralString = """
    select name, description, body, updated_at from templates where workspace = %s order by name
"""
FIND: LiteralString = """
    select name, description, body, updated_at from templates where workspace = %s and name = %s
"""
INSERT: LiteralString = """
    insert into templates (workspace, name, description, body, updated_at)
    select %(workspace)s, %(name)s, %(description)s, %(body)s, %(now)s
    where (select count(*) from templates where workspace = %(workspace)s) < %(most)s
    on conflict do nothing
"""
UPDATE: LiteralString = """
    update templates set
        description = coalesce(%(description)s, description),
        body = coalesce(%(body)s, body),
        -- two changes within one tick of the clock are two versions
        updated_at = greatest(%(now)s, updated_at + interval '1 microsecond')
    where workspace = %(workspace)s and name = %(name)s
        and updated_at = coalesce(%(version)s, updated_at)
"""
DELETE: LiteralString = "delete from templates where workspace = %s and name = %s"


class SavedTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """One template as it is stored."""

    name: str
    description: str
    body: str
    updated_at: datetime


class TemplateStore:
    """Templates in the database. Every method may raise StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_workspace(self, workspace: str) -> list[SavedTemplate]:
        """Give all templates of a workspace, by name."""
        records = await self._database.fetch(LIST, (workspace,))
        return [_template(record) for record in records]

    async def find(self, workspace: str, name: str) -> SavedTemplate | None:
        """Give one template; None if the workspace has no such."""
        records = await self._database.fetch(FIND, (workspace, name))
        return _template(records[0]) if records else None

    async def add(
        self, workspace: str, name: str, *, description: str, body: str, now: datetime
    ) -> SavedTemplate | None:
        """Save a template and give what is there now, which may be an older one of that name.

        None when the workspace has as many as it may.
        """
        values = {
            "workspace": workspace,
            "name": name,
            "description": description,
            "body": body,
            "now": now,
            "most": MOST_OF_WORKSPACE,
        }
        await self._database.fetch(INSERT, values)
        return await self.find(workspace, name)

    async def change(
        self,
        workspace: str,
        name: str,
        *,
        description: str | None,
        body: str | None,
        version: datetime | None,
        now: datetime,
    ) -> SavedTemplate | None:
        """Change what is not None, if `version` is None or still the template's, and read it."""
        values = {
            "workspace": workspace,
            "name": name,
            "description": description,
            "body": body,
            "version": version,
            "now": now,
        }
        await self._database.fetch(UPDATE, values)
        return await self.find(workspace, name)

    async def remove(self, workspace: str, name: str) -> None:
        """Delete a template."""
        await self._database.fetch(DELETE, (workspace, name))


def _template(record: Record) -> SavedTemplate:
    name, description, body, updated_at = record
    return SavedTemplate(name=name, description=description, body=body, updated_at=updated_at)
