import json
import os
import re
import shutil
import socket
import sys
import tomllib
from pathlib import Path

import pytest

from app.cli import doctor_machine, doctor_programs
from app.cli.doctor import CHECKS
from app.cli.doctor_findings import Finding, Surroundings
from app.cli.ending import Exit
from app.launcher.qt_webengine import why_not_here
from app.settings import Settings
from tests.command_line.conftest import Run
from tests.launcher.small_checkout import engine
from tests.waiting import wait_until

CHECKOUT = Path(__file__).resolve().parents[2]


def surroundings(data: Path, **environment: str) -> Surroundings:
    return Surroundings(
        environment={"PATH": os.environ["PATH"], **environment},
        settings=Settings(data=data),
        serving=False,
    )


def program(folder: Path, name: str, script: str) -> Path:
    """A program that is not what it is taken for."""
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{script}\n", "utf-8")
    path.chmod(0o755)
    return path


def test_makes_every_check_and_says_which_in_json(run: Run):
    shown = run("doctor", "--json")

    report = json.loads(shown.stdout)
    without_sharing = [name for name in CHECKS if name != "shared browser"]
    assert [check["name"] for check in report["checks"]] == without_sharing
    assert report["ok"] is all(check["ok"] for check in report["checks"])
    assert shown.exit_code == (Exit.DONE if report["ok"] else Exit.FAILED)


def test_finds_what_the_other_tests_need(run: Run):
    """They start browsers and servers of their own, so these are there."""
    checks = {
        check["name"]: check for check in json.loads(run("doctor", "--json").stdout)["checks"]
    }

    for name in ("Python", "browser", "browser start", "wa-js", "PostgreSQL"):
        assert checks[name]["ok"], checks[name]


def test_a_problem_says_what_to_do_and_ends_with_1(run: Run, tmp_path: Path):
    shown = run("doctor", LINKWRIGHT_BROWSER=str(tmp_path / "none"))

    lines = shown.output.splitlines()
    (problem,) = [number for number, line in enumerate(lines) if "✗ problem browser  " in line]
    assert shown.exit_code == Exit.FAILED
    assert "→ LINKWRIGHT_BROWSER" in lines[problem + 1]
    assert "problem" in lines[-1]


def test_needs_no_service_and_makes_nothing(run: Run, tmp_path: Path):
    data = tmp_path / "data"

    run("doctor", LINKWRIGHT_DATA=str(data))

    assert not data.exists()


def test_a_setting_that_cannot_be_used_is_said(run: Run):
    shown = run("doctor", LINKWRIGHT_SANDBOX_PORT="99999")

    assert shown.exit_code == Exit.USAGE
    assert "LINKWRIGHT_SANDBOX_PORT" in shown.stderr


def test_python_is_of_the_versions_that_the_project_names():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    bounds = re.findall(r"(\d+)\.(\d+)", project["requires-python"])

    assert [tuple(map(int, bound)) for bound in bounds] == [
        doctor_programs.OLDEST_PYTHON,
        doctor_programs.TOO_NEW_PYTHON,
    ]


def test_an_old_python_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(sys, "version_info", (3, 10, 0))

    assert not doctor_programs.python(surroundings(tmp_path)).ok


def test_a_browser_that_breaks_says_its_own_words(tmp_path: Path):
    broken = program(tmp_path, "chromium", "import sys; sys.exit('libnss3.so: cannot open')")

    found = doctor_programs.browser(surroundings(tmp_path, LINKWRIGHT_BROWSER=str(broken)))

    assert not found.ok
    assert "libnss3.so" in found.found


def test_a_browser_that_opens_no_page_says_its_own_words(tmp_path: Path):
    broken = program(tmp_path, "chromium", "import sys; sys.exit('no usable sandbox!')")

    found = doctor_programs.browser_start(surroundings(tmp_path, LINKWRIGHT_BROWSER=str(broken)))

    assert not found.ok
    assert "no usable sandbox!" in found.found


def test_a_browser_that_hangs_is_ended_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(doctor_programs, "START_LIMIT_S", 2.0)
    child = tmp_path / "child"
    script = (
        "import subprocess, sys, threading\n"
        "started = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(child)!r}, 'w').write(str(started.pid))\n"
        "threading.Event().wait()"
    )
    hanging = program(tmp_path, "chromium", script)

    found = doctor_programs.browser_start(surroundings(tmp_path, LINKWRIGHT_BROWSER=str(hanging)))

    assert not found.ok
    assert "did not open within 2 s" in found.found
    # It is not the doctor's own child, so its end after the kill cannot be waited for there.
    wait_until(lambda: not is_running(int(child.read_text("ascii"))))


