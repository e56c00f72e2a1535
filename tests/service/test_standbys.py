"""What a standby process does with one account's sealed session."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal, cast

import pytest

from adapters.browser.host import BrowserHost
from adapters.browser.spec import SessionSpec
from adapters.browser.warm import WarmBrowser
from adapters.kept_sessions import KeptSessions
from app.processes.services import services
from app.processes.standby import standby_spec
from app.services import Services
from app.settings import Settings
from app.standbys import PROVED_FOR, Standbys
from domain.log import Origin
from domain.observations import RecordSealedSession
from tests.examples import ATTEMPT, at
from tests.service.test_loops import ONE, steps_to_ready, submit_all
from tests.waiting import eventually


@pytest.fixture
async def parts(database: str, tmp_path: Path) -> AsyncIterator[Services]:
    async with services(Settings(data=tmp_path, database_url=database)) as opened:
        yield opened


class Proofs:
    """Stands where `warm_up` does: every session can be opened."""

    def __init__(self) -> None:
        self.opened: list[bytes] = []

    async def __call__(self, _: BrowserHost, __: SessionSpec, packed: bytes) -> WarmBrowser:
        self.opened.append(packed)
        return cast("WarmBrowser", Opened())


class Opened:
    async def close(self, _: float) -> None:
        """Nothing is open."""

    def on_gone(self, _: Callable[[], None]) -> None:
        """It never goes by itself."""


@pytest.mark.parametrize("readiness", ["proved", "warm"])
async def test_newer_sessions_are_proved_once_the_last_proof_is_old(
    parts: Services,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    readiness: Literal["proved", "warm"],
) -> None:
    proofs, now, asked = Proofs(), [at(90)], list[datetime]()

    def clock() -> datetime:
        asked.append(now[0])
        return now[0]

    monkeypatch.setattr("app.standbys.warm_up", proofs)
    sessions = KeptSessions(parts.database, parts.evidence.account_keys.of)
    standbys = Standbys(
        parts,
        browsers=BrowserHost(None, "", profiles=tmp_path / "standby"),
        sessions=sessions,
        spec=partial(standby_spec, parts),
        readiness=readiness,
        now=clock,
        origin=Origin(actor="standby:test"),
    )
    await submit_all(parts.dispatch, ONE, steps_to_ready(ATTEMPT))
    await sessions.claim(ONE, "worker")

    async def seal(number: int) -> None:
        await sessions.put(ONE, "worker", ATTEMPT, f"session {number}".encode(), now[0])
        digest = f"sealed-{number}"
        sealed = RecordSealedSession(at=now[0], attempt=ATTEMPT, digest=digest, size_bytes=7)
        await submit_all(parts.dispatch, ONE, [sealed])

    async def is_ready(number: int) -> bool:
        standbys.look(ONE)
        standby = (await parts.dispatch.load(ONE)).account.standby
        return (standby.stage, standby.digest) == ("ready", f"sealed-{number}")

    async def has_asked_how_old_the_proof_is() -> bool:
        return bool(asked)

    await seal(1)
    await eventually(partial(is_ready, 1))
    await seal(2)
    if readiness == "warm":
        await eventually(partial(is_ready, 2))
    else:
        asked.clear()
        standbys.look(ONE)
        await eventually(has_asked_how_old_the_proof_is)
    now[0] += PROVED_FOR
    await seal(3)
    await eventually(partial(is_ready, 3))
    expected = [1, 3] if readiness == "proved" else [1, 2, 3]
    assert proofs.opened == [f"session {number}".encode() for number in expected]
    await standbys.close()


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
