"""What a browser that is started for one account is told of our environment."""

from pathlib import Path

import pytest

from adapters.browser.discovery import BrowserChoice, Flavour
from adapters.browser.own_browser import OwnBrowser

LONGEST = "/" + 57 * "t"
"""/org.chromium.Chromium.6kcpEh/SingletonSocket and a zero fill it up to the 104 bytes of macOS."""


@pytest.mark.parametrize(
    ("flavour", "folder", "told"),
    [
        ("chromium", LONGEST, LONGEST),
        ("chromium", LONGEST + "t", None),
        ("chrome", LONGEST[:-1] + "ü", None),
        ("headless_shell", LONGEST + "t", LONGEST + "t"),
    ],
)
def test_a_full_chromium_aborts_in_a_temporary_folder_with_a_long_name_and_gets_another(
    monkeypatch: pytest.MonkeyPatch, flavour: Flavour, folder: str, told: str | None
):
    monkeypatch.setenv("TMPDIR", folder)
    browser = OwnBrowser(BrowserChoice(Path("/usr/bin/chromium"), flavour))
    assert browser.environment().get("TMPDIR") == told


def test_no_secret_of_ours_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://linkwright:secret@db/linkwright")
    browser = OwnBrowser(BrowserChoice(Path("/usr/bin/chromium"), "chromium"))
    assert "DATABASE_URL" not in browser.environment()
