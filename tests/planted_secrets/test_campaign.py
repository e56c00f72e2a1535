"""Some hundred secrets through every flow: none is shown but where it is said that it is."""

from pathlib import Path

import pytest

from tests.planted_secrets.campaign import run
from tests.planted_secrets.linking import link_by_code, link_by_pairing_code
from tests.planted_secrets.stage import set_up

PLANTED = 300
LIMIT_S = 60.0
EVERY = 4
KINDS = 30
"""At least so many kinds: a flow that plants nothing any more is noticed."""


async def test_none_is_shown_where_nobody_said_so(
    database: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def said() -> bytes:
        out, err = capfd.readouterr()
        return (out + err).encode()

    async with set_up(database, tmp_path, EVERY) as here:
        result = await run(here, database, PLANTED, LIMIT_S, said)
    assert result.leaks == {}
    assert result.enough
    assert len(result.planted) >= KINDS
    assert result.searched["log"] > 0
    assert result.searched["database"] > 0


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
