"""Some hundred secrets through every flow: none is shown but where it is said that it is."""

from collections.abc import Callable, Generator
from pathlib import Path

import pytest
import structlog

from app.process import set_up_logging
from tests.planted_secrets.campaign import run
from tests.planted_secrets.linking import link_by_code, link_by_pairing_code
from tests.planted_secrets.stage import set_up

PLANTED = 300
WANTED = 100
"""Of one account and the other systems; what is misplaced comes on top."""
LIMIT_S = 60.0
EVERY = 4
KINDS = 30
"""At least so many kinds: a flow that plants nothing any more is noticed."""


@pytest.fixture
def said(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Generator[Callable[[], bytes]]:
    """Log as the service does; give what reads everything that was written."""

    def read() -> bytes:
        out, err = capfd.readouterr()
        return (out + err + caplog.text).encode()

    before = structlog.get_config()
    set_up_logging("serve")
    yield read
    structlog.contextvars.clear_contextvars()
    structlog.configure(**before)


async def test_none_is_shown_where_nobody_said_so(
    database: str, tmp_path: Path, said: Callable[[], bytes]
) -> None:
    async with set_up(database, tmp_path, EVERY) as here:
        result = await run(here, database, WANTED, LIMIT_S, said)
    assert result.leaks == {}
    assert result.planted.total() >= PLANTED
    assert len(result.planted) >= KINDS
    for place in ("log", "database", "reverb", "problem of reverb", "command link"):
        assert result.searched[place] > 0, place
    assert result.searched["errors of command accounts"] > 0


async def test_an_unmasked_read_would_be_found(database: str, tmp_path: Path) -> None:
    async with set_up(database, tmp_path) as here:
        account = await link_by_pairing_code(here)
        await link_by_code(here, account)
        address = f"/v1/accounts/{account}"
        await here.client.get(f"{address}/timeline")
        await here.client.get(f"{address}/bundle")
        assert here.watch.leaks() == {}
        operator = {"Authorization": f"Bearer {here.api.services.keys.operator}"}
        unmasked = {"unmasked": "true", "level": "none"}
        for what in ("timeline", "bundle"):
            await here.client.get(f"{address}/{what}", params=unmasked, headers=operator)
        people = {"label", "phone", "pairing phone", "name", "platform", "detail of the page"}
        for what in ("timeline", "bundle"):
            assert people <= {kind for place, kind in here.watch.leaks() if place == what}
