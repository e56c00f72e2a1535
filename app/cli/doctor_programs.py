"""The doctor's checks of programs: Python, browser, wa-js, npm, PostgreSQL."""

import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import psycopg

from adapters import clock
from adapters.browser.assets import WaJsMissingError, find_wa_js, wa_js_version
from adapters.browser.discovery import (
    BrowserChoice,
    BrowserDoesNotStartError,
    ConfiguredBrowserMissingError,
    browser_version,
    find_browser,
)
from adapters.postgres_server import PostgresServerError
from adapters.postgres_server.account import server_account
from adapters.postgres_server.cluster import cluster_major
from adapters.postgres_server.programs import choose_programs
from app.cli.doctor_findings import Finding, Surroundings, problem, well
from app.launcher.qt_webengine import (
    FOLDER,
    SETTING,
    EngineDoesNotLoadError,
    engine_version,
    is_shared,
    library_command,
    why_not_here,
)

OLDEST_PYTHON, TOO_NEW_PYTHON = (3, 11), (3, 15)
"""As `requires-python` in pyproject.toml; a test compares the two."""
START_LIMIT_S = 30.0
"""A browser starts within 3 s, on a slow disk within 12 s (browser-findings 4)."""
VERSION_LIMIT_S = 20.0
CONNECT_LIMIT_S = 5
INSTALL_BROWSER = (
    "Install one, for example `sudo apt-get install -y chromium`, or set LINKWRIGHT_BROWSER."
)
WORDS = 200
"""Of what a program says when it does not start, this much is shown."""


def python(_: Surroundings) -> Finding:
    """Python is of a version that every locked package has a wheel for."""
    found = f"{platform.python_version()} at {sys.executable}"
    if OLDEST_PYTHON <= sys.version_info[:2] < TOO_NEW_PYTHON:
        return well("Python", found)
    return problem("Python", found, "Run Linkwright with Python 3.11 to 3.14.")


def browser(given: Surroundings) -> Finding:
    """A browser is there, of a version that it tells; and whether its own sandbox is on."""
    try:
        choice = find_browser(given.environment)
        if choice is None:
            return problem("browser", "none was found", INSTALL_BROWSER)
        version = browser_version(choice)
    except ConfiguredBrowserMissingError as error:
        return problem("browser", "LINKWRIGHT_BROWSER names no program", str(error))
    except BrowserDoesNotStartError as error:
        return problem("browser", str(error), _missing_libraries())
    sandbox = "off, because this is root" if os.geteuid() == 0 else "on"
    return well("browser", f"{version} at {choice.path}; its own sandbox is {sandbox}")


def browser_start(given: Surroundings) -> Finding:
    """The browser opens a page, in the way that the worker starts it."""
    try:
        choice = find_browser(given.environment)
    except ConfiguredBrowserMissingError:
        choice = None
    if choice is None:
        return problem("browser start", "not tried, for want of a browser", INSTALL_BROWSER)
    began_s = clock.monotonic_s()
    with tempfile.TemporaryDirectory(prefix="linkwright-doctor-") as folder:
        wrong = _open_blank_page(choice, Path(folder))
    if wrong:
        return problem("browser start", wrong, _missing_libraries())
    return well("browser start", f"opened about:blank in {clock.monotonic_s() - began_s:.1f} s")


def _open_blank_page(choice: BrowserChoice, profile: Path) -> str:
    """Return what went wrong; empty if nothing did. No process is left either way."""
    command = [
        str(choice.path),
        "--headless=new" if choice.flavour != "headless_shell" else "--headless",
        "--no-first-run",
        "--disable-gpu",
        "--disable-background-networking",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
        f"--user-data-dir={profile}",
        "--dump-dom",
        "about:blank",
    ]
    with tempfile.TemporaryFile() as words, tempfile.TemporaryFile() as page:
        try:
            started = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=page,
                stderr=words,
                start_new_session=True,
            )
        except OSError as error:
            return f"it cannot be run ({error.strerror})"
        try:
            started.wait(START_LIMIT_S)
        except subprocess.TimeoutExpired:
            return f"about:blank did not open within {START_LIMIT_S:.0f} s"
        finally:
            _end_group(started)
        page.seek(0)
        words.seek(0)
        if b"<html" in page.read():
            return ""
        said = " ".join(words.read().decode(errors="replace").split())
        return f"about:blank did not open: {said[-WORDS:] or f'status {started.returncode}'}"


