"""What a standby process does with one account's sealed session."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from adapters.browser.host import BrowserHost
from adapters.kept_sessions import KeptSessions
from app.processes.services import services
from app.processes.standby import standby_spec
from app.services import Services
from app.settings import Settings
from app.standbys import Standbys
from domain.log import Origin
from domain.observations import RecordSealedSession
from tests.examples import ATTEMPT, at
from tests.service.test_loops import ONE, steps_to_ready, submit_all
from tests.waiting import eventually


@pytest.fixture
async def parts(database: str, tmp_path: Path) -> AsyncIterator[Services]:
    async with services(Settings(data=tmp_path, database_url=database)) as opened:
        yield opened


async def test_a_proof_that_waits_for_its_turn_does_not_hold_up_the_takeover(
    parts: Services, tmp_path: Path
) -> None:
    """A standby that is ready renews its proof, may have to wait, and is promoted meanwhile."""
    sessions = KeptSessions(parts.database, parts.evidence.account_keys.of)
    browsers = BrowserHost(None, "", profiles=tmp_path / "standby", starts_at_once=1)
    standbys = Standbys(
        parts,
        browsers=browsers,
        sessions=sessions,
        spec=partial(standby_spec, parts),
        readiness="proved",
        now=lambda: at(90),
        origin=Origin(actor="standby:test"),
    )
    await submit_all(parts.dispatch, ONE, steps_to_ready(ATTEMPT))
    sealed = RecordSealedSession(at=at(4), attempt=ATTEMPT, digest="sealed-1", size_bytes=7)
    await submit_all(parts.dispatch, ONE, [sealed])
    await sessions.claim(ONE, "worker")
    await sessions.put(ONE, "worker", ATTEMPT, b"session", at(4))

    async def is_in_line() -> bool:
        return browsers.starts.waiting == 1

    async with AsyncExitStack() as others:
        await others.enter_async_context(browsers.starts.turn("another"))
        standbys.look(ONE)
        await eventually(is_in_line)
        async with asyncio.timeout(5):
            assert await standbys.hand_over(ONE) is None
        assert browsers.starts.waiting == 0
        with browsers.profiles.hold(ONE):
            pass  # it is free for the page
    await standbys.close()
