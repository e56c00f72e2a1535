"""The limit on open files, in a process of the test's own: it can be lowered, but not back."""

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAM = """
import resource
from app.open_files import allow_open_files
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 128))
print(allow_open_files(50), resource.getrlimit(resource.RLIMIT_NOFILE), sep="|")
print(allow_open_files(100), resource.getrlimit(resource.RLIMIT_NOFILE), sep="|")
print(allow_open_files(200), resource.getrlimit(resource.RLIMIT_NOFILE), sep="|")
"""


def test_a_process_goes_up_to_its_hard_limit_and_says_what_is_missing():
    ran = subprocess.run(  # the program is above
        [sys.executable, "-c", PROGRAM],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    enough, raised, missing = ran.stdout.splitlines()
    assert enough == "|(64, 128)"
    assert raised == "|(100, 128)"
    sentence, _, limits = missing.partition("|")
    assert limits == "(128, 128)"
    assert "200 open files are needed" in sentence
    assert "allows 128" in sentence