def _end_group(started: "subprocess.Popen[bytes]") -> None:
    """End the browser with all its children: the group is of its own making."""
    with suppress(ProcessLookupError, PermissionError):  # nobody is left; macOS says so by EPERM
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()


def _missing_libraries() -> str:
    return (
        "Install what it misses, for example with `playwright install-deps chromium`, or set"
        " LINKWRIGHT_BROWSER to another browser."
    )


def shared_browser(given: Surroundings) -> Finding | None:
    """The browser that accounts are to share loads; None where each has its own."""
    name = "shared browser"
    if not is_shared(given.environment):
        return None
    folder = given.environment.get(FOLDER)
    if not folder and (reason := why_not_here()):
        return problem(name, reason, f"Unset {SETTING}.")
    if not folder:
        return problem(name, "it is not installed", "Run `./linkwright up`: it installs it.")
    try:
        version = engine_version(Path(folder), Path(sys.executable), given.environment)
    except EngineDoesNotLoadError as error:
        return problem(name, str(error), _what_the_engine_needs(given, error))
    return well(name, f"Chromium {version} at {folder}")


def _what_the_engine_needs(given: Surroundings, error: EngineDoesNotLoadError) -> str:
    command = library_command(given.environment) if error.lacks_a_library else ""
    if command:
        return f"Install its libraries: `{command}`"
    return (
        f"Correct {FOLDER}; if you have not set it, delete that folder and run `./linkwright up`."
    )


def wa_js(given: Surroundings) -> Finding:
    """The bridge into WhatsApp's page is installed."""
    try:
        bundle = find_wa_js(given.environment)
        return well("wa-js", f"{wa_js_version(bundle)} at {bundle}")
    except WaJsMissingError as error:
        return problem("wa-js", "it is not installed", str(error))


def npm(given: Surroundings) -> Finding:
    """Npm is there, or is not needed because wa-js is installed already."""
    program = shutil.which("npm", path=given.environment.get("PATH", os.defpath))
    if program is not None:
        return well("npm", f"{_version_of(program)} at {program}")
    if wa_js(given).ok:
        return well("npm", "not found, and not needed: wa-js is installed")
    return problem(
        "npm", "not found", "Run `./linkwright up` once: it brings an npm of its own for wa-js."
    )


def _version_of(program: str) -> str:
    try:
        done = subprocess.run(
            [program, "--version"],
            capture_output=True,
            text=True,
            timeout=VERSION_LIMIT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "of unknown version"
    return done.stdout.strip() or "of unknown version"


def postgresql(given: Surroundings) -> Finding:
    """PostgreSQL's programs are there and can run as whom the server would run."""
    if given.settings.database_url:
        return well("PostgreSQL", "of DATABASE_URL; no programs of our own are needed")
    cluster = given.settings.data / "postgres"
    try:
        account = server_account(cluster)
        major = cluster_major(cluster)
        programs = choose_programs(given.environment, account, major, cluster)
    except PostgresServerError as error:
        return problem("PostgreSQL", "no server can be started", str(error))
    except OSError as error:
        return problem("PostgreSQL", f"{cluster} cannot be looked at ({error.strerror})", _OWN)
    return well("PostgreSQL", f"{programs.major} at {programs.folder}, run as {account.name}")


_OWN = "Run as the user who owns the data folder, or set LINKWRIGHT_DATA to another one."


def database(given: Surroundings) -> Finding:
    """The server that DATABASE_URL names answers."""
    url = given.settings.database_url
    if not url:
        return well("DATABASE_URL", "not set: the embedded PostgreSQL is used")
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_LIMIT_S) as connection:
            return well("DATABASE_URL", f"PostgreSQL {connection.info.server_version // 10_000}")
    except psycopg.ProgrammingError:  # it quotes the address, and so its password
        found = "it cannot be reached (the address cannot be understood)"
    except psycopg.Error as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        found = f"it cannot be reached ({reason})"
    return problem(
        "DATABASE_URL",
        found,
        "Check the address, or unset DATABASE_URL to use the embedded PostgreSQL.",
    )
