"""A leak on Reverb's channel or at a terminal would be found: each of these makes one."""

from pathlib import Path

import pytest

from app.cli import typed_secrets
from app.dropin.pusher_channel import PusherDialect, worded
from tests.planted_secrets.commands import Line, read_by_commands, type_line
from tests.planted_secrets.linking import link_by_code, link_by_pairing_code
from tests.planted_secrets.reverb import misplace_on_reverb
from tests.planted_secrets.stage import Account, set_up


async def test_what_reverb_says_back_would_be_found(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear = PusherDialect.hear

    async def echo(dialect: PusherDialect, message: bytes) -> None:
        said = worded("pusher:error", message.decode(errors="replace"))
        monkeypatch.setattr(dialect, "problem", lambda _: said)
        await hear(dialect, message)

    monkeypatch.setattr(PusherDialect, "hear", echo)
    async with set_up(database, tmp_path, every=2) as here:
        await misplace_on_reverb(here)
        assert {"misplaced", "wrong key"} <= {kind for _, kind in here.watch.leaks()}
        assert {place for place, _ in here.watch.leaks()} == {"problem of reverb"}


async def test_what_a_command_says_would_be_found(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with set_up(database, tmp_path, every=12) as here:
        account = await link_by_pairing_code(here)
        await link_by_code(here, account)
        wrong = Line("accounts", ("--status", here.canaries.key("typed secret")))
        await type_line(here, database, wrong)
        await read_by_commands(here, database, [Account(account, attempts=2)])
        assert here.watch.leaks() == {}
        monkeypatch.setattr(typed_secrets, "without_secrets", str)
        operator = here.api.services.keys.operator
        await type_line(here, database, wrong)
        show = Line("replay show", (account, "--unmasked"))
        await type_line(here, database, show, LINKWRIGHT_API_KEY=operator)
        leaks = {kind for place, kind in here.watch.leaks() if place == "command replay show"}
        assert {"label", "phone", "name", "detail of the page"} <= leaks
        assert ("errors of command accounts", "typed secret") in here.watch.leaks()
