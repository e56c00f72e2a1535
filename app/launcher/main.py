"""`./linkwright COMMAND`: makes sure that everything is there, then becomes the command.

test [pytest's arguments]    the tests
check [--static]             every check, then the tests; --static leaves the tests out
lock [--upgrade]             writes the lock files again after a change of dependencies
anything else                `python -m app …` in the virtual environment
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from app.launcher.browser import Browser
from app.launcher.checks import run_checks
from app.launcher.node_packages import NodePackages
from app.launcher.php import look_for_php
from app.launcher.python_packages import Extent, PythonPackages
from app.launcher.qt_webengine import FOLDER
from app.launcher.relock import write_locks
from app.launcher.setup_lock import setup_lock
from app.launcher.shared_browser import SharedBrowser
from app.launcher.steps import Narrator, SetupFailed

# Commands that show pages of WhatsApp Web. The others must not make anybody wait for a browser.
_NEED_A_BROWSER = frozenset({"up", "worker", "standby", "bench", "doctor"})
# Those that open accounts, which share a browser where the settings say so.
_OPEN_ACCOUNTS = frozenset({"up", "worker", "standby"})
# Commands that run the clients, or the browser, which Linkwright's is compared with.
_NEED_THE_OTHERS = (["bench", "sessions"], ["bench", "browser_flags"])
_SETTINGS_FOR_TESTS = frozenset(
    {
        "LINKWRIGHT_BROWSER",
        "LINKWRIGHT_PG_BIN",
        FOLDER,
        "LINKWRIGHT_TEST_DATABASE_URL",
        "LINKWRIGHT_TEST_LOGS",
    }
)


def main(arguments: Sequence[str], checkout: str) -> int:
    """Return the exit status, unless the command takes this process's place."""
    narrator = Narrator(sys.stderr)
    try:
        return _launch(list(arguments), Path(checkout), narrator)
    except SetupFailed as error:
        narrator.say(str(error))
        return 1
    except KeyboardInterrupt:
        narrator.say("interrupted")
        return 130


def _launch(arguments: list[str], checkout: Path, narrator: Narrator) -> int:
    packages = PythonPackages(checkout, os.environ)
    match arguments:
        case ["test", *rest]:
            environment = _set_up(packages, narrator, "development", with_browser=True)
            look_for_php(packages, narrator)
            return _become_tests(packages, rest, environment)
        case ["check", "--static"]:
            environment = _set_up(packages, narrator, "development", with_browser=False)
            return run_checks(packages, environment, narrator)
        case ["check"]:
            environment = _set_up(packages, narrator, "development", with_browser=True)
            look_for_php(packages, narrator)
            status = run_checks(packages, environment, narrator)
            return status or _become_tests(packages, [], environment)
        case ["check", *_]:
            raise SetupFailed("usage: ./linkwright check [--static]")
        case ["lock", *options]:
            return write_locks(checkout, options, narrator)
        case _:
            with_browser = bool(_NEED_A_BROWSER.intersection(arguments[:1]))
            may_share = bool(_OPEN_ACCOUNTS.intersection(arguments[:1]))
            compares = arguments[:2] in _NEED_THE_OTHERS
            extent: Extent = "development" if compares else "runtime"
            environment = _set_up(
                packages, narrator, extent, with_browser=with_browser, may_share=may_share
            )
            if compares:
                _set_up_full_browser(packages, narrator)
            environment.setdefault("LINKWRIGHT_DATA", str(checkout / ".linkwright"))
            return _become(packages.python, ["-m", "app", *arguments], environment)


def _set_up(
    packages: PythonPackages,
    narrator: Narrator,
    extent: Extent,
    *,
    with_browser: bool,
    may_share: bool = False,
) -> dict[str, str]:
    """Install what is missing; return the environment to run in."""
    node_packages = NodePackages(packages)
    browser, shared = Browser(packages), SharedBrowser(packages)
    for_tests = extent == "development"
    with_shared = (for_tests or may_share) and shared.is_wanted(narrator, by_tests=for_tests)
    path = browser.known() if with_browser else None
    page_is_ready = path is not None and node_packages.are_current(extent)
    shared_is_ready = not with_shared or shared.is_current(loading=with_browser)
    if packages.are_current(extent) and (page_is_ready or not with_browser) and shared_is_ready:
        return _environment(packages.checkout, path, shared)
    with setup_lock(packages.checkout, narrator) as lock:
        # Looked at again: another launcher may have done it while this one waited.
        if not packages.are_current(extent):
            packages.install(extent, narrator, keep_open=lock)
        if with_browser and not node_packages.are_current(extent):
            node_packages.install(extent, narrator, keep_open=lock)
        if with_browser:
            path = browser.known() or browser.install(narrator)
        if with_shared and not shared.is_current(loading=with_browser):
            shared.install(narrator, loading=with_browser, keep_open=lock)
    return _environment(packages.checkout, path, shared)


def _set_up_full_browser(packages: PythonPackages, narrator: Narrator) -> None:
    browser = Browser(packages, whole=True)
    if browser.known() is None:
        with setup_lock(packages.checkout, narrator):
            browser.install(narrator)


def _environment(checkout: Path, browser: Path | None, shared: SharedBrowser) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
    # Our packages come from the checkout wherever one stands, never from the folder one stands in:
    # that may hold an `app` of its own.
    environment["PYTHONPATH"] = str(checkout)
    environment["PYTHONSAFEPATH"] = "1"
    if browser is not None:
        environment["LINKWRIGHT_BROWSER"] = str(browser)
    if shared.is_there():
        environment[FOLDER] = str(shared.folder)
    return environment


# Most tests wait for a browser or a process most of the time: two at once left half of two cores
# idle. Those of a file stay together, for they share what they start, and in the order of
# tests/conftest.py, which begins with the slow ones.
_ALL_TESTS = ("--numprocesses", "3", "--dist", "loadfile", "--no-loadscope-reorder")


def _become_tests(
    packages: PythonPackages, arguments: Sequence[str], environment: Mapping[str, str]
) -> NoReturn:
    """Run pytest in the checkout, blind to the settings of a service: its data is not for tests."""
    kept = {
        name: value
        for name, value in environment.items()
        if name in _SETTINGS_FOR_TESTS or not name.startswith(("LINKWRIGHT_", "DATABASE_URL"))
    }
    # Hundreds of our processes are started, each of which would compile all of our code anew.
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    os.chdir(packages.checkout)
    _become(packages.python, ["-m", "pytest", *(arguments or _ALL_TESTS)], kept)


def _become(python: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(python, [str(python), *arguments], environment)
