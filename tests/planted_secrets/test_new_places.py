"""A leak on Reverb's channel, at a terminal or of a browser would be found: each test makes one."""

from pathlib import Path

import pytest

from adapters.qr_image import png
from app.cli import typed_secrets
from app.dropin.pusher_channel import PusherDialect, worded
from tests.planted_secrets.browser_stories import see_codes
from tests.planted_secrets.browsers import search_folder
from tests.planted_secrets.canaries import Canaries
from tests.planted_secrets.commands import Line, read_by_commands, type_line
from tests.planted_secrets.linking import link_by_code, link_by_pairing_code
from tests.planted_secrets.reverb import misplace_on_reverb
from tests.planted_secrets.stage import Account, set_up
from tests.planted_secrets.watch import Watch


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


def test_what_a_picture_shows_would_be_found() -> None:
    canaries = Canaries()
    watch = Watch(canaries)
    see_codes(watch, png(f"2@{canaries.word('QR text')},BBBB=,CCCC=,DDDD=,1"))
    assert {("codes in a picture", "QR text")} == watch.leaks().keys()


def test_what_is_left_on_the_disk_would_be_found(tmp_path: Path) -> None:
    canaries = Canaries()
    watch = Watch(canaries)
    folder = tmp_path / canaries.phone("phone")
    folder.mkdir()
    (tmp_path / "master.key").write_text(canaries.word("key of the installation"), "ascii")
    sealed = canaries.add("session", "c2VhbGVk" * 5)
    (folder / "000003.log").write_text(f'{{"sealed":"{sealed}"}}', "ascii")
    search_folder(tmp_path, watch)
    assert {("data folder", "session"), ("data folder", "phone")} == watch.leaks().keys()
