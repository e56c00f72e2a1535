"""What a person sees in a terminal, and what is left of it afterwards."""

import re
import signal

import pytest

from app.cli.ending import Exit
from tests.command_line.conftest import Service
from tests.command_line.pseudo_terminal import PseudoTerminal
from tests.running_api import CODE_TEXT, PHONE

SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"
CTRL_C = b"\x03"


@pytest.fixture
def reach(service: Service, environment: dict[str, str | None]) -> dict[str, str | None]:
    return {
        **environment,
        "LINKWRIGHT_URL": service.api.url,
        "LINKWRIGHT_API_KEY": service.api.key,
    }


def test_a_phone_can_read_the_code_off_the_terminal(service: Service, reach: dict[str, str | None]):
    service.begin(show_code(service))
    with PseudoTerminal("link", environment=reach) as terminal:
        terminal.until_code(CODE_TEXT)


def test_the_code_counts_down_and_is_gone_at_the_end(
    service: Service, reach: dict[str, str | None]
):
    service.begin(show_code(service))
    with PseudoTerminal("link", environment=reach) as terminal:
        terminal.until("good for 60 s")
        terminal.until("good for 59 s")
        service.do(finish(service))
        status = terminal.wait()

    assert status == Exit.DONE
    assert f"READY: linked with +{PHONE}" in terminal.plain
    assert left_on_the_screen(terminal.written).count("█") == 0
    assert_terminal_is_clean(terminal)


def test_the_next_code_takes_the_place_of_the_one_before(
    service: Service, reach: dict[str, str | None]
):
    async def rotate() -> None:
        account_id, attempt = await service.attempt()
        await service.api.show_code(account_id, attempt, "2@first")
        await service.fetched(account_id)
        await service.api.show_code(account_id, attempt, "2@second")

    service.begin(rotate())
    with PseudoTerminal("link", environment=reach) as terminal:
        terminal.until_code("2@second")
        terminal.press(CTRL_C)
        terminal.wait()

    assert "Code 1 is on show" in terminal.plain


def test_ctrl_c_cancels_and_leaves_the_terminal_clean(
    service: Service, reach: dict[str, str | None]
):
    service.begin(show_code(service))
    with PseudoTerminal("link", environment=reach) as terminal:
        terminal.until("good for")
        terminal.press(CTRL_C)
        status = terminal.wait()

    (account,) = service.do(service.accounts())
    assert status == Exit.INTERRUPTED
    assert "The attempt is cancelled." in terminal.plain
    assert account["reason"]["code"] == "cancelled"
    assert_terminal_is_clean(terminal)


def test_sigterm_leaves_the_terminal_clean(service: Service, reach: dict[str, str | None]):
    service.begin(show_code(service))
    with PseudoTerminal("link", environment=reach) as terminal:
        terminal.until("good for")
        terminal.process.send_signal(signal.SIGTERM)
        status = terminal.wait()

    assert status == Exit.TERMINATED
    assert_terminal_is_clean(terminal)


def test_ctrl_c_lets_a_scan_go_on(service: Service, reach: dict[str, str | None]):
    async def scan() -> None:
        account_id, attempt = await service.attempt()
        await service.api.show_code(account_id, attempt)
        await service.fetched(account_id)
        await service.api.scan(account_id, attempt)

    service.begin(scan())
    with PseudoTerminal("link", environment=reach) as terminal:
        terminal.until("A phone has used the code")
        terminal.press(CTRL_C)
        status = terminal.wait()

    (account,) = service.do(service.accounts())
    assert status == Exit.INTERRUPTED
    assert account["status"] == "AUTHENTICATING"


def test_a_terminal_that_is_too_small_says_so_and_may_grow(
    service: Service, reach: dict[str, str | None]
):
    service.begin(show_code(service))
    with PseudoTerminal("link", environment=reach, columns=80, lines=12) as terminal:
        terminal.until("Enlarge it")
        assert terminal.codes() == []
        terminal.resize(80, 50)
        terminal.until_code(CODE_TEXT)


def test_colours_are_for_terminals_that_want_them(service: Service, reach: dict[str, str | None]):
    service.do(service.api.ready_account())
    with PseudoTerminal("accounts", environment=reach) as coloured:
        coloured.wait()
    with PseudoTerminal("accounts", environment={**reach, "TERM": "dumb"}) as dumb:
        dumb.wait()

    assert "\x1b[1;32mREADY" in coloured.written
    assert "\x1b" not in dumb.written


def test_a_terminal_without_unicode_gets_no_traceback(
    service: Service, reach: dict[str, str | None]
):
    service.begin(service.link_any())
    latin = {**reach, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0", "TERM": "dumb"}
    with PseudoTerminal("link", environment=latin) as terminal:
        status = terminal.wait()

    assert status == Exit.DONE
    assert "READY: linked" in terminal.plain
    assert "Traceback" not in terminal.plain


async def show_code(service: Service) -> None:
    account_id, attempt = await service.attempt()
    await service.api.show_code(account_id, attempt)


async def finish(service: Service) -> None:
    account_id, attempt = await service.attempt()
    await service.api.scan(account_id, attempt)
    await service.api.become_ready(account_id, attempt)


def left_on_the_screen(written: str) -> str:
    """Give what was written after the last time that something was erased."""
    return written.rpartition("\x1b[2K")[2]


def assert_terminal_is_clean(terminal: PseudoTerminal) -> None:
    """The cursor is to be seen, colours are off, and nothing of Python shows."""
    assert terminal.written.rfind(SHOW_CURSOR) > terminal.written.rfind(HIDE_CURSOR)
    assert "Traceback" not in terminal.plain
    styles = re.findall(r"\x1b\[[0-9;]*m", terminal.written)
    assert styles[-1:] in ([], ["\x1b[0m"])
