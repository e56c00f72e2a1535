"""What was typed wrong is said again, but for what looks like a secret."""

import pytest

from app.cli.ending import Exit
from tests.command_line.conftest import Run

KEY = f"lw_{'a1' * 24}"


@pytest.mark.parametrize(
    "words",
    [
        (KEY,),
        (f"--{KEY}",),
        ("accounts", KEY),
        ("accounts", "--status", KEY),
        ("accounts", "--key-file", KEY),
        ("projections", "rebuild", KEY),
        ("replay", "show", f"{KEY}!"),
        ("replay", "show", f"{KEY}!", "--json"),
        ("templates", "show", f"whsec_{'a1' * 16}A"),
        (
            "replay",
            "open",
            "https://wa.me/settings/linked_devices#2@a1a1a1a1a1a1a1a1a1a1a1,B,C,D,1",
        ),
    ],
)
def test_a_secret_is_not_said_again(run: Run, words: tuple[str, ...]):
    shown = run(*words, LINKWRIGHT_API_KEY="lw_x")

    assert shown.exit_code != Exit.DONE
    assert "(removed)" in shown.stderr
    assert "a1a1a1" not in shown.output + shown.stderr


def test_nor_is_the_password_of_an_address(run: Run):
    address = "http://ann:a1a1a1@127.0.0.1:1/"

    shown = run("accounts", LINKWRIGHT_URL=address, LINKWRIGHT_API_KEY=KEY)

    assert shown.exit_code == Exit.UNREACHABLE
    assert "is not running at http://(removed)@127.0.0.1:1" in shown.stderr


def test_a_word_is(run: Run):
    assert "'ready!'" in run("accounts", "--status", "ready!").stderr
    assert "'a/b' is no account's id" in run("replay", "show", "a/b", LINKWRIGHT_API_KEY="x").stderr
