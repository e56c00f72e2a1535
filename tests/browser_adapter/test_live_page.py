"""What is left of the one live page of an account when the account is erased."""

from pathlib import Path

import pytest

from adapters.browser.live_page import LivePages

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_what_a_process_that_died_has_left_is_forgotten(tmp_path: Path):
    left = tmp_path / "live" / "acc_1"
    left.parent.mkdir()
    left.write_text("/a/folder/browser")

    LivePages(left.parent).forget("acc_1")

    assert not left.exists()


async def test_a_page_that_lives_is_not_forgotten(tmp_path: Path):
    pages = LivePages(tmp_path)
    live = await pages.take("acc_1", tmp_path / "acc_1" / "browser")

    pages.forget("acc_1")

    assert live.is_ours()
    live.give_up()


async def test_an_account_that_never_had_a_page_is_no_trouble(tmp_path: Path):
    LivePages(tmp_path / "nothing").forget("acc_1")
    assert not (tmp_path / "nothing").exists()
