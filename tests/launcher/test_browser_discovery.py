"""Which browser is taken where there are several, and which is none at all."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.browser.assets import WaJsMissingError, find_wa_js, wa_js_version
from adapters.browser.discovery import (
    BrowserChoice,
    BrowserDoesNotStartError,
    ConfiguredBrowserMissingError,
    browser_version,
    find_browser,
)

PROGRAM = b"\x7fELF and so on"
Place = Callable[..., Path]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Return a function that puts an executable file below the test's folder."""

    def put(name: str, content: bytes = PROGRAM) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o755)
        return path

    return put


def look(tmp_path: Path, **more: str) -> BrowserChoice | None:
    folders = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path / "home")}
    return find_browser(folders | more)


def test_there_may_be_none(tmp_path: Path):
    assert look(tmp_path) is None


def test_the_shell_comes_before_the_browser(tmp_path: Path, place: Place):
    place("bin/chromium")
    place("bin/google-chrome")
    shell = place("bin/chromium-headless-shell")
    assert look(tmp_path) == BrowserChoice(shell, "headless_shell")


@pytest.mark.parametrize(
    ("name", "flavour"),
    [("chromium", "chromium"), ("chromium-browser", "chromium"), ("google-chrome", "chrome")],
)
def test_the_flavour_is_told_from_the_name(tmp_path: Path, place: Place, name: str, flavour: str):
    place(f"bin/{name}")
    found = look(tmp_path)
    assert found is not None
    assert found.flavour == flavour


@pytest.mark.skipif(sys.platform != "linux", reason="the cache folder of Linux")
def test_playwrights_newest_complete_download_comes_first(tmp_path: Path, place: Place):
    place("bin/chromium-headless-shell")
    cache = "home/.cache/ms-playwright"
    shell = "chrome-headless-shell-linux64/chrome-headless-shell"
    for revision in ("999", "1255", "1300"):
        place(f"{cache}/chromium_headless_shell-{revision}/{shell}")
    for complete in ("999", "1255"):
        place(f"{cache}/chromium_headless_shell-{complete}/INSTALLATION_COMPLETE")
    found = look(tmp_path)
    assert found is not None
    assert found.path == tmp_path / cache / "chromium_headless_shell-1255" / shell


def test_the_download_folder_can_be_elsewhere(tmp_path: Path, place: Place):
    browser = place("elsewhere/chromium-7/chrome-linux64/chrome")
    place("elsewhere/chromium-7/INSTALLATION_COMPLETE")
    found = look(tmp_path, PLAYWRIGHT_BROWSERS_PATH=str(tmp_path / "elsewhere"))
    assert found is not None
    assert found.path == browser


def test_the_program_behind_a_wrapper_is_taken(tmp_path: Path, place: Place):
    place("opt/google/google-chrome", b"#!/bin/bash\nexec chrome\n")
    program = place("opt/google/chrome")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "google-chrome").symlink_to(tmp_path / "opt/google/google-chrome")
    found = look(tmp_path)
    assert found is not None
    assert found.path == program


def test_debians_wrapper_leads_to_the_program(tmp_path: Path, place: Place):
    place("bin/chromium-headless-shell", b"#!/bin/sh\n/usr/lib/chromium/chromium-headless-shell\n")
    program = place("lib/chromium/chromium-headless-shell")
    assert look(tmp_path) == BrowserChoice(program, "headless_shell")


def test_a_wrapper_of_a_snap_is_no_browser(tmp_path: Path, place: Place):
    place("bin/google-chrome", b"#!/bin/sh\nexec /snap/bin/chrome\n")
    assert look(tmp_path) is None


def test_a_configured_one_comes_first(tmp_path: Path, place: Place):
    place("bin/chromium-headless-shell")
    mine = place("mine/my-chrome")
    assert look(tmp_path, LINKWRIGHT_BROWSER=str(mine)) == BrowserChoice(mine, "chrome")


def test_a_configured_one_may_be_a_name(tmp_path: Path, place: Place):
    place("bin/chromium-headless-shell")
    chromium = place("bin/my-chromium")
    found = look(tmp_path, LINKWRIGHT_BROWSER="my-chromium")
    assert found == BrowserChoice(chromium, "chromium")


def test_a_configured_one_that_is_missing_is_an_error(tmp_path: Path):
    with pytest.raises(ConfiguredBrowserMissingError, match="/no/such/browser"):
        look(tmp_path, LINKWRIGHT_BROWSER="/no/such/browser")


def test_the_version_is_what_the_browser_says(place: Place):
    program = place("browser", b"#!/bin/sh\necho Chromium 156.0.8078.79 built on Debian\n")
    assert browser_version(BrowserChoice(program, "chromium")) == "156.0.8078.79"


@pytest.mark.parametrize(
    "content", [b"#!/bin/sh\necho no libnss3 >&2; exit 127\n", PROGRAM, b"#!/bin/sh\nexit 0\n"]
)
def test_a_browser_that_does_not_start_is_an_error(place: Place, content: bytes):
    with pytest.raises(BrowserDoesNotStartError, match="does not start"):
        browser_version(BrowserChoice(place("browser", content), "chromium"))


def test_a_browser_that_hangs_is_an_error(place: Place):
    program = place("browser", b"#!/bin/sh\nread line < /dev/zero\n")
    with pytest.raises(BrowserDoesNotStartError, match="timed out"):
        browser_version(BrowserChoice(program, "chromium"), limit_s=0.2)


def test_wa_js_names_its_version(tmp_path: Path):
    bundle = tmp_path / "wa.js"
    bundle.write_text(
        "/*! For license information see x */\n/*! wppconnect-team/wa-js v4.6.0 */(()"
    )
    assert find_wa_js({"WA_JS_FILE": str(bundle)}) == bundle
    assert wa_js_version(bundle) == "4.6.0"


def test_another_file_is_no_wa_js(tmp_path: Path):
    other = tmp_path / "jquery.js"
    other.write_text("/*! jQuery v4 */")
    with pytest.raises(WaJsMissingError, match="no wa-js bundle"):
        wa_js_version(other)
