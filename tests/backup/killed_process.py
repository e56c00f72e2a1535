"""A process that stops at a stage of its work and says so, to be killed there.

    python -m tests.backup.killed_process backup|restore CONNINFO FILE STAGE

A restore replaces what is there.
"""

import sys
from pathlib import Path

from tests.backup.small_log import backed_up, restored


def main(what: str, conninfo: str, file: str, stage: str) -> None:
    """Do it as far as the stage."""

    def tell(doing: str, done: int, total: int | None) -> None:
        after_the_switch = doing == "switch" and done == total
        if doing == stage or (stage == "switched" and after_the_switch):
            print("reached", flush=True)  # noqa: T201  the protocol
            sys.stdin.read()

    if what == "backup":
        backed_up(conninfo, Path(file), tell)
    else:
        restored(conninfo, Path(file), tell, replace=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
