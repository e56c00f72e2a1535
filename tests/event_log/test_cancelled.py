"""Whoever is asked to end while it waits for the database ends, whatever came at that moment."""

import asyncio

import pytest

from adapters.event_log.database import Database
from adapters.event_log.errors import StorageUnavailable
from tests.waiting import settle

STEPS = 16
"""Turns of the event loop between a connection coming free and the answer of who waited for it."""


@pytest.mark.parametrize("later", range(STEPS))
async def test_a_cancellation_that_comes_with_the_connection_counts(
    database: str, later: int
) -> None:
    async with Database(database, size=1) as opened:
        first = asyncio.create_task(opened.fetch("select pg_sleep(0.01)"))
        await settle(1)
        second = asyncio.create_task(opened.fetch("select 1"))
        while not first.done():
            await settle(1)
        await settle(later)
        asked = second.cancel()
        await asyncio.wait({second})
        assert second.cancelled() == asked
        assert await opened.fetch("select 2") == [(2,)]  # the connection is not lost


@pytest.mark.parametrize("later", range(STEPS))
async def test_a_cancellation_that_comes_with_the_end_of_all_connections_counts(
    database: str, later: int
) -> None:
    """A worker closes them when it ends, and cancels whatever still waits for one right after."""
    opened = Database(database, size=1)
    first = asyncio.create_task(opened.fetch("select pg_sleep(0.2)"))
    second = asyncio.create_task(opened.fetch("select 1"))
    closing = asyncio.create_task(opened.close())
    while not closing.done():
        await settle(1)
    await settle(later)
    asked = second.cancel()
    await asyncio.wait({first, second})
    assert second.cancelled() == asked
    assert second.cancelled() or isinstance(second.exception(), StorageUnavailable)
    assert first.exception() is None or isinstance(first.exception(), StorageUnavailable)
