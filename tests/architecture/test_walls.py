"""Who may import what. import-linter checks the layers; here is what it cannot say."""

import subprocess
import sys

from tests.architecture.source import CHECKOUT, committed, imported, of_production

DOMAIN_MAY_IMPORT = {"domain", "msgspec", "transitions"} | sys.stdlib_module_names


def test_the_domain_imports_the_standard_library_msgspec_and_transitions():
    strangers = {
        str(path): sorted(imported(path) - DOMAIN_MAY_IMPORT)
        for path in of_production()
        if path.parts[0] == "domain" and imported(path) - DOMAIN_MAY_IMPORT
    }
    assert strangers == {}


def test_the_launcher_runs_before_anything_is_installed():
    """Imported by a bare Python: no site-packages, no environment."""
    program = f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); import app.launcher.main"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""


def test_the_server_is_launched_by_the_standard_library_alone():
    """launch.py becomes PostgreSQL at every start, and must not wait for packages."""
    path = next(path for path in committed("*.py") if path.match("postgres_server/launch.py"))
    assert imported(path) <= sys.stdlib_module_names


def test_only_the_clock_reads_the_time():
    readers = {
        str(path)
        for path in of_production()
        for call in ("time.time(", "time.monotonic(", "perf_counter(", "datetime.now(", "utcnow(")
        if call in (CHECKOUT / path).read_text(encoding="utf-8")
    }
    assert readers == {"adapters/clock.py"}
