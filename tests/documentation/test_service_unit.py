"""The unit on the page on running Linkwright as a service."""

import re
import subprocess
from configparser import RawConfigParser
from pathlib import Path
from shutil import which

import pytest

from app.cli import COMMANDS
from app.cli.running import CANNOT_START
from app.up import CHILDREN, STOP_S

SYSTEMD = which("systemd-analyze")
CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = (CHECKOUT / "docs/how-to/run-as-a-service.md").read_text("utf-8")
INSTALLED = "/opt/linkwright/checkout"


@pytest.fixture
def unit() -> str:
    found = re.search(r"```ini\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def service(unit: str) -> dict[str, str]:
    read = RawConfigParser()
    read.optionxform = str  # pyright: ignore[reportAttributeAccessIssue]  keys keep their case
    read.read_string(unit)
    return dict(read["Service"])


def test_it_runs_a_command_that_there_is(service: dict[str, str]):
    program, command = service["ExecStart"].split()

    assert service["WorkingDirectory"] == INSTALLED
    assert (CHECKOUT / Path(program).relative_to(INSTALLED)).is_file()
    assert command in COMMANDS


def test_it_stops_as_we_stop(service: dict[str, str]):
    """The parts stop first, one after the other, and then the database."""
    assert service["KillMode"] == "mixed"
    assert int(service["TimeoutStopSec"]) > (len(CHILDREN) + 2) * STOP_S
    assert int(service["RestartPreventExitStatus"]) == CANNOT_START


def test_systemd_understands_it(unit: str, tmp_path: Path):
    if SYSTEMD is None:
        pytest.skip("there is no systemd here")
    file = tmp_path / "linkwright.service"
    # Of a later version than some systems have, which pass over it and say so.
    known = unit.replace("MemoryKSM=yes\n", "").replace("User=linkwright\n", "")
    file.write_text(known.replace(INSTALLED, str(CHECKOUT)), "utf-8")

    verified = subprocess.run(
        [SYSTEMD, "verify", "--man=no", file], capture_output=True, text=True, check=False
    )

    ours = [line for line in verified.stderr.splitlines() if "linkwright" in line]
    assert (verified.returncode, ours) == (0, [])