def is_running(pid: int) -> bool:
    """Also false for one that has ended and waits for init to take note of it."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def sharing(data: Path, **environment: str) -> Finding:
    given = surroundings(data, HOME=str(data), LINKWRIGHT_ACCOUNTS_PER_BROWSER="2", **environment)
    found = doctor_programs.shared_browser(given)
    assert found is not None
    return found


def test_a_shared_browser_tells_its_version_where_it_loads(tmp_path: Path):
    (tmp_path / "PySide6").mkdir()
    for name, text in engine("140.0.1").items():
        (tmp_path / name).write_text(text)

    found = sharing(tmp_path, LINKWRIGHT_SHARED_BROWSER=str(tmp_path))

    assert found.ok
    assert f"140.0.1 with security patches up to 152.0.1 at {tmp_path}" in found.found
    (tmp_path / "no-library").touch()
    found = sharing(tmp_path, LINKWRIGHT_SHARED_BROWSER=str(tmp_path))
    assert "libxkbfile.so.1" in found.found
    assert ("libxkbfile1 " in found.what_to_do) is (shutil.which("apt-get") is not None)


@pytest.mark.skipif(why_not_here() != "", reason="no Qt WebEngine runs here")
def test_a_shared_browser_that_is_not_there_says_what_to_do(tmp_path: Path):
    assert "./linkwright up" in sharing(tmp_path).what_to_do
    wrong = sharing(tmp_path, LINKWRIGHT_SHARED_BROWSER=str(tmp_path))
    assert "No module named 'PySide6'" in wrong.found
    assert "Correct LINKWRIGHT_SHARED_BROWSER" in wrong.what_to_do


def test_where_nothing_is_shared_there_is_nothing_to_say(tmp_path: Path):
    given = surroundings(tmp_path, LINKWRIGHT_ACCOUNTS_PER_BROWSER="1")

    assert doctor_programs.shared_browser(given) is None


def test_wa_js_that_is_missing_is_a_problem(tmp_path: Path):
    given = surroundings(tmp_path, WA_JS_FILE=str(tmp_path / "none.js"))

    assert not doctor_programs.wa_js(given).ok


def test_npm_is_a_problem_only_while_wa_js_is_missing(tmp_path: Path):
    without = surroundings(tmp_path, PATH=str(tmp_path))
    without_both = surroundings(tmp_path, PATH=str(tmp_path), WA_JS_FILE=str(tmp_path / "none"))

    assert doctor_programs.npm(without).ok
    assert "not needed" in doctor_programs.npm(without).found
    assert not doctor_programs.npm(without_both).ok


def test_postgresql_without_programs_is_a_problem(tmp_path: Path):
    found = doctor_programs.postgresql(surroundings(tmp_path, LINKWRIGHT_PG_BIN=str(tmp_path)))

    assert not found.ok
    assert "DATABASE_URL" in found.what_to_do


def test_a_database_that_answers(run: Run, database: str):
    checks = json.loads(run("doctor", "--json", DATABASE_URL=database).stdout)["checks"]

    (found,) = [check for check in checks if check["name"] == "DATABASE_URL"]
    assert found["ok"]
    assert found["found"].startswith("PostgreSQL ")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:verysecret@127.0.0.1:1/x",
        "postgresql://u:verysecret@h/x y",
        "postgresql://u:verysecret%zz@h/x",
        "verysecret",
    ],
)
def test_a_database_that_does_not_answer_is_said_without_its_password(run: Run, url: str):
    shown = run("doctor", DATABASE_URL=url)

    assert shown.exit_code == Exit.FAILED
    assert "cannot be reached" in shown.output
    assert "verysecret" not in shown.output


def test_a_folder_below_a_file_cannot_be_written(tmp_path: Path):
    file = tmp_path / "file"
    file.write_text("", "ascii")

    assert not doctor_machine.data_folder(surroundings(file / "data")).ok


def test_a_full_disk_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor_machine, "LEAST_DISK_MIB", 2**40)

    assert "free disk" in doctor_machine.data_folder(surroundings(tmp_path)).found


def test_a_taken_port_is_named_with_its_setting(run: Run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        shown = run("doctor", LINKWRIGHT_PORT=port)

    assert shown.exit_code == Exit.FAILED
    assert f"Port {port}" in shown.output
    assert "LINKWRIGHT_PORT" in shown.output


def test_the_ports_of_a_running_linkwright_are_fine(tmp_path: Path):
    given = surroundings(tmp_path)
    running = Surroundings(environment={}, settings=given.settings, serving=True)

    assert "running here" in doctor_machine.ports(running).found


@pytest.mark.parametrize("which", ["memory", "shared_memory"])
def test_too_little_memory_is_a_problem(
    which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(doctor_machine, "LEAST_MEMORY_MIB", 2**40)
    monkeypatch.setattr(doctor_machine, "LEAST_SHARED_MIB", 2**40)

    assert not getattr(doctor_machine, which)(surroundings(tmp_path)).ok


def test_a_check_that_breaks_is_a_problem_and_no_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch
):
    def breaks(_: Surroundings) -> None:
        raise PermissionError(13, "Permission denied", "/somewhere")

    monkeypatch.setitem(CHECKS, "memory", breaks)  # type: ignore[arg-type]

    shown = run("doctor")

    assert shown.exit_code == Exit.FAILED
    assert "could not be checked" in shown.output
    assert "Traceback" not in shown.output
